//! Windows over rows, texts, and what writes on, against a slow reading of the same rows.
use crate::values::{Way, trained};
use gradus::data::{self, Dataset, Values};
use gradus::model::Options;
use gradus::pipeline;
use gradus::random::{Purpose, Stream};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

pub fn load(text: &str, folder: &Path) -> Result<Dataset, Vec<String>> {
    let source = pipeline::read("m.nn", text, &Options::default());
    let model = source.training.as_ref().unwrap_or_else(|| panic!("{:?}", source.diagnostics));
    let plan = pipeline::data_plan(&source, model).map_err(|errors| codes(&errors))?;
    source.load(&plan, &data::Options::new(folder)).map_err(|errors| codes(&errors))
}

fn codes(errors: &[gradus::diagnostic::Diagnostic]) -> Vec<String> {
    errors.iter().map(|error| error.code.to_string()).collect()
}

pub fn numbers(dataset: &Dataset, column: usize) -> Vec<f64> {
    match &dataset.columns[column].values {
        Values::F32(values) => values.iter().map(|v| f64::from(*v)).collect(),
        Values::F64(values) => values.clone(),
        Values::Classes(values) => values.iter().map(|v| f64::from(*v)).collect(),
    }
}

/// Whole numbers below a bound, one after another.
struct Chance(Stream, u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.1 += 1;
        ((u64::from(self.0.word(self.1)) * bound as u64) >> 32) as usize
    }
}

#[test]
fn a_window_stays_within_its_recording_and_its_part() {
    let mut chance = Chance(Stream::named(1, Purpose::Draw, "windows"), 0);
    let (mut loaded, mut refused) = (0, 0);
    for _ in 0..150 {
        // Recordings of unequal lengths; a name may come again later.
        let mut rows: Vec<(usize, String)> = vec![];
        for _ in 0..1 + chance.below(6) {
            let name = ["ann", "bea", "cem"][chance.below(3)];
            (0..1 + chance.below(9)).for_each(|_| rows.push((rows.len(), name.to_string())));
        }
        let (size, step) = (1 + chance.below(4), 1 + chance.below(5));
        let by = chance.below(2) == 1;
        let part = [
            "",
            "test last 0.3",
            "validation last 0.25; test last 0.25",
            "test by kind == \"bea\"",
            "test 0.4 by kind",
        ];
        let part = part[chance.below(5)];
        let folder = tempfile::tempdir().unwrap();
        let csv: String = rows.iter().map(|(at, name)| format!("{at},{},{name}\n", 2 * at)).collect();
        std::fs::write(folder.path().join("d.csv"), format!("a,b,kind\n{csv}")).unwrap();
        let by_text = if by { " by kind" } else { "" };
        let text = format!(
            "input x: [{size}, 2]\ntarget t\nparam w: [{size}, 2]\nloss = (sum(w * x) - t)^2\n\
             data \"d.csv\" {{ window {size}{by_text} step {step}; x = [a, b]; t = a[{}]; {part} }}\n\
             train {{ minimize loss; steps 1 }}\n",
            size - 1
        );
        let Ok(dataset) = load(&text, folder.path()) else {
            refused += 1;
            continue;
        };
        loaded += 1;
        // The slow way: the part of each row, then each run of equal rows.
        let x = numbers(&dataset, 0);
        let start = |window: u32| x[window as usize * 2 * size] as usize;
        let all = [&dataset.parts.train, &dataset.parts.validation, &dataset.parts.test];
        let mut part_of = vec![None; rows.len()];
        for (part, windows) in all.iter().enumerate() {
            for &window in windows.iter() {
                for place in 0..size {
                    let row = start(window) + place;
                    assert_eq!(x[(window as usize * size + place) * 2], row as f64, "{text}{csv}");
                    assert_eq!(x[(window as usize * size + place) * 2 + 1], 2.0 * row as f64);
                    assert!(part_of[row].is_none_or(|known| known == part), "row {row} is in two parts: {text}{csv}");
                    part_of[row] = Some(part);
                    assert!(!by || rows[row].1 == rows[start(window)].1, "{text}{csv}");
                }
            }
        }
        let kinds = |part: usize| -> BTreeSet<&str> {
            all[part].iter().map(|window| rows[start(*window)].1.as_str()).collect()
        };
        if part.contains("by kind") {
            assert!(kinds(0).is_disjoint(&kinds(2)));
        }
        if part.contains("bea") {
            assert!(kinds(2).iter().all(|kind| *kind == "bea"));
        }
        if part.is_empty() {
            // All windows that fit, and no other.
            let mut expected = vec![];
            let mut first = 0;
            for row in 1..=rows.len() {
                if row == rows.len() || by && rows[row].1 != rows[first].1 {
                    expected.extend((first..row).step_by(step).filter(|start| start + size <= row));
                    first = row;
                }
            }
            assert_eq!(dataset.parts.train.iter().map(|w| start(*w)).collect::<Vec<_>>(), expected, "{text}{csv}");
        }
    }
    assert!(loaded > 90 && refused > 5, "{loaded} {refused}");
}

