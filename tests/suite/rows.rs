//! Rows as people have them, from a first program to predictions: missing texts, texts that training has not seen, decimal
//! commas, arrays, files without rows.

use crate::command::{self, out, said};
use npyz::{WriteOptions, WriterBuilder};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn gradus(folder: &Path, arguments: &str, input: &str) -> Output {
    command::gradus(folder, &arguments.split(' ').collect::<Vec<_>>(), input)
}
#[track_caller]
fn done(folder: &Path, arguments: &str, input: &str) -> Output {
    let output = gradus(folder, arguments, input);
    assert!(output.status.success(), "{arguments}: {}", said(&output));
    output
}

/// What is predicted is 1 for `b`, 0 for `a`, 2 for what is missing, and 10 more where `n` is 1.
const KINDS: &str = "input k: class(3), n\ntarget t\n\
    param w = 0\ny = [0, 1, 2][k] + 10 n + w\nloss = (y - t)^2\noutput y\n\
    data \"d.csv\" { fill k with \"zzz\" }\ntrain { minimize loss; optimizer sgd(rate = 0); steps 1; batch all }\n";

fn kinds() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.nn"), KINDS).unwrap();
    std::fs::write(folder.path().join("d.csv"), "k,n,t\na,0,1\nb,1,2\n,1,3\n").unwrap();
    done(folder.path(), "run m.nn --save w.safetensors", "");
    folder
}

