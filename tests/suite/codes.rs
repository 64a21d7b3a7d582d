//! Every code of an error, a warning or a note has a program that shows it, as small as may be, and what is said about it.
//!
//! Codes of the text and of the model are shown by the program of their explanation; the others stand below, with files beside them.
use gradus::diagnostic::{Diagnostic, render};
use gradus::kernel::Float;
use gradus::model::Options;
use gradus::room::Room;
use gradus::{data, pipeline};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program and the files of its folder.
type Files = &'static [(&'static str, &'static str)];

#[rustfmt::skip]
const WITH_DATA: &[(&str, &str, Files)] = &[
    ("E0601", "input x\ndata \"irs.csv\"", &[("iris.csv", "x\n1\n")]),
    ("E0602", "input x\ndata \"../iris.csv\"", &[]),
    ("E0603", "input x\ndata \"d.csv\" { x = lenght }", &[("d.csv", "length\n1\n")]),
    ("E0604", "input x: [3]\ndata \"d.csv\" { x = [a, b] }", &[("d.csv", "a,b\n1,2\n")]),
    ("E0605", "input a\ndata \"d.csv\"", &[("d.csv", "a\n1\n4.5.6\n")]),
    ("E0606", "input x\ndata \"d.csv\" { x = a }", &[("d.csv", "a,b\n1,2\n,3\n")]),
    ("E0607", "target t: class(3)\ndata \"d.csv\" { t = label }", &[("d.csv", "label\n1\n3\n2\n")]),
    ("E0608", "target t: bool\ndata \"d.csv\" { t = diagnosis }", &[("d.csv", "diagnosis\nmalignant\nbenign\n")]),
    ("E0609", "input x\ndata \"d.csv\" { fill x with median }", &[]),
    ("E0610", "input x\ndata \"d.csv\" { test 20 }", &[]),
    ("E0611", "input a\ndata \"d.csv\"", &[("d.csv", "a,b\n1,2\n3\n")]),
    ("E0612", "input x, t\ndata { x: 0, 1, 2; t: 1, 3 }", &[]),
    ("E0613", "input x\ndata { x ~ uniform(0, 1) }", &[]),
    ("E0615", "input x\ntarget label\ndata \"d.csv\" { x = a }", &[("d.csv", "a,labels\n1,2\n")]),
    ("E0616", "input a\ndata \"d.csv\"", &[("d.csv", "a,b,a\n1,2,3\n")]),
    ("E0617", "input a\ndata \"d.csv\" { train where a > 5 }", &[("d.csv", "a\n1\n2\n")]),
    ("E0618", "input x\ndata \"d.csv\" { x = log(a) }", &[("d.csv", "a\n1\n0\n")]),
    ("E0619", "input x\ndata \"d.csv\" { x = a b }", &[]),
    ("E0621", "input x: [4]\ndata \"d.csv\" { window 4; x = a }", &[("d.csv", "a\n1\n2\n3\n")]),
    ("E0620", "input p, q: class(2)\nm = p == q\ndata \"d.csv\"", &[("d.csv", "p,q\na,b\nb,c\n")]),
    ("W0601", "target t: class(4)\ndata \"d.csv\" { t = kind }", &[("d.csv", "kind\na\nb\nc\n")]),
    ("W0602", "target t: bool\ndata \"d.csv\" { t = kind == \"cats\" }", &[("d.csv", "kind\ncat\ndog\n")]),
    ("W0603", "target t\ndata \"d.csv\" { t = price; standardize t }", &[("d.csv", "price\n1\n2\n4\n")]),
    ("W0605", "input spots\ndata \"d.csv\" { test 0.2 }", &[("d.csv", "year,spots\n1,5\n2,8\n3,1\n4,1\n5,1\n6,4\n7,1\n8,1\n9,1\n10,2\n")]),
    ("W0606", "input a\ntarget b\ndata \"d.csv\"", &[("d.csv", "a;b\n1,25;2\n3,5;4\n")]),
    ("W0607", "input x: [t <= 6, 1]\ndata \"d.csv\" { window by id; x = [u] }", &[("d.csv", "id,u\na,1\nb,1\na,2\nb,2\n")]),
];