#[test]
fn a_column_is_scaled_by_the_rows_that_are_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17)).collect();
    let csv: String = rows.iter().map(|v| format!("{v}\n")).collect();
    std::fs::write(folder.path().join("d.csv"), format!("a\n{csv}")).unwrap();
    let text = "input x: [3]\ntarget t\nparam w: [3]\nloss = (w' x - t)^2\noutput a = a.std * (w' x) + a.mean\n\
        data \"d.csv\" { window 4; x = a[0..3]; t = a[3]; standardize a; test last 0.25 }\n\
        train { minimize loss; steps 1; precision f64 }\n";
    let source = pipeline::read("m.nn", text, &Options::default());
    let plan = pipeline::data_plan(&source, source.training.as_ref().unwrap()).unwrap();
    let options = data::Options { precision: gradus::kernel::Float::F64, ..data::Options::new(folder.path()) };
    let dataset = source.load(&plan, &options).unwrap();
    let mean = rows[..30].iter().sum::<f64>() / 30.0;
    let deviation = (rows[..30].iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 30.0).sqrt();
    let known = &dataset.facts.statistics["a"];
    assert!((known.mean[0] - mean).abs() < 1e-12 && (known.deviation[0] - deviation).abs() < 1e-12);
    let x = numbers(&dataset, 0);
    assert_eq!((dataset.parts.train.len(), dataset.parts.test.len()), (27, 7));
    for (window, at) in (0..27).chain(30..37).enumerate() {
        (0..3).for_each(|k| assert!((x[3 * window + k] - (rows[at + k] - mean) / deviation).abs() < 1e-12));
    }
}

/// A missing cell stands in many windows, each time at another place, and is filled with the same.
#[test]
fn a_missing_cell_is_filled_with_one_value() {
    let mut chance = Chance(Stream::named(2, Purpose::Draw, "gaps"), 0);
    let mut shown_so = 0;
    for with in ["mean", "most_frequent"] {
        for _ in 0..30 {
            let (rows, size) = (20 + chance.below(20), 2 + chance.below(4));
            let cells: Vec<Option<usize>> = (0..rows).map(|_| (chance.below(4) > 0).then(|| chance.below(5))).collect();
            let shown = |cell: &Option<usize>| match (cell, with) {
                (None, _) => String::new(),
                (Some(number), "mean") => number.to_string(),
                (Some(number), _) => format!("w{number}"),
            };
            let csv: String = cells.iter().enumerate().map(|(at, cell)| format!("{},{at}\n", shown(cell))).collect();
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("d.csv"), format!("a,b\n{csv}")).unwrap();
            let (kind, read) = if with == "mean" { ("", "sum(x)") } else { (" class(9)", "[x[0] == x[1]]") };
            let text = format!(
                "input x: [{size}]{kind}\ntarget t\nparam w\nloss = (w {read} - t)^2\n\
                 data \"d.csv\" {{ window {size}; x = a; t = b[0]; fill x with {with}; test last 0.2 }}\n\
                 train {{ minimize loss; steps 1 }}\n"
            );
            let Ok(dataset) = load(&text, folder.path()) else { continue };
            let (x, first) = (numbers(&dataset, 0), numbers(&dataset, 1));
            let filled: BTreeSet<String> = x
                .chunks(size)
                .zip(&first)
                .flat_map(|(window, first)| window.iter().enumerate().map(|(place, v)| (*first as usize + place, v)))
                .filter(|(row, _)| cells[*row].is_none())
                .map(|(_, value)| value.to_string())
                .collect();
            assert!(filled.len() <= 1, "{filled:?}\n{text}{csv}");
            shown_so += filled.len();
        }
    }
    assert!(40 < shown_so, "{shown_so}");
}