#[test]
fn what_is_missing_is_filled_as_in_training() {
    let folder = kinds();
    let predicted = done(folder.path(), "predict m.nn --weights w.safetensors --data -", "k,n\n,0\nb,0\nNA,1\na,0\n");
    assert_eq!(out(&predicted), "y\n2\n1\n12\n0\n");
    // A column without any text is one of texts that are missing.
    let predicted = done(folder.path(), "predict m.nn --weights w.safetensors --data -", "k,n\n,0\n,1\n");
    assert_eq!(out(&predicted), "y\n2\n12\n");
    let bytes = std::fs::read(folder.path().join("w.safetensors")).unwrap();
    let header = String::from_utf8_lossy(&bytes).into_owned();
    assert!(header.contains(r#"\"fill\":{\"k\":[2.0]}"#), "{header}");
}

#[test]
fn a_row_that_can_not_be_read_may_be_skipped() {
    let folder = kinds();
    let rows = "k,n,t\na,0,x\nc,0,1\nb,many,1\nb,1,1\n";
    let refused = gradus(folder.path(), "predict m.nn --weights w.safetensors --data -", rows);
    // The rows before it have their answers.
    assert_eq!((refused.status.code(), out(&refused).as_str()), (Some(1), "y\n0\n"));
    assert!(
        said(&refused).contains("`c` is none of the classes of `k`: row 2 of stdin (line 3)"),
        "{}",
        said(&refused)
    );
    assert!(said(&refused).contains("--skip-bad"), "{}", said(&refused));
    let skipped = done(folder.path(), "predict m.nn --weights w.safetensors --data - --skip-bad", rows);
    // The column of targets is not looked at.
    assert_eq!(out(&skipped), "y\n0\n\"\"\n\"\"\n11\n");
    let said_of = said(&skipped);
    assert_eq!(said_of.lines().count(), 2, "{said_of}");
    assert!(said_of.contains("no answer: `c` is none of the classes of `k`: row 2 of stdin (line 3)"), "{said_of}");
    // With several columns, a row without an answer has as many fields as the others.
    let two = KINDS.replace("output y", "output y, n");
    std::fs::write(folder.path().join("m.nn"), two).unwrap();
    let short = gradus(folder.path(), "predict m.nn --weights w.safetensors --data -", "k,n\na\n");
    assert!(said(&short).contains("--skip-bad"), "{}", said(&short));
    let skipped = done(folder.path(), "predict m.nn --weights w.safetensors --data - --skip-bad", "k,n\nc,0\na\na,5\n");
    assert_eq!(out(&skipped), "y,n\n,\n,\n50,5\n");
    let many = "k,n\n".to_string() + &"c,1\n".repeat(300) + "a,2\n";
    let skipped = done(folder.path(), "predict m.nn --weights w.safetensors --data - --skip-bad", &many);
    assert!(out(&skipped).ends_with(",\n,\n20,2\n") && out(&skipped).lines().count() == 302);
    assert!(said(&skipped).ends_with("warning: no answer for 290 more rows, of 301\n"), "{}", said(&skipped));
    let none = gradus(folder.path(), "predict m.nn --weights w.safetensors --data - --skip-bad", "k,n\nc,1\n");
    assert!(none.status.code() == Some(1) && said(&none).contains("no row can be read"), "{}", said(&none));
}

#[test]
fn statistics_that_the_weights_lack_are_taken_from_the_rows_with_a_warning() {
    let folder = kinds();
    let predict = "predict m.nn --weights w.safetensors --data -";
    assert!(!said(&done(folder.path(), predict, "k,n\n,1\n")).contains("statistics"));
    let later = KINDS.replace("fill k with \"zzz\"", "fill k with \"zzz\"; fill n with most_frequent");
    std::fs::write(folder.path().join("m.nn"), later).unwrap();
    let predicted = done(folder.path(), predict, "k,n\na,\na,7\n");
    assert_eq!(out(&predicted), "y\n70\n70\n");
    assert!(said(&predicted).contains("no statistics of `n`: those of the rows given here"), "{}", said(&predicted));
}

#[test]
fn classes_and_truths_are_shown_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let program = "input k: class(2), ok: bool\ntarget t: class(2)\nparam w: [2]\ny = softmax(w)\nbest = argmax(y)\n\
        least = argmin(onehot(k))\nbig = 1e-9 [ok]\nloss = cross_entropy(y, t)\noutput best, least, big\n\
        data \"d.csv\"\ntrain { minimize loss; steps 1; batch all }\n";
    std::fs::write(folder.path().join("m.nn"), program).unwrap();
    std::fs::write(folder.path().join("d.csv"), "k,ok,t\na,true,yes\nb,false,no\na,true,yes\n").unwrap();
    let run = done(folder.path(), "run m.nn --print k --print ok --print t --print best --print big", "");
    let text = out(&run);
    for wanted in
        ["k, of the first 3 rows\n  0  a\n  1  b\n", "  0  true\n  1  false\n", "  0  yes\n  1  no\n", "\nbest  yes\n"]
    {
        assert!(text.contains(wanted), "{wanted:?}: {text}");
    }
    assert!(text.contains("  0  1.000e-9\n") && text.contains("  1    0.0000\n"), "{text}");
}

#[test]
fn nothing_to_predict() {
    let folder = kinds();
    for input in ["", "\n\n", "k,n\n"] {
        let empty = gradus(folder.path(), "predict m.nn --weights w.safetensors --data -", input);
        let text = said(&empty);
        assert!(empty.status.code() == Some(1) && text.contains("stdin has no rows"), "{text}");
        assert!(text.contains("nothing to predict") && !text.contains("training"), "{text}");
    }
    std::fs::write(folder.path().join("empty.csv"), "").unwrap();
    let empty = gradus(folder.path(), "predict m.nn --weights w.safetensors --data empty.csv", "");
    assert!(said(&empty).contains("empty.csv has no rows"), "{}", said(&empty));
}

#[test]
fn a_file_with_decimal_commas_is_read_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..40).map(|row| format!("{},5;{},25;{}\n", row, 3 * row, ["ja", "nein"][row % 2])).collect();
    std::fs::write(folder.path().join("d.csv"), format!("\u{feff}länge;breite;gut\n{rows}")).unwrap();
    done(folder.path(), "new --data d.csv --target breite", "");
    let run = done(folder.path(), "run d.nn --save w.safetensors", "");
    assert!(said(&run).contains("W0606") && said(&run).contains("is 0.5"), "{}", said(&run));
    let predict = "predict d.nn --weights w.safetensors --data -";
    let commas = done(folder.path(), predict, "länge;gut\n10,5;ja\n");
    let points = done(folder.path(), predict, "länge,gut\n10.5,ja\n");
    assert_eq!(out(&commas), out(&points));
    let y: f64 = out(&commas).lines().nth(1).unwrap().parse().unwrap();
    assert!((y - 30.25).abs() < 5.0, "{y}");
}

/// What is predicted is `2 a + b`. The text that training read has a decimal comma in `a`, and whole numbers in `b`.
fn commas() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = "input a, b\ntarget t\nparam w = 0\ny = 2 a + b + w\nloss = (y - t)^2\noutput y\n\
        data \"d.csv\"\ntrain { minimize loss; optimizer sgd(rate = 0); steps 1; batch all }\n";
    std::fs::write(folder.path().join("m.nn"), program).unwrap();
    std::fs::write(folder.path().join("d.csv"), "a;b;t\n0,5;1;1\n2,25;3;1\n").unwrap();
    done(folder.path(), "run m.nn --save w.safetensors", "");
    folder
}

const PREDICT: &str = "predict m.nn --weights w.safetensors --data -";

