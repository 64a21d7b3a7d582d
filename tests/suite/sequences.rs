//! Sequences of unequal length: a program that declares `input x: [t <= 7, 2]` does with a row of five entries what the same program with
//! `input x: [5, 2]` does. Nothing sees what is stored behind the end, and no gradient does.
use crate::values::{Way, trained};
use crate::windows::{load, numbers};
use gradus::model::Options;
use gradus::pipeline;
use gradus::random::{Purpose, Stream};

const LONGEST: usize = 7;

/// What is made of `z`, `[t, 2]`: a number. `t` is how long it is.
const BODIES: &[&str] = &[
    "sum(z)",
    "sum(z) / t",
    "mean(z)",
    "prod(mean(z, axis = 1))",
    "max(z)",
    "min(z * z)",
    "sum(max(z, axis = 0))",
    "sum(softmax(z, axis = 0)[0])",
    "logsumexp(z[.., 0])",
    "norm(z[.., 1])",
    "var(z)",
    "sum(std(z, axis = 0))",
    "z[-1, 0] + z[0, 1] * z[-2, 1]",
    "sum(z[1..] - z[..-1])",
    "sum(z[-2..] ^ 2)",
    "sum(z[1..-1])",
    "sum(reverse(z)[0] * z[1])",
    "sum(cumsum(z[.., 0]))",
    "sum(z' z)",
    "sum(z z')",
    "sum(lstm(z, 3))",
    "sum(gru(z, 3)[-1])",
    "mean(rnn(z, 3)^2)",
    "sum(bidirectional(z, 3, gru)[-1])",
    "sum(bidirectional(z, 2, lstm)[0])",
    "mean(conv1d(z, 3, 3, padding = same))",
    "max(conv1d(z, 3, 3, padding = causal, dilation = 2))",
    "sum(conv1d(z, 3, 2))",
    "mean(conv1d(z, 2, 2, stride = 2))",
    "mean(max_pool1d(z, 2))",
    "sum(max_pool1d(-z, 3, stride = 1, padding = 1))",
    "sum(mean_pool1d(z, 2, stride = 1))",
    "mean(layer_norm(dense(z, 4))^2)",
    "mean(self_attention(z, 2)^2)",
    "sum(self_attention(z, 1, causal = true)[-1])",
    "sum(attention(z[..2], z, z * z))",
    "sum(dense(z, 3, activation = tanh))",
    "sum(for v in z { v' v })",
    "sum(for i in 0..t { i * z[i, 0] })",
    "sum(for i in 0..t - 1 { z[i + 1, 0] * z[i, 1] })",
    "mean(for i in 0..t - 2 { sum(z[i..i + 3]) })",
    "fold v in z with s = 0 { 0.5 s + v[0] * v[1] }",
    "sum(scan v in reverse(z) with s = zeros(2) { tanh(s + v) })",
    "sum((scan v, i in (z, 0..t) with s = 0 { s + i * v[0] })[-1] * z[-1])",
    "fold i in 0..t with s = 0 { s + z[i, 0] / (i + 1) }",
    "if t > 3 then sum(z) else mean(z)",
    "mean(concat(z, z * z))",
    "sum(sum(transpose(z), axis = 1))",
    "mean(for v in z { fold w in z with s = 0 { s + v' w } })",
    "sum([z[.., 0] > 2])",
    "sum(exp(-abs(for v in z { for w in z { v[0] - w[1] } })))",
    "mean(stack(z, z + 1))",
    "sum(concat([[1, 2]], z, axis = 0)[-1] * z[-1])",
    "sum(zeros(t, 2) + z)",
    "mean(sinusoidal_positions(t, 2) + z)",
    "sum(grad(sum(z^2), z))",
    "sum(shape(z)[0] * z[0])",
    "sum(jacobian(cumsum(z[.., 0]), z)[.., .., 0])",
    "sum(sin(hessian(sum(z[.., 0]^3), z)))",
    "sum(zeros([t, 2]) + 1) * z[0, 0]",
    "sum(identity(t)) * z[0, 0]",
    "sum(cos(identity(t) z))",
    "z[t - 1, 0] * z[t - 2, 1]",
    "norm(z)",
    "norm(z z')",
    "sum(pad(z[.., 0], 1, 0)[..-1] * z[.., 1])",
    "sum(concat([zeros(2)], z[..-1], axis = 0) * z)",
    "sum(noise) * z[0, 0]",
    "sum(softmax(noise * z[.., 0]) * z[.., 1])",
];