/// What is trained on never takes a value of what is tested on, and a gap takes nothing of another recording.
#[test]
fn a_gap_is_filled_within_its_part() {
    let mut chance = Chance(Stream::named(3, Purpose::Draw, "carried"), 0);
    let mut filled = 0;
    for _ in 0..60 {
        let rows = 12 + chance.below(20);
        let all: Vec<(bool, usize, bool)> =
            (0..rows).map(|row| (chance.below(3) > 0, (row * 3) / rows, (row * 5 / rows).is_multiple_of(2))).collect();
        let csv: String = all
            .iter()
            .enumerate()
            .map(|(row, (there, who, train))| {
                let cell = if *there { row.to_string() } else { String::new() };
                format!("{cell},p{who},{},{row}\n", if *train { "train" } else { "test" })
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("d.csv"), format!("v,who,part,row\n{csv}")).unwrap();
        let text = "input x\ntarget t\nparam w\nloss = (w x - t)^2\n\
                    data \"d.csv\" { window 1 by who; x = v[0]; t = row[0]; fill v with previous; test by part }\n\
                    train { minimize loss; steps 1 }\n";
        let Ok(dataset) = load(text, folder.path()) else { continue };
        for (value, row) in numbers(&dataset, 0).into_iter().zip(numbers(&dataset, 1)) {
            let (value, row) = (value as usize, row as usize);
            let ((_, who, train), (there, whose, trains)) = (all[row], all[value]);
            assert!(there && who == whose && (!train || trains), "row {row} took row {value}\n{csv}");
            // No known row of its own stretch lies between.
            let own = |other: usize| all[other].1 == who && all[other].2 == train && all[other].0;
            assert!(value > row || (value + 1..=row).all(|between| !own(between)), "row {row} took {value}\n{csv}");
            filled += usize::from(value != row);
        }
    }
    assert!(100 < filled, "{filled}");
}

/// The end of a series is filled before it is written on, and where a cell is missing its own row is named.
#[test]
fn gaps_are_filled_before_a_series_is_written_on() {
    let folder = tempfile::tempdir().unwrap();
    let text = |line: &str| {
        format!(
            "input x: [4]\ntarget t\ny = neuron(x)\nloss = (y - t)^2\n\
             data \"d.csv\" {{ window 5; x = v[0..4]; t = v[4]; {line} }}\ntrain {{ minimize loss; steps 1 }}\noutput y\n"
        )
    };
    let csv =
        |gap: &str| (0..20).map(|row| if row == 17 { gap.to_string() } else { format!("{row}") }).collect::<Vec<_>>();
    let mut written = vec![];
    for gap in ["", "16"] {
        std::fs::write(folder.path().join("d.csv"), format!("v\n{}\n", csv(gap).join("\n").replace("\n\n", "\nNA\n")))
            .unwrap();
        std::fs::write(folder.path().join("m.nn"), text("fill v with previous")).unwrap();
        said(&gradus(folder.path(), &["run", "m.nn", "--save", "w.safetensors"]));
        written.push(said(&gradus(folder.path(), &["predict", "m.nn", "--weights", "w.safetensors", "--steps", "3"])));
    }
    assert_eq!(written[0], written[1]);
    std::fs::write(folder.path().join("d.csv"), format!("v\n{}\n", csv("NA").join("\n"))).unwrap();
    std::fs::write(folder.path().join("m.nn"), text("")).unwrap();
    let output = gradus(folder.path(), &["run", "m.nn"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("row 18 of d.csv (line 19)"), "{message}");
}

/// With recordings, the last rows of each are kept for a part; one that comes again further down is said to.
#[test]
fn the_last_rows_of_each_recording_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let csv: String = (0..60).map(|row| format!("{row},p{}\n", row / 20)).collect();
    std::fs::write(folder.path().join("d.csv"), format!("v,who\n{csv}")).unwrap();
    let text = |by: &str| {
        format!(
            "input x\nparam w\nloss = w x\ndata \"d.csv\" {{ window 1{by}; x = v[0]; test last 0.2 }}\ntrain {{ minimize loss; steps 1 }}\n"
        )
    };
    let of_each = load(&text(" by who"), folder.path()).unwrap();
    let of_all = load(&text(""), folder.path()).unwrap();
    let x = |dataset: &Dataset| -> Vec<u32> {
        let x = numbers(dataset, 0);
        let mut found: Vec<u32> = dataset.parts.test.iter().map(|row| x[*row as usize] as u32).collect();
        found.sort();
        found
    };
    assert_eq!(x(&of_each), [16, 17, 18, 19, 36, 37, 38, 39, 56, 57, 58, 59]);
    assert_eq!(x(&of_all), (48..60).collect::<Vec<_>>());
    assert!(of_each.warnings.is_empty());
    let csv: String = (0..60).map(|row| format!("{row},p{}\n", row % 3)).collect();
    std::fs::write(folder.path().join("d.csv"), format!("v,who\n{csv}")).unwrap();
    let text = "input x: [t <= 30, 1]\nparam w\nloss = w sum(x)\ndata \"d.csv\" { window by who; x = [v] }\ntrain { minimize loss; steps 1 }\n";
    let cut = load(text, folder.path()).unwrap();
    assert_eq!((cut.rows, cut.warnings.iter().map(|said| said.code).collect::<Vec<_>>()), (60, vec!["W0607"]));
}

/// What there is too little of is the data, where no prompt was given.
#[test]
fn a_series_that_is_too_short_is_not_called_a_prompt() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.csv"), "v\n1\n2\n4\n8\n16\n").unwrap();
    std::fs::write(folder.path().join("e.csv"), "v\n1\n2\n").unwrap();
    let text = "input x: [3]\ntarget t\ny = neuron(x)\nloss = (y - t)^2\n\
                data \"d.csv\" { window 4; x = v[0..3]; t = v[3] }\ntrain { minimize loss; steps 1 }\noutput y\n";
    std::fs::write(folder.path().join("m.nn"), text).unwrap();
    said(&gradus(folder.path(), &["run", "m.nn", "--save", "w.safetensors"]));
    let on = ["predict", "m.nn", "--weights", "w.safetensors", "--steps", "2"];
    for (more, wanted) in
        [(["--data", "e.csv"], "the data has 2 rows"), (["--prompt", "1, 2"], "the prompt has 2 of 3")]
    {
        let output = gradus(folder.path(), &[&on[..], &more].concat());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && message.contains(wanted), "{message}");
    }
}