const LINE: &str =
    "input x\ntarget t\nparam w\nloss = (w x - t)^2\ndata { x: 1, 2; t: 2, 4 }\ntrain { minimize loss; steps 9 }\n";
/// With another parameter.
const OTHER: &str =
    "input x\ntarget t\nparam v\nloss = (v x - t)^2\ndata { x: 1, 2; t: 2, 4 }\ntrain { minimize loss; steps 9 }\n";
const KINDS: &str = "input x\ntarget t: class(2)\ny = softmax([0, neuron([x])])\nloss = cross_entropy(y, t)\n\
                     data \"d.csv\" { x = a; t = kind; standardize x }\ntrain { minimize loss; steps 9 }\n";

/// What stands in the folder, and the commands; what the last one says is shown.
struct Session {
    code: &'static str,
    files: &'static [(&'static str, &'static str)],
    commands: &'static [&'static str],
}

#[rustfmt::skip]
const COMMANDS: &[Session] = &[
    Session { code: "E0215", files: &[("m.nn", "use \"blocks.nn\"\ninput x: [3]\ny = dense(x, 2)\n")], commands: &["check m.nn"] },
    Session {
        code: "E0411",
        files: &[("m.nn", "input x\ntarget t\ny = neuron([x])\nloss = (y - t)^2\noutput price = t.std y + t.mean\n\
            data { x: 1, 2; t: 3, 5 }\ntrain { minimize loss; steps 9 }\n")],
        commands: &["run m.nn"],
    },
    Session { code: "E0507", files: &[("m.nn", "input x\nparam w\nloss = w x\n∂loss/∂w = 2 x\n")], commands: &["check m.nn"] },
    Session {
        code: "E0706",
        files: &[("m.nn", "param w = 1\ntrain { minimize -w^4; optimizer sgd(rate = 9); steps 99 }\n"),
            ("d.csv", "x\n1\n")],
        commands: &["run m.nn --data d.csv"],
    },
    Session {
        code: "E0707",
        files: &[("m.nn", "input x\ntarget t\nparam w\nloss = (w x - t)^2\ndata { x: 1, 2; t: 2, 4 }\n\
            train { minimize loss; epochs 9; stop when validation.loss has not improved for 3 }\n")],
        commands: &["run m.nn"],
    },
    Session {
        code: "E0622",
        files: &[("m.nn", "input x: [2]\ntarget t\ny = neuron(x)\nloss = (y - t)^2\noutput y\ndata \"d.csv\" { window 4; x = a[0..2]; t = a[3] }\n\
            train { minimize loss; steps 9 }\n"), ("d.csv", "a\n1\n2\n3\n4\n5\n")],
        commands: &["run m.nn --save w.safetensors", "predict m.nn --weights w.safetensors --steps 3"],
    },
    Session {
        code: "E0623",
        files: &[("m.nn", "input x\ntarget t\nparam w\nloss = (w x - t)^2\ndata { x: 1, 2; t: 2, 4; weight: 1, -1 }\ntrain { minimize loss; epochs 9 }\n")],
        commands: &["run m.nn"],
    },
    Session {
        code: "E0624",
        files: &[("m.nn", "input x: [t <= 2]\ntarget y\nparam w\nloss = (w sum(x) - y)^2\ndata { x: [1, 2], [1, 2, 3]; y: 2, 4 }\ntrain { minimize loss; epochs 9 }\n")],
        commands: &["run m.nn"],
    },
    Session { code: "E0801", files: &[("m.nn", LINE)], commands: &["run m.nn --weights w.safetensors"] },
    Session {
        code: "E0802",
        files: &[("m.nn", LINE), ("other.nn", OTHER)],
        commands: &["run other.nn --save w.safetensors", "run m.nn --weights w.safetensors"],
    },
    Session { code: "E0803", files: &[("m.nn", LINE)], commands: &["run m.nn --weights whole.safetensors"] },
    Session { code: "E0804", files: &[("m.nn", LINE)], commands: &["run m.nn --weights strange.safetensors"] },
    Session { code: "E0805", files: &[("m.nn", LINE)], commands: &["run m.nn --save no/such/folder/w.safetensors"] },
    Session {
        code: "E0806",
        files: &[("m.nn", LINE), ("other.nn", "input x\ntarget t\nparam v\nloss = (v x - t)^2\n\
            data { x: 1, 2; t: 2, 4 }\ntrain { minimize loss; steps 9; start \"w.safetensors\" }\n")],
        commands: &["run m.nn --save w.safetensors", "run other.nn"],
    },
    Session {
        code: "W0604",
        files: &[("m.nn", KINDS), ("d.csv", "a,kind\n1,cat\n2,dog\n3,dog\n")],
        commands: &["run m.nn --save w.safetensors", "run m.nn --weights w.safetensors"],
    },
    Session {
        code: "W0801",
        files: &[("m.nn", LINE), ("other.nn", "input x\ntarget t\nparam v, w\nloss = (v x + w x^2 - t)^2\n\
            data { x: 1, 2; t: 2, 4 }\ntrain { minimize loss; steps 9; start \"w.safetensors\" }\n")],
        commands: &["run m.nn --save w.safetensors", "run other.nn"],
    },
];