#[test]
fn numbers_are_written_as_in_training() {
    let folder = commas();
    // Alone, `1,234` might be more than a thousand.
    assert_eq!(out(&done(folder.path(), PREDICT, "a;b\n1,234;5\n")), "y\n7.468\n");
    // The whole file had decimal commas.
    assert_eq!(out(&done(folder.path(), PREDICT, "a;b\n1;0,5\n")), "y\n2.5\n");
    // Where commas separate, points are decimal.
    assert_eq!(out(&done(folder.path(), PREDICT, "a,b\n1.234,5\n")), "y\n7.468\n");
    for (cell, help) in [("1.5", "write `1,5`: the file that was trained on has decimal commas"), ("1.234", "1234")] {
        let refused = gradus(folder.path(), PREDICT, &format!("a;b\n1,5;1\n{cell};5\n"));
        assert_eq!((refused.status.code(), out(&refused).as_str()), (Some(1), "y\n4\n"), "{cell}");
        let text = said(&refused);
        assert!(text.contains(&format!("`{cell}` in row 2 of stdin (line 3)")) && text.contains(help), "{text}");
    }
}

#[test]
fn where_the_weights_do_not_know_how_numbers_are_written_the_first_rows_say_it() {
    let folder = commas();
    npz(
        &folder.path().join("d.npz"),
        &[("a", &[2], vec![0.5, 2.25]), ("b", &[2], vec![1.0, 3.0]), ("t", &[2], vec![1.0; 2])],
    );
    done(folder.path(), "run m.nn --data d.npz --save w.safetensors", "");
    let rows = "a;b\n0,5;1\n".to_string() + &"1,234;5\n".repeat(300);
    let predicted = done(folder.path(), PREDICT, &rows);
    assert!(out(&predicted).starts_with("y\n2\n7.468\n") && out(&predicted).lines().count() == 302);
    let text = said(&predicted);
    assert!(text.contains("commas are decimal in `a`") && text.contains("the first 256 rows"), "{text}");
    assert!(gradus(folder.path(), PREDICT, "a;b\n1,234;5\n").status.code() == Some(1));
    // Arrays are read whole.
    assert_eq!(out(&done(folder.path(), "predict m.nn --weights w.safetensors --data d.npz", "")), "y\n2\n7.5\n");
}