/// `skip missing` is the file without those rows; of windows, without those windows.
#[test]
fn rows_that_lack_a_value_are_left_out() {
    let mut chance = Chance(Stream::named(4, Purpose::Draw, "skipped"), 0);
    for _ in 0..40 {
        let rows: Vec<(usize, Option<usize>, bool)> = (0..12 + chance.below(20))
            .map(|row| (row, (chance.below(4) > 0).then(|| chance.below(3)), chance.below(2) > 0))
            .collect();
        let csv = |rows: &[(usize, Option<usize>, bool)]| {
            let line = |(row, t, class): &(usize, Option<usize>, bool)| {
                format!("{row},{},{}\n", t.map_or(String::new(), |t| t.to_string()), if *class { "p" } else { "q" })
            };
            format!("a,b,c\n{}", rows.iter().map(line).collect::<String>())
        };
        let there: Vec<_> = rows.iter().copied().filter(|row| row.1.is_some()).collect();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("d.csv"), csv(&rows)).unwrap();
        std::fs::write(folder.path().join("e.csv"), csv(&there)).unwrap();
        for part in ["", "test last 0.3", "test 0.3", "validation 0.2; test by c == \"p\"", "test \"d.csv\""] {
            let text = |file: &str, skip: &str| {
                format!(
                    "input x\ntarget t\ntarget k: class(2)\nparam w\nloss = (w x - t)^2\n\
                     data \"{file}\" {{ x = a; t = b; k = c; standardize x; {skip}{} }}\ntrain {{ minimize loss; steps 1 }}\n",
                    part.replace("d.csv", file)
                )
            };
            let skipped = load(&text("d.csv", "skip missing t; "), folder.path());
            let without = load(&text("e.csv", ""), folder.path());
            match (skipped, without) {
                (Ok(one), Ok(other)) => {
                    assert_eq!(
                        (0..3).map(|k| numbers(&one, k)).collect::<Vec<_>>(),
                        (0..3).map(|k| numbers(&other, k)).collect::<Vec<_>>()
                    );
                    assert_eq!(one.parts, other.parts);
                }
                (one, other) => assert_eq!(one.err(), other.err(), "{part}"),
            }
        }
        let text = "input x: [3]\ntarget t\nparam w: [3]\nloss = (w' x - t)^2\n\
                    data \"d.csv\" { window 4; x = a[0..3]; t = b[3]; skip missing t; test last 0.4 }\ntrain { minimize loss; steps 1 }\n";
        let Ok(windows) = load(text, folder.path()) else { continue };
        let (x, t) = (numbers(&windows, 0), numbers(&windows, 1));
        for (x, t) in x.chunks(3).zip(&t) {
            let row = x[0] as usize + 3;
            assert_eq!(rows[row].1, Some(*t as usize), "{row}");
        }
        let parts = [&windows.parts.train, &windows.parts.test].map(Vec::len);
        let cut = rows.len() - (0.4 * rows.len() as f64).round() as usize;
        let wanted = [3..cut, cut + 3..rows.len()].map(|ends| ends.filter(|row| rows[*row].1.is_some()).count());
        assert_eq!(parts, wanted);
    }
}