/// All that is said about a program when it is read and its data is loaded, by code.
fn read(text: &str, files: Files, options: &Options) -> Vec<(&'static str, String)> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let source = pipeline::read("model.nn", text, options);
    let mut all = source.diagnostics.clone();
    if let Some(model) = &source.training
        && model.data.is_some()
    {
        let plan = pipeline::data_plan(&source, model);
        match plan.and_then(|plan| source.load(&plan, &data::Options::new(folder.path()))) {
            Ok(dataset) => all.extend(dataset.warnings.into_iter().chain(dataset.notes)),
            Err(errors) => all.extend(errors),
        }
    }
    let shown = |d: &Diagnostic| (d.code, trimmed(&render(d, &source.sources, false), folder.path()));
    all.iter().map(shown).collect()
}

/// Without spaces at the ends of lines and without the path of the folder.
fn trimmed(text: &str, folder: &Path) -> String {
    let text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    text.replace(&format!("{}/", folder.display()), "")
}

/// What the last command of a session says on stderr.
fn run(session: &Session) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in session.files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    safetensors(&folder.path().join("whole.safetensors"), "I64", None);
    safetensors(&folder.path().join("strange.safetensors"), "F64", Some("{}"));
    let mut said = String::new();
    for command in session.commands {
        let arguments = command.split_whitespace();
        let gradus = env!("CARGO_BIN_EXE_gradus");
        let output = Command::new(gradus).args(arguments).current_dir(folder.path()).output().unwrap();
        // But for the progress of training: its last digits are the machine's.
        let lines = String::from_utf8_lossy(&output.stderr).into_owned();
        let lines: String =
            lines.lines().filter(|line| !line.starts_with("epoch ")).map(|l| format!("{l}\n")).collect();
        said = trimmed(&lines, folder.path());
    }
    said
}