#[test]
fn a_row_is_answered_before_the_next_one_comes() {
    let folder = commas();
    for (header, headerless) in [("a;b\r\n", false), ("sep=;\na;b\n", false), ("", true)] {
        if headerless {
            let program = std::fs::read_to_string(folder.path().join("m.nn")).unwrap();
            let named = "data \"d.csv\" { a = column_0; b = column_1; t = column_2 }";
            std::fs::write(folder.path().join("m.nn"), program.replace("data \"d.csv\"", named)).unwrap();
            std::fs::write(folder.path().join("d.csv"), "0,5;1;1\n2,25;3;1\n").unwrap();
            done(folder.path(), "run m.nn --save w.safetensors", "");
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
        command.current_dir(folder.path()).args(PREDICT.split(' ')).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (mut to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(from).lines() {
                sender.send(line.unwrap()).unwrap();
            }
        });
        let next = || lines.recv_timeout(Duration::from_secs(60)).expect("a line for a row that has come");
        to.write_all(header.as_bytes()).unwrap();
        for row in 0..4 {
            to.write_all(format!("{row},5;1\n").as_bytes()).unwrap();
            if row == 0 {
                assert_eq!(next(), "y");
            }
            assert_eq!(next(), (2 * row + 2).to_string());
        }
        // Of a row that has come in part there is no answer; the rest of it and another are two.
        to.write_all(b"\"4").unwrap();
        assert!(lines.recv_timeout(Duration::from_millis(50)).is_err());
        to.write_all(b",5\";1\n5,5;1\n").unwrap();
        assert_eq!([next(), next()], ["10", "12"]);
        drop(to);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn lines_in_quotes_and_errors_behind_many_rows() {
    let folder = kinds();
    let predict = "predict m.nn --weights w.safetensors --data -";
    // Batches end in the middle of such rows; the last one has no line's end.
    for before in 253..258 {
        let rows = "k,n,note\n".to_string()
            + &"a,1,x\n".repeat(before)
            + "b,1,\"two\n\nlines, and \"\"quotes\"\"\"\n\"b\",2,\"\n\"\n"
            + &"b,3,\n".repeat(300)
            + "a,4,";
        let answers = "y\n".to_string() + &"10\n".repeat(before) + "11\n21\n" + &"31\n".repeat(300) + "40\n";
        assert_eq!(out(&done(folder.path(), predict, &rows)), answers, "{before}");
        for (bad, why) in
            [("\nb,many,\n", "`many` in row"), ("\nb,1\n", "2, not 3"), ("\nc,1,\n", "`c` is none of the classes")]
        {
            let refused = gradus(folder.path(), predict, &format!("{rows}{bad}a,1,\n"));
            let (text, line) = (said(&refused), before + 308);
            assert_eq!((refused.status.code(), out(&refused) == answers), (Some(1), true), "{bad}: {text}");
            assert!(text.contains(why) && text.contains(&format!("line {line}")), "{line}: {text}");
        }
    }
    // Rows of empty cells count only if a row follows.
    assert_eq!(out(&done(folder.path(), predict, "k,n\na,1\n,\n,\n")), "y\n10\n");
    assert_eq!(
        out(&done(folder.path(), &format!("{predict} --skip-bad"), "k,n\na,1\n,\na,2\n,\n")),
        "y\n10\n\"\"\n20\n"
    );
}

#[test]
fn a_text_for_a_class_that_was_a_number_has_no_answer() {
    let folder = kinds();
    std::fs::write(folder.path().join("d.csv"), "k,n,t\n0,0,1\n1,1,2\n2,1,3\n").unwrap();
    let program = KINDS.replace(" { fill k with \"zzz\" }", "");
    std::fs::write(folder.path().join("m.nn"), program).unwrap();
    done(folder.path(), "run m.nn --save w.safetensors", "");
    let refused = gradus(folder.path(), "predict m.nn --weights w.safetensors --data -", "k,n\n2,0\nb,0\n");
    assert_eq!((refused.status.code(), out(&refused).as_str()), (Some(1), "y\n2\n"));
    assert!(said(&refused).contains("`k` is the word `b` in row 2 of stdin (line 3)"), "{}", said(&refused));
}

fn npz(path: &Path, arrays: &[(&str, &[u64], Vec<f64>)]) {
    let mut archive = ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, shape, values) in arrays {
        archive.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
        let options = WriteOptions::<f64>::new().default_dtype().shape(shape);
        let mut writer = options.writer(&mut archive).begin_nd().unwrap();
        writer.extend(values.iter().copied()).unwrap();
        writer.finish().unwrap();
    }
    archive.finish().unwrap();
}

#[test]
fn a_first_program_for_arrays_runs() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let numbers = |count: usize| (0..count).map(|i| (i * 7 % 13) as f64 / 3.0).collect::<Vec<f64>>();
    let classes = |count: usize| (0..count).map(|i| (i % 3) as f64).collect::<Vec<f64>>();
    npz(&at.join("images.npz"), &[("images", &[60, 4, 4], numbers(960)), ("labels", &[60], classes(60))]);
    // The test rows of their own are left out.
    npz(
        &at.join("split.npz"),
        &[
            ("X_train", &[60, 4], numbers(240)),
            ("y_train", &[60, 1], numbers(60)),
            ("X_test", &[9, 4], numbers(36)),
            ("y_test", &[9, 1], numbers(9)),
        ],
    );
    npz(&at.join("pairs.npz"), &[("x", &[60, 4], numbers(240)), ("y", &[60, 2], numbers(120))]);
    let mut shown = String::new();
    for name in ["images", "split", "pairs"] {
        done(at, &format!("new --data {name}.npz"), "");
        let program = std::fs::read_to_string(at.join(format!("{name}.nn"))).unwrap();
        shown += program.split("\n\ntrain {").next().unwrap();
        shown += "\n\n";
        done(at, &format!("fmt --check {name}.nn"), "");
        done(at, &format!("run {name}.nn --epochs 1 --save {name}.safetensors"), "");
        done(at, &format!("predict {name}.nn --weights {name}.safetensors"), "");
    }
    insta::assert_snapshot!(shown);
    let mut bytes = vec![];
    let mut writer = npyz::WriteOptions::new().default_dtype().shape(&[60, 4]).writer(&mut bytes).begin_nd().unwrap();
    writer.extend(numbers(240)).unwrap();
    writer.finish().unwrap();
    std::fs::write(at.join("table.npy"), bytes).unwrap();
    done(at, "new --data table.npy", "");
    let program = std::fs::read_to_string(at.join("table.nn")).unwrap();
    assert!(program.contains("x = values[0..3]") && program.contains("t = values[-1]"), "{program}");
    done(at, "run table.nn --epochs 1", "");
}