/// Only probabilities are drawn from, and a prompt has a value in each of its cells.
#[test]
fn what_can_not_be_written_on_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let csv: String = (0..40).map(|row| format!("{}\n", ["p", "q", "r"][row * row % 3])).collect();
    std::fs::write(folder.path().join("d.csv"), format!("v\n{csv}")).unwrap();
    for (value, right) in [("softmax(z)", true), ("z", false), ("0.5 * softmax(z)", false), ("-softmax(z)", false)] {
        let text = format!(
            "input x: [4] class(2)\ntarget t: class(2)\nz = dense(flatten(onehot(x)), 2)\ny = {value}\n\
             loss = cross_entropy(softmax(z), t)\ndata \"d.csv\" {{ window 5; x = v[0..4]; t = v[4] }}\n\
             train {{ minimize loss; steps 1 }}\noutput y\n"
        );
        std::fs::write(folder.path().join("m.nn"), text).unwrap();
        said(&gradus(folder.path(), &["run", "m.nn", "--save", "w.safetensors"]));
        let output = gradus(folder.path(), &["predict", "m.nn", "--weights", "w.safetensors", "--steps", "5"]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.success(), right, "{value}: {message}");
        assert!(right || message.contains("no probabilities"), "{message}");
    }
    std::fs::write(folder.path().join("d.csv"), "v\n1\n2\n4\n8\n16\n32\n").unwrap();
    let text = "input x: [2]\ntarget t\ny = neuron(x)\nloss = (y - t)^2\n\
                data \"d.csv\" { window 3; x = v[0..2]; t = v[2] }\ntrain { minimize loss; steps 1 }\noutput y\n";
    std::fs::write(folder.path().join("m.nn"), text).unwrap();
    said(&gradus(folder.path(), &["run", "m.nn", "--save", "w.safetensors"]));
    for (prompt, wanted) in
        [("1,,2", "cell 2"), ("nan, 1", "no number"), ("1, inf", "no number"), ("one, two", "no list")]
    {
        let output = gradus(
            folder.path(),
            &["predict", "m.nn", "--weights", "w.safetensors", "--steps", "2", "--prompt", prompt],
        );
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && message.contains(wanted), "{prompt}: {message}");
    }
}

/// Columns of one list need not be of one kind.
#[test]
fn a_recording_is_told_by_columns_of_any_kinds() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.csv"), "p,d,a\nx,1,1\nx,1,2\nx,2,3\nx,2,4\ny,2,5\ny,2,6\n").unwrap();
    for (lines, windows) in [("by [p, d]", 3), ("by [d, p]", 3), ("by p", 4), ("by d", 4)] {
        let text = format!(
            "input x: [2]\nparam w: [2]\nloss = w' x\ndata \"d.csv\" {{ window 2 {lines}; x = a }}\ntrain {{ minimize loss; steps 1 }}\n"
        );
        assert_eq!(load(&text, folder.path()).unwrap().rows, windows, "{lines}");
    }
}

/// The series 0, 3, 6, 9, …, modulo 7: the next one is a function of the last.
const ROUND: &str = "input x: [4]\ntarget t\ny = neuron(tanh(dense(x, 16)))\nloss = (y - t)^2\noutput OUT\n\
    data \"d.csv\" { window 5; x = a[0..4]; t = a[4]; LINE }\n\
    train { minimize loss; optimizer adam(rate = 0.02); epochs 600 }\n";

fn gradus(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gradus")).args(arguments).current_dir(folder).output().unwrap()
}