fn program(body: &str, declared: &str, rows: &[Vec<[f64; 2]>], rest: &str) -> String {
    let row = |row: &Vec<[f64; 2]>| {
        let entries: Vec<String> = row.iter().map(|[a, b]| format!("[{a:?}, {b:?}]")).collect();
        format!("[{}]", entries.join(", "))
    };
    let listed: Vec<String> = rows.iter().map(row).collect();
    format!(
        "{declared}\nparam w: [2] = 0.7\nnoise: [t] ~ normal(1)\nu = w * x\nz = u + 2\ny = {body}\nloss = (y - 1)^2\n\
         data {{ x: {} }}\ntrain {{ minimize 0.01 loss; optimizer sgd(rate = 0.1); batch all; epochs 2; precision f64{rest} }}\n",
        listed.join(", ")
    )
}

fn rows(count: usize, least: usize, salt: u64) -> Vec<Vec<[f64; 2]>> {
    let numbers = Stream::named(salt, Purpose::Draw, "sequences");
    let number = |at: u64| f64::from(numbers.word(at) % 2000) / 1000.0 - 1.0;
    let length = |row: u64| least + numbers.word(1000 + row) as usize % (LONGEST + 1 - least);
    let row =
        |row: u64| (0..length(row) as u64).map(|k| [number(40 * row + 2 * k), number(40 * row + 2 * k + 1)]).collect();
    (0..count as u64).map(row).collect()
}

/// `t` where the length is the same for all.
fn of_one_length(body: &str, length: usize) -> (String, String) {
    (body.to_string(), format!("t = {length}\ninput x: [{length}, 2]"))
}

#[test]
fn a_row_is_as_long_as_it_is() {
    for (at, body) in BODIES.iter().enumerate() {
        for row in rows(3, 3, at as u64) {
            let sequence = program(body, "input x: [t <= 7, 2]", std::slice::from_ref(&row), "");
            let (body, declared) = of_one_length(body, row.len());
            let alone = program(&body, &declared, std::slice::from_ref(&row), "");
            for way in Way::in_f64() {
                let (one, other) = (trained(&sequence, way, "w"), trained(&alone, way, "w"));
                for (one, other) in one.iter().zip(&other) {
                    assert!(one.is_finite(), "{way:?} {sequence}");
                    assert!((one - other).abs() < 1e-9 * (1.0 + other.abs()), "{way:?}: {one} and {other}\n{sequence}");
                }
            }
        }
    }
}

/// The gradient of a batch is the mean of those of its rows, whatever their lengths.
#[test]
fn rows_of_a_batch_do_not_see_each_other() {
    for (at, body) in BODIES.iter().enumerate().step_by(3) {
        let all = rows(4, 3, 100 + at as u64);
        for way in Way::in_f64() {
            let once = |rows: &[Vec<[f64; 2]>]| {
                let text = program(body, "input x: [t <= 7, 2]", rows, "").replace("epochs 2", "epochs 1");
                trained(&text, way, "w")
            };
            let together = once(&all);
            let each: Vec<Vec<f64>> = all.iter().map(|row| once(std::slice::from_ref(row))).collect();
            for k in 0..2 {
                let mean = each.iter().map(|w| w[k]).sum::<f64>() / all.len() as f64;
                assert!((together[k] - mean).abs() < 1e-9, "{way:?} {body}: {} and {mean}", together[k]);
            }
        }
    }
}

