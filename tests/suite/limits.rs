//! What is too much is said, at once and with little work, and what is said is said once.
use gradus::limits;
use gradus::model::Options;
use gradus::pipeline::{self, Source};

fn read(text: &str) -> Source {
    pipeline::read("model.nn", text, &Options::default())
}
fn codes(text: &str) -> Vec<&'static str> {
    read(text).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn what_is_too_large_has_a_limit() {
    for (text, code) in [
        ("y = repeat i in 0..100000000 with h = x { h + 1 }", "E0905"),
        ("y = repeat i in 0..1000 with a = x { repeat j in 0..1000 with b = a { b + j } }", "E0906"),
        ("y = 0..100000000", "E0903"),
        ("y = linspace(0, 1, 100000000)", "E0903"),
        ("y = zeros([100000, 100000, 100000])", "E0903"),
        ("param w: [100000, 100000]", "E0903"),
        ("param w: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]", "E0902"),
        ("a = zeros([100000])\nb = [a, a]' [a, a]", "E0903"),
        ("y = [1, 2][0..9999999999999999999]", "E0307"),
    ] {
        let text = format!("input x\n{text}\n");
        assert_eq!(codes(&text), [code], "{text}");
    }
}

#[test]
fn calls_that_double_are_too_much() {
    let mut text = "input x\nfn f0(a) = a + 1\n".to_string();
    for level in 1..40 {
        text += &format!("fn f{level}(a) = f{}(a) + f{}(2 a)\n", level - 1, level - 1);
    }
    text += "y = f39(x)\n";
    assert_eq!(codes(&text), ["E0906"]);
}

#[test]
fn of_many_errors_the_first_are_shown() {
    let count = 3 * limits::DIAGNOSTICS;
    let source = read(&"y = nothing\n".repeat(count));
    assert_eq!(source.diagnostics.len(), limits::DIAGNOSTICS);
    let last = source.diagnostics.last().unwrap();
    assert!(last.notes.iter().any(|note| note.ends_with("more are not shown")), "{last:?}");
}

#[test]
fn what_is_wrong_outside_of_training_alone_is_said() {
    let text = |wrong: &str| format!("input x\nparam w\ny = if training then w x else {wrong}\n");
    assert_eq!(codes(&text("nothing")), ["E0201"]);
    assert_eq!(codes("input x\nparam w\ny = nothing\n"), ["E0201"]);
    assert!(read(&text("nothing")).training.is_none());
    assert!(codes(&text("x")).is_empty());
}