#[track_caller]
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_series_is_written_on() {
    let folder = tempfile::tempdir().unwrap();
    let csv: String = (0..60).map(|i| format!("{}\n", 3 * i % 7)).collect();
    std::fs::write(folder.path().join("d.csv"), format!("a\n{csv}")).unwrap();
    for (out, line) in [
        ("y", "test last 0.1"),
        ("y", "standardize a"),
        ("y", "standardize t"),
        ("a = a.std y + a.mean", "standardize a"),
    ] {
        let text = ROUND.replace("OUT", out).replace("LINE", line);
        std::fs::write(folder.path().join("m.nn"), text).unwrap();
        said(&gradus(folder.path(), &["run", "m.nn", "--save", "w.safetensors"]));
        let write = |more: &[&str]| {
            let words = [&["predict", "m.nn", "--weights", "w.safetensors", "--steps", "8"], more].concat();
            let text = said(&gradus(folder.path(), &words));
            let (head, rows) = text.split_once('\n').unwrap();
            assert_eq!(head, "a");
            rows.lines().map(|row| row.parse::<f64>().unwrap().round() as i64).collect::<Vec<_>>()
        };
        assert_eq!(write(&[]), (60..68).map(|i| 3 * i % 7).collect::<Vec<_>>(), "{out}; {line}");
        assert_eq!(write(&["--prompt", "5, 1, 4, 0"]), [3, 6, 2, 5, 1, 4, 0, 3]);
        // A prompt that is too short for a program that looks at all of its window.
        let short = gradus(
            folder.path(),
            &["predict", "m.nn", "--weights", "w.safetensors", "--steps", "8", "--prompt", "5 1"],
        );
        let message = String::from_utf8_lossy(&short.stderr).into_owned();
        assert!(short.status.code() == Some(1) && message.contains("2 of 4 places"), "{message}");
    }
}

/// In whatever way the column and the target are scaled, what is written on is in the unit of the file.
#[test]
fn what_is_written_on_is_in_the_unit_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let wave = |i: usize| 100.0 + 10.0 * (i as f64 / 3.0).sin();
    let csv: String = (0..60).map(|i| format!("{}\n", wave(i))).collect();
    std::fs::write(folder.path().join("d.csv"), format!("a\n{csv}")).unwrap();
    std::fs::write(folder.path().join("e.csv"), "a\n").unwrap();
    for line in ["", "standardize a", "standardize t", "standardize x, t", "standardize a, t", "standardize a, x, t"] {
        for (target, value, taken) in [
            ("t", "0.001 neuron(x)", "a[6]"),
            ("t: [6]", "0.001 neuron(conv1d(reshape(x, [6, 1]), 3, 4, padding = causal))", "a[1..7]"),
        ] {
            let text = format!(
                "input x: [6]\ntarget {target}\ny = {value}\nloss = sum((y - t)^2)\noutput y\n\
                 data \"d.csv\" {{ window 7; x = a[0..6]; t = {taken}; {line} }}\n\
                 train {{ minimize loss; epochs 1; seed 2 }}\n"
            );
            std::fs::write(folder.path().join("m.nn"), &text).unwrap();
            said(&gradus(folder.path(), &["run", "m.nn", "--save", "w.safetensors"]));
            let last = said(&gradus(folder.path(), &["predict", "m.nn", "--weights", "w.safetensors"]));
            let on = ["predict", "m.nn", "--weights", "w.safetensors", "--steps", "1"];
            let next: f64 = said(&gradus(folder.path(), &on)).lines().nth(1).unwrap().parse().unwrap();
            // Untrained, it says anything, but on the scale of the file if anything is scaled.
            assert!(line.is_empty() || (next - 100.0).abs() < 60.0, "{text}: {next}; {last}");
            for (more, needle) in [(vec!["--prompt", "\n"], "empty"), (vec!["--data", "e.csv"], "no row")] {
                let output = gradus(folder.path(), &[&on[..], &more].concat());
                let message = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(output.status.code() == Some(1) && message.contains(needle), "{message}");
            }
        }
    }
}

/// A short prompt is taken where nothing looks ahead, and never otherwise, whatever is in it.
#[test]
fn what_looks_ahead_takes_no_short_prompt() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.txt"), "abcabc-".repeat(30)).unwrap();
    for (net, looks_ahead) in
        [("gru(e, 6)", false), ("bidirectional(e, 6, gru)", true), ("e - mean(e, axis = 0)", true)]
    {
        let text = format!(
            "input x: [5] class(4)\ntarget t: [5] class(4)\ne = embedding(x, 4)\ny = softmax(dense({net}, 4))\n\
             loss = mean(cross_entropy(y, t))\noutput y\n\
             data \"d.txt\" {{ window 6; x = characters[0..5]; t = characters[1..6] }}\ntrain {{ minimize loss; epochs 1 }}\n"
        );
        std::fs::write(folder.path().join("m.nn"), text).unwrap();
        said(&gradus(folder.path(), &["run", "m.nn", "--save", "w.safetensors"]));
        for prompt in ["a", "aa", "aaa", "ab", "aba", "-"] {
            let words = ["predict", "m.nn", "--weights", "w.safetensors", "--steps", "2", "--prompt", prompt];
            assert_eq!(gradus(folder.path(), &words).status.success(), !looks_ahead, "{net}, {prompt}");
        }
    }
}