#[test]
fn what_would_see_padding_is_refused() {
    for body in [
        "sum(flatten(z))",
        "sum(reshape(z, [14]))",
        "sum(sort(z[.., 0]))",
        "sum(concat(z, z, axis = 0))",
        "sum(conv1d(z, 2, 3, stride = 2, padding = same))",
        "sum(repeat v in z with s = 0 { s + v[0] })",
        "sum(group_norm(z, 1))",
        "sum(z[..t])",
        "sum(for i in 0..2t { i })",
        "sum(batch_mean(z))",
        "sum(linspace(0, 1, t))",
    ] {
        let text = program(body, "input x: [t <= 7, 2]", &rows(1, 3, 1), "");
        let source = pipeline::read("m.nn", &text, &Options::default());
        let codes: Vec<&str> = source.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code).collect();
        assert_eq!(codes, ["E0317"], "{body}: {:?}", source.diagnostics);
    }
}

#[test]
fn recordings_are_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = "a,b,who,kind\n".to_string();
    let lengths = [3, 5, 2, 4, 4, 3];
    for (who, length) in lengths.iter().enumerate() {
        (0..*length).for_each(|k| csv += &format!("{},{},p{who},{}\n", 10 * who + k, k, ["x", "y"][who % 2]));
    }
    std::fs::write(folder.path().join("d.csv"), csv).unwrap();
    let text = |most: usize, lines: &str| {
        format!(
            "input x: [t <= {most}, 2]\ntarget y: class(2)\nz = dense(lstm(x, 3)[-1], 2)\nloss = cross_entropy(softmax(z), y)\n\
             data \"d.csv\" {{ window by who; x = [a, b]; y = kind[0]{lines} }}\ntrain {{ minimize loss; steps 1 }}\n"
        )
    };
    let dataset = load(&text(6, ""), folder.path()).unwrap();
    let of = |name: &str| dataset.columns.iter().position(|column| column.name == name).unwrap();
    assert_eq!(numbers(&dataset, of("t")), lengths.map(|length| length as f64));
    let x = numbers(&dataset, of("x"));
    for (who, &length) in lengths.iter().enumerate() {
        for k in 0..6 {
            let wanted = if k < length { [(10 * who + k) as f64, k as f64] } else { [0.0, 0.0] };
            assert_eq!(x[12 * who + 2 * k..][..2], wanted, "{who} {k}");
        }
    }
    assert_eq!(numbers(&dataset, of("y")), [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
    // Statistics are of what is there.
    let dataset = load(&text(6, "; standardize x"), folder.path()).unwrap();
    let x = numbers(&dataset, of("x"));
    let there: Vec<f64> = lengths
        .iter()
        .enumerate()
        .flat_map(|(who, n)| (0..*n).map(move |k| 12 * who + 2 * k))
        .map(|at| x[at])
        .collect();
    let mean = there.iter().sum::<f64>() / there.len() as f64;
    let square = there.iter().map(|v| v * v).sum::<f64>() / there.len() as f64;
    assert!(mean.abs() < 1e-6 && (square - 1.0).abs() < 1e-5, "{mean} {square}");
    assert_eq!(x[2 * 3], 0.0, "padding is zero");
    // A recording is in one part.
    let dataset = load(&text(6, "; test 0.5"), folder.path()).unwrap();
    assert_eq!((dataset.parts.train.len(), dataset.parts.test.len()), (3, 3));
    let dataset = load(&text(6, "; test last 0.2"), folder.path()).unwrap();
    assert_eq!(dataset.parts.train.len() + dataset.parts.test.len(), 6);
    for (text, code) in [
        (text(4, ""), "E0624"),
        (text(6, "").replace("x: [t <= 6, 2]", "x: [6, 2]"), "E0609"),
        (text(6, "").replace("lstm(x, 3)[-1]", "conv1d(x, 3, 3)[0]"), "E0624"),
    ] {
        assert_eq!(load(&text, folder.path()).unwrap_err(), [code], "{text}");
    }
}

#[test]
fn a_text_ends_where_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.csv"), "name,kind\nanna,f\nbo,m\ncleo,f\ndan,m\n").unwrap();
    let text = "input x: [t <= 5] class(9)\ntarget y: class(2)\nh = lstm(embedding(x, 3), 4)\nloss = cross_entropy(softmax(dense(h[-1], 2)), y)\n\
                data \"d.csv\" { x = name; y = kind }\ntrain { minimize loss; steps 1 }\n";
    let dataset = load(text, folder.path()).unwrap();
    let of = |name: &str| dataset.columns.iter().position(|column| column.name == name).unwrap();
    assert_eq!(numbers(&dataset, of("t")), [4.0, 2.0, 4.0, 3.0]);
    let letters: Vec<char> = "abcdelno".chars().collect();
    let x = numbers(&dataset, of("x"));
    for (row, name) in ["anna", "bo", "cleo", "dan"].iter().enumerate() {
        for (k, letter) in name.chars().enumerate() {
            assert_eq!(letters[x[5 * row + k] as usize], letter, "{name}");
        }
    }
}