/// What comes through a pipe can be read only once.
#[test]
fn a_program_that_asks_its_data_for_names_reads_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let program = "input n\ntarget k: class(2)\nparam w\nloss = (w n - [k == \"cat\"])^2\n\
        data \"d.csv\" { test 0.5 }\ntrain { minimize loss; epochs 2 }\n";
    std::fs::write(folder.path().join("m.nn"), program).unwrap();
    let rows = "n,k\n1,cat\n2,dog\n3,dog\n4,cat\n";
    let piped = done(folder.path(), "run m.nn --data - --save w.safetensors", rows);
    std::fs::write(folder.path().join("d.csv"), rows).unwrap();
    let read = done(folder.path(), "run m.nn --save v.safetensors", "");
    assert!(!said(&piped).contains("no rows") && !said(&read).contains("error"));
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(bytes("w.safetensors"), bytes("v.safetensors"));
}

/// The program that `new` writes for a file, without its `train` section.
#[track_caller]
fn first_program(text: &str, more: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("d.csv"), text).unwrap();
    done(folder.path(), &format!("new --data d.csv{more}"), "");
    done(folder.path(), "run d.nn --epochs 1", "");
    let program = std::fs::read_to_string(folder.path().join("d.nn")).unwrap();
    program.split("\n\ntrain {").next().unwrap().to_string()
}

#[test]
fn first_programs_for_files_as_people_have_them() {
    // From a spreadsheet: a mark at the beginning, dates, units in names, decimal commas, thousands, empty rows at the end.
    let rows: String = (0..40)
        .map(|i| {
            let (place, balcony) = (["Köln", "Bonn", ""][i % 3], ["ja", "nein"][i % 2]);
            format!(
                "{:02}.{:02}.2024;{},5;1.{:03},00;{balcony};{place}\r\n",
                i % 20 + 1,
                i / 20 + 1,
                i * 7 % 13,
                i * 25
            )
        })
        .collect();
    let sheet = format!("\u{feff}Datum;Fläche (m²);\"Preis\r\n[€]\";Balkon;Ort\r\n{rows};;;;\r\n;;;;\r\n");
    insta::assert_snapshot!("sheet", first_program(&sheet, ""));
    // Answers: numbers of the rows, missing values of all kinds, texts with line breaks, yes and no.
    let rows: String = (0..40)
        .map(|i| {
            let age = ["NA", "?", "-", "nan", "", "31", "58", "44"][i * 5 % 8];
            let (smoker, done) = (["yes", "no", "N/A"][i % 3], ["TRUE", "FALSE"][i * 7 % 2]);
            format!("{},{age},{smoker},\"a comment,\nno {i}\",\"{},{:03}\",{}.5%,{done}\n", 900 + i, 1 + i % 3, i, i)
        })
        .collect();
    let survey = format!("id,\"Age\n(years)\",Smoker?,comment,income,share,done\n{rows}");
    insta::assert_snapshot!("survey", first_program(&survey, ""));
    // Labels from 1, and a header with a number.
    let rows: String = (0..40).map(|i| format!("{}.5,{},{}\n", i % 7, i * 3 % 11, 1 + i % 3)).collect();
    let labels = first_program(&format!("size,2019,label\n{rows}"), "");
    assert!(labels.contains("target t: class(3)") && labels.contains("t = label - 1"), "{labels}");
    assert!(labels.contains("x = [size, \"2019\"]"), "{labels}");
    let ratings = first_program(&format!("size,2019,rating\n{rows}"), "");
    assert!(ratings.contains("target t\n"), "{ratings}");
    let headerless = first_program(&rows, "");
    assert!(headerless.contains("names no columns") && headerless.contains("[column_0, column_1]"), "{headerless}");
    // Ten rows, of which one column only counts them.
    let rows: String = (0..10).map(|i| format!("{i},{}\n", ["a", "b"][i % 2])).collect();
    assert!(first_program(&format!("n,kind\n{rows}"), "").contains("x = [n]"));
    // Too few for a part of their own.
    assert!(!first_program("a,b\n1.5,2.5\n2,1\n", "").contains("test"));
}

#[test]
fn files_without_what_a_first_program_needs() {
    let folder = tempfile::tempdir().unwrap();
    for (text, wanted) in [
        ("", "`d.csv` has no rows"),
        ("a,b\n", "`d.csv` has no rows"),
        ("cost,t\n$1,0\n$2,1\n", "`cost`: write `1` in the file, without `$`"),
        ("a,a\n1,2\n", "two columns named `a`"),
        ("a|b\n1|2\n", "has one column, `a|b`"),
    ] {
        std::fs::write(folder.path().join("d.csv"), text).unwrap();
        let refused = gradus(folder.path(), "new --data d.csv", "");
        assert!(refused.status.code() == Some(1) && said(&refused).contains(wanted), "{}", said(&refused));
    }
}