#[test]
fn a_text_is_written_on() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.txt"), "abcd-efg\n".repeat(40)).unwrap();
    let text = "input x: [6] class(9)\ntarget t: [6] class(9)\ny = softmax(dense(gru(embedding(x, 8), 16), 9))\n\
        loss = mean(cross_entropy(y, t))\noutput y\n\
        data \"d.txt\" { window 7 step 5; x = characters[0..6]; t = characters[1..7] }\n\
        train { minimize loss; optimizer adam(rate = 0.03); epochs 40; batch 16 }\n";
    std::fs::write(folder.path().join("m.nn"), text).unwrap();
    said(&gradus(folder.path(), &["run", "m.nn", "--save", "w.safetensors"]));
    let write = |more: &[&str]| {
        let words = [&["predict", "m.nn", "--weights", "w.safetensors"], more].concat();
        said(&gradus(folder.path(), &words))
    };
    // The end of the data, then a beginning that is shorter than the window.
    assert_eq!(write(&["--steps", "12", "--temperature", "0"]), "abcd-efg\nabc\n");
    assert_eq!(write(&["--steps", "10", "--temperature", "0", "--prompt", "cd"]), "cd-efg\nabcd-\n");
    // What is drawn depends on the seed alone.
    let hot = |seed: &str| write(&["--steps", "60", "--temperature", "9", "--prompt", "a", "--seed", seed]);
    assert_eq!(hot("1"), hot("1"));
    assert_ne!(hot("1"), hot("2"));
    write(&["--steps", "9", "--temperature", "0", "--prompt", "ab", "--out", "o.txt"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("o.txt")).unwrap(), "abcd-efg\nab");
    for (more, needle) in [
        (vec!["--steps", "3", "--prompt", ""], "E0622"),
        (vec!["--steps", "3", "--prompt", "aé"], "`é`"),
        (vec!["--steps", "3", "--out", "o.wav"], "no sound"),
        (vec!["--prompt", "a"], "--steps"),
    ] {
        let words = [vec!["predict", "m.nn", "--weights", "w.safetensors"], more].concat();
        let output = gradus(folder.path(), &words);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && message.contains(needle), "{words:?}: {message}");
    }
}

#[test]
fn a_sound_is_written_on() {
    let folder = tempfile::tempdir().unwrap();
    let wave: Vec<f64> = (0..800).map(|i| 0.5 * (f64::from(i) * std::f64::consts::TAU / 20.0).sin()).collect();
    let file = std::fs::File::create(folder.path().join("s.wav")).unwrap();
    data::write_sound(std::io::BufWriter::new(file), &wave, 8000).unwrap();
    let text = "input x: [2]\ntarget t\nparam w: [2]\ny = w' x\nloss = (y - t)^2\noutput y\n\
        data \"s.wav\" { window 3; x = sound[0..2]; t = sound[2] }\ntrain { minimize loss; optimizer adam(rate = 0.1); epochs 60 }\n";
    std::fs::write(folder.path().join("m.nn"), text).unwrap();
    said(&gradus(folder.path(), &["run", "m.nn", "--save", "w.safetensors"]));
    let words = ["predict", "m.nn", "--weights", "w.safetensors", "--steps", "100", "--out", "o.wav"];
    assert_eq!(said(&gradus(folder.path(), &words)), "");
    let again = text.replace("s.wav", "o.wav");
    let dataset = load(&again, folder.path()).unwrap();
    let written = numbers(&dataset, 1);
    let expected = |i: usize| 0.5 * ((800 + i + 2) as f64 * std::f64::consts::TAU / 20.0).sin();
    assert_eq!(written.len(), 98);
    written
        .iter()
        .enumerate()
        .for_each(|(i, v)| assert!((v - expected(i)).abs() < 0.05, "{i}: {v} and {}", expected(i)));
}