/// One entry, or equal ones, have no spread, and that has the slope 0.
#[test]
fn what_has_no_spread_has_a_slope() {
    for row in [vec![[0.5, -0.5]], vec![[0.5, 1.0], [0.5, 1.0]]] {
        for body in ["std(z[.., 0])", "sum(std(z, axis = 0))", "norm(z - mean(z, axis = 0))"] {
            let text = program(body, "input x: [t <= 7, 2]", std::slice::from_ref(&row), "");
            for way in Way::in_f64() {
                assert_eq!(trained(&text, way, "w"), [0.7, 0.7], "{body}");
            }
        }
    }
}

/// A mean over the batch in what is mapped over the axis is that of the entries there are.
#[test]
fn a_mean_over_the_batch_counts_what_is_there() {
    let body = "(f(z[.., 0])[0] - batch_mean(sum(cos(z[.., 0]))) / batch_mean(t))^2 + 1";
    let declared = "input x: [t <= 7, 2]\nfn f(v: []) = batch_mean(cos(v)) + 0 * v";
    let text = program(body, declared, &rows(4, 1, 5), "");
    for way in Way::in_f64() {
        let w = trained(&text, way, "w");
        assert!(w.iter().all(|w| (w - 0.7).abs() < 1e-12), "{w:?}");
    }
}

/// A parameter with the axis is as long as each example.
#[test]
fn a_parameter_ends_where_the_example_does() {
    let row = rows(1, 3, 9);
    let of = |declared: &str, size: &str| {
        let text = program("sum(softmax(p) * z[.., 0]) + p[-1] + mean(p)", declared, &row, "");
        text.replace("noise", &format!("param p: [{size}] = 0.3\nnoise"))
    };
    let length = row[0].len();
    let (sequence, alone) =
        (of("input x: [t <= 7, 2]", "t"), of(&format!("t = {length}\ninput x: [{length}, 2]"), "t"));
    for way in Way::in_f64() {
        let (one, other) = (trained(&sequence, way, "p"), trained(&alone, way, "p"));
        assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-9), "{one:?} {other:?}");
        assert!(one[length..].iter().all(|p| *p == 0.3), "{one:?}");
    }
}

/// Claims are judged at lengths that there are, with nothing behind them.
#[test]
fn claims_are_judged_at_lengths() {
    for (claim, is_right) in [
        ("sum(x)", true),
        ("sum(x) + [t < 1]", true),
        ("sum(x) + mod(t, 1)", true),
        ("sum(x) + [t == 2]", false),
        ("sum(x) / t", false),
    ] {
        let text = format!("input x: [t <= 5]\nparam k\nloss = sum(k * x)\n∂loss/∂k = {claim}\n");
        let source = pipeline::read("m.nn", &text, &Options::default());
        let model = source.training.as_ref().unwrap_or_else(|| panic!("{:?}", source.diagnostics));
        let verdict = gradus::oracle::claims::judge(&model.graph, &model.claims[0]).unwrap();
        let wrong = matches!(verdict, gradus::oracle::claims::Verdict::Wrong(_));
        assert_eq!(!wrong, is_right, "{claim}");
    }
}