/// One number named `w`, as a safetensors file.
fn safetensors(path: &Path, kind: &str, gradus: Option<&str>) {
    let metadata = gradus.map_or(String::new(), |text| format!(r#""__metadata__":{{"gradus":"{text}"}},"#));
    let header = format!(r#"{{{metadata}"w":{{"dtype":"{kind}","shape":[],"data_offsets":[0,8]}}}}"#);
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 8]].concat();
    fs::write(path, bytes).unwrap();
}

/// A chain of functions, each of which calls the one before.
fn chain() -> String {
    let links: String = (1..200).map(|k| format!("fn f{k}(x) = f{}(x) + 1\n", k - 1)).collect();
    format!("input x\nfn f0(x) = x\n{links}y = f199(x)\n")
}

/// A step with a value in it that no kernel makes: one that was to be put in later.
fn unplanned() -> Vec<(&'static str, String)> {
    let source = pipeline::read("model.nn", "input x\nparam w\ny = w x\noutput y\n", &Options::default());
    let model = source.evaluation.as_ref().unwrap();
    let mut batched = pipeline::batched(&pipeline::evaluation_step(model), true);
    let span = model.graph.span_of(model.outputs[0].1).unwrap();
    let hole = batched.graph.hole(gradus::graph::Type::real(&[], false));
    batched.graph.name(hole, "y");
    batched.graph.set_span(hole, span);
    let one = batched.graph.number(1.0);
    batched.outputs = vec![("y".into(), batched.graph.add(hole, one))];
    match pipeline::planned(&batched, gradus::kernel::Float::F32, 4) {
        Err(pipeline::Obstacle::Refused(refused)) => {
            vec![(refused.code, trimmed(&render(&refused, &source.sources, false), Path::new("/")))]
        }
        other => panic!("{other:?}"),
    }
}

/// A step that needs more memory than there is, on a machine of a stated size.
fn too_large() -> Vec<(&'static str, String)> {
    let text = "param w: [40000, 40000]\nloss = norm(w)^2\ntrain { minimize loss; epochs 1 }\n";
    let source = pipeline::read("model.nn", text, &Options::default());
    let batched = pipeline::batched(&pipeline::training_step(source.training.as_ref().unwrap()), true);
    let (needed, free) = (57_600_000_000, 16_000_000_000);
    let refused = Room { graph: &batched.graph, rows: 1, float: Float::F32 }.too_large(needed, free);
    vec![(refused.code, trimmed(&render(&refused, &source.sources, false), Path::new("/")))]
}

/// What is said about the program of a code.
fn shown(code: &str, wrong: &str) -> String {
    let options = Options::default();
    let said = match code {
        "E0213" => {
            let options = Options { settings: vec![("rat".into(), 0.1)], ..options };
            read("rate = 0.5\ninput x\ny = rate * x\n", &[], &options)
        }
        "E0904" => read(&chain(), &[], &options),
        "E0908" => unplanned(),
        "E0909" => too_large(),
        _ => match (WITH_DATA.iter().find(|case| case.0 == code), COMMANDS.iter().find(|s| s.code == code)) {
            (Some((_, text, files)), _) => read(text, files, &options),
            (_, Some(session)) => return run(session),
            _ => read(wrong, &[], &options),
        },
    };
    // The programs of the text's codes mean nothing: of what else is said about them, nothing is shown.
    assert!(code.starts_with("E01") || said.iter().all(|one| one.0 == code), "{code}: {said:?}");
    said.into_iter().filter(|one| one.0 == code).map(|one| one.1).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_code_has_a_program_that_shows_it() {
    let mut missing = vec![];
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots/codes" }, {
        for explanation in pipeline::explanations() {
            let said = shown(explanation.code, explanation.wrong);
            if !said.contains(&format!("[{}]", explanation.code)) {
                missing.push(explanation.code);
            }
            insta::assert_snapshot!(explanation.code, said);
        }
    });
    assert!(missing.is_empty(), "nothing shows {missing:?}");
}

/// The codes that a text quotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').filter(|part| {
        part.len() == 5 && part.starts_with(['E', 'W']) && part[1..].bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

#[test]
fn every_code_that_is_used_is_explained_once_and_the_other_way_round() {
    let explained: Vec<&str> = pipeline::explanations().iter().map(|explanation| explanation.code).collect();
    assert!(explained.is_sorted_by(|a, b| a < b), "a code is explained twice");
    let mut used: BTreeSet<String> = BTreeSet::new();
    for path in rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        // What is explained there is what is to be found elsewhere.
        let text = fs::read_to_string(&path).unwrap();
        let is_test = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        let code = text.split("#[cfg(test)]").next().unwrap();
        let uses = code.lines().filter(|line| !line.trim_start().starts_with("explain("));
        if !is_test {
            used.extend(uses.flat_map(quoted).map(str::to_string));
        }
    }
    let (explained, used): (BTreeSet<&str>, BTreeSet<&str>) =
        (explained.into_iter().collect(), used.iter().map(String::as_str).collect());
    let (unexplained, unused): (Vec<_>, Vec<_>) =
        (used.difference(&explained).collect(), explained.difference(&used).collect());
    assert!(unexplained.is_empty() && unused.is_empty(), "not explained: {unexplained:?}; not used: {unused:?}");
}