#[test]
fn windows_that_mean_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let csv: String = (0..20).map(|i| format!("{i},p{}\n", i / 10)).collect();
    std::fs::write(folder.path().join("d.csv"), format!("a,who\n{csv}")).unwrap();
    std::fs::write(folder.path().join("e.txt"), b"abc\xff").unwrap();
    for (lines, code) in [
        ("window 30; x = a[0..2]; t = a[2]", "E0621"),
        ("window 11 by who; x = a[0..2]; t = a[2]", "E0621"),
        ("window 3; x = a[0..2]; t = a[3]", "E0604"),
        ("window 3; x = a[0..2]; t = a[2]; test 0.2", "E0610"),
        ("window 3; x = a; t = a[2]", "E0604"),
        ("window 3 by nobody; x = a[0..2]; t = a[2]", "E0603"),
        ("window 3; x = a[0..2]; t = a[2]; test last 0.05", "E0610"),
    ] {
        let text = format!(
            "input x: [2]\ntarget t\nparam w: [2]\nloss = (w' x - t)^2\ndata \"d.csv\" {{ {lines} }}\ntrain {{ minimize loss; steps 1 }}\n"
        );
        assert_eq!(load(&text, folder.path()).err(), Some(vec![code.to_string()]), "{lines}");
    }
    let text = "input x: [2] class(3)\nparam w: [3]\nloss = w[x[0]]\ndata \"e.txt\" { window 2; x = characters }\ntrain { minimize loss; steps 1 }\n";
    assert_eq!(load(text, folder.path()).err(), Some(vec!["E0611".to_string()]));
}

/// A part whose place varies is what the same places are one by one.
#[test]
fn parts_move() {
    for (part, spelled, count) in [
        ("x[i..i + 3]", "[x[i], x[i + 1], x[i + 2]]", 7),
        ("x[2i..2i + 2]", "[x[2i], x[2i + 1]]", 4),
        ("x[i..i + 3, 0]", "[x[i, 0], x[i + 1, 0], x[i + 2, 0]]", 7),
        ("x[i + 1..i + 2]", "[x[i + 1]]", 6),
        ("x[i, i..i + 1]", "[x[i, i]]", 2),
        ("x[.., 0][i..i + 4]", "[x[i, 0], x[i + 1, 0], x[i + 2, 0], x[i + 3, 0]]", 5),
    ] {
        let program = |part: &str| {
            format!(
                "param x: [9, 2] ~ normal(1)\nparam w: [{count}] ~ normal(1)\n\
                 y = for i in 0..{count} {{ w[i] * norm(tanh({part}) - w[i])^2 }}\n\
                 z = fold i in 0..{count} with h = 0 {{ h / 2 + sum({part}) }}\n\
                 train {{ minimize sum(y) + z^2; optimizer sgd(rate = 0.01); steps 4 }}\n"
            )
        };
        for way in Way::in_f64() {
            for name in ["x", "w"] {
                let (a, b) = (trained(&program(part), way, name), trained(&program(spelled), way, name));
                assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12), "{part}, {way:?}: {a:?} and {b:?}");
            }
        }
    }
    for wrong in ["x[i..i + 4]", "x[i..2i]", "x[i..3]", "x[i + 1..i]"] {
        let text =
            format!("param x: [9, 2]\ny = for i in 0..7 {{ sum({wrong}) }}\ntrain {{ minimize sum(y); steps 1 }}\n");
        let source = pipeline::read("m.nn", &text, &Options::default());
        assert!(source.has_errors(), "{wrong}");
    }
}

/// Groups that are tested on are not judged on while training, with windows and without.
#[test]
fn parts_by_groups_have_no_group_in_common() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..80).map(|row| format!("{row},p{}\n", row / 8)).collect();
    std::fs::write(folder.path().join("d.csv"), format!("a,who\n{rows}")).unwrap();
    let text = "input x\ntarget t\nparam w\nloss = (w x - t)^2\n\
                data \"d.csv\" { x = a; t = 2 * a; test 0.3 by who; validation 0.3 by who }\ntrain { minimize loss; steps 1 }\n";
    let parts = load(text, folder.path()).unwrap().parts;
    let people = |rows: &[u32]| rows.iter().map(|row| row / 8).collect::<BTreeSet<u32>>();
    let all = [people(&parts.train), people(&parts.validation), people(&parts.test)];
    assert_eq!(all.iter().map(BTreeSet::len).sum::<usize>(), 10, "{all:?}");
    assert!(all.iter().all(|part| part.len() >= 2), "{all:?}");
}