#[test]
fn places_that_are_not_there_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.csv"), "a,who\n1,p\n2,p\n3,p\n4,q\n5,q\n6,r\n7,r\n8,r\n9,r\n").unwrap();
    let load_with = |line: &str| {
        let text = format!(
            "input x: [t <= 6, 1], z\ntarget y\nparam w\nloss = (w sum(x) + z - y)^2\n\
             data \"d.csv\" {{ window by who; {line} }}\ntrain {{ minimize loss; steps 1 }}\n"
        );
        load(&text, folder.path()).map(|_| ())
    };
    assert_eq!(load_with("x = [a]; z = a[0]; y = a[-1]"), Ok(()));
    assert_eq!(load_with("x = [a]; z = a[1]; y = a[-1] - a[0]"), Ok(()));
    for line in [
        "x = [a]; z = a[2]; y = a[0]",
        "x = [a]; z = a[-2]; y = a[0]",
        "x = [a[1..]]; z = a[0]; y = a[0]",
        "x = [a[0..2]]; z = a[0]; y = a[0]",
    ] {
        assert_eq!(load_with(line).unwrap_err(), ["E0624"], "{line}");
    }
}

/// A recording that is longer than any may be has an empty answer where such are skipped; the others have theirs.
#[test]
fn a_recording_that_is_too_long_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, counts: &[(&str, usize)]| {
        let rows: String =
            counts.iter().flat_map(|(id, count)| (1..=*count).map(move |u| format!("{id},{u}\n"))).collect();
        std::fs::write(folder.path().join(name), format!("id,u\n{rows}")).unwrap();
    };
    write("ok.csv", &[("a", 2), ("b", 3)]);
    write("long.csv", &[("a", 2), ("b", 7), ("c", 1)]);
    let text = "input x: [t <= 6, 1]\ntarget y\nparam w\ns = w sum(x)\nloss = (s - y)^2\noutput length = t\n\
                data \"ok.csv\" { window by id; x = [u]; y = u[0] }\ntrain { minimize loss; steps 1 }\n";
    std::fs::write(folder.path().join("m.nn"), text).unwrap();
    let run = |arguments: &str| {
        std::process::Command::new(env!("CARGO_BIN_EXE_gradus"))
            .args(arguments.split(' '))
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    assert!(run("run m.nn --save w.safetensors").status.success());
    let predict = "predict m.nn --weights w.safetensors --data long.csv";
    let refused = run(predict);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("E0624"));
    let skipped = run(&format!("{predict} --skip-bad"));
    assert_eq!(String::from_utf8_lossy(&skipped.stdout).lines().collect::<Vec<_>>(), ["length", "2", "\"\"", "1"]);
    assert!(
        String::from_utf8_lossy(&skipped.stderr).contains("has 7 rows"),
        "{}",
        String::from_utf8_lossy(&skipped.stderr)
    );
}

/// What is computed from a column element by element is as long as it is.
#[test]
fn what_is_computed_from_a_sequence_is_as_long() {
    let folder = tempfile::tempdir().unwrap();
    let text = |line: &str| {
        format!(
            "input x: [n <= 4], a: [n]\ntarget t\nloss = sum(x) * t + sum(a)\n\
             data {{ a: [1, 2], [3, 4, 5]; t: 1, 2; x = {line} }}\n"
        )
    };
    for (line, wanted) in [("2 * a + 1", [3.0, 5.0, 7.0, 9.0, 11.0]), ("a * a", [1.0, 4.0, 9.0, 16.0, 25.0])] {
        let dataset = load(&text(line), folder.path()).unwrap();
        let found = numbers(&dataset, dataset.columns.iter().position(|column| column.name == "x").unwrap());
        assert_eq!([&found[..2], &found[4..7]].concat(), wanted, "{line}: {found:?}");
        let length = dataset.columns.iter().position(|column| column.name == "n").unwrap();
        assert_eq!(numbers(&dataset, length), [2.0, 3.0]);
    }
}
