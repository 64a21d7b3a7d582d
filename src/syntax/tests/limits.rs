//! Depth is limited, length is not; all on a small stack.
use super::*;
use crate::limits::{BRACKET_DEPTH, TREE_DEPTH};
use crate::syntax::tree::NodeKind;

/// Runs on the stack that a thread has by default.
fn on_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("a thread");
    thread.join().expect("it does not panic")
}

/// The codes of the text, once its tree has been shown, too.
fn codes_on_small_stack(text: String) -> Vec<&'static str> {
    on_small_stack(move || {
        let parsed = parse(0, &text);
        assert!(!show_tree(&parsed.tree, &parsed.root).is_empty() || parsed.root.is_empty());
        parsed.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
    })
}

#[test]
fn a_long_sum_is_one_node() {
    let text = format!("y = {}", vec!["a"; 5_000].join(" + "));
    let parsed = on_small_stack(move || parse(0, &text));
    assert!(parsed.diagnostics.is_empty());
    let rests: Vec<usize> = parsed
        .tree
        .iter()
        .filter_map(|(_, node)| match &node.kind {
            NodeKind::Sum { rest, .. } => Some(rest.len()),
            _ => None,
        })
        .collect();
    assert_eq!(rests, [4_999]);
}

#[test]
fn whatever_is_long_is_flat() {
    let long = |sign: &str| format!("y = {}", vec!["a"; 5_000].join(sign));
    for sign in [" * ", " / ", " · ", " ", " and ", " or ", " < ", " - ", " |> "] {
        assert!(codes_on_small_stack(long(sign)).is_empty(), "{sign}");
    }
    assert!(codes_on_small_stack(format!("y = f({})", "x, ".repeat(5_000))).is_empty());
    assert!(codes_on_small_stack("y = a\n".repeat(5_000)).is_empty());
    assert!(codes_on_small_stack(format!("y = u{}(x)", "'".repeat(5_000))).is_empty());
    assert!(codes_on_small_stack("// comment\n".repeat(50_000)).is_empty());
    assert!(codes_on_small_stack(format!("y = \"{}\"", "a".repeat(1 << 20))).is_empty());
}

#[test]
fn brackets_have_a_limit() {
    let nested = |count: usize| format!("y = {}x{}", "(".repeat(count), ")".repeat(count));
    assert!(codes_on_small_stack(nested(BRACKET_DEPTH)).is_empty());
    assert_eq!(codes_on_small_stack(nested(BRACKET_DEPTH + 1)), ["E0901"]);
    for bracket in ["(", "[", "{", "f(", "x[", "for v in xs {"] {
        assert_eq!(codes_on_small_stack(format!("y = {}", bracket.repeat(100_000))), ["E0901"], "{bracket}");
    }
}

#[test]
fn blocks_are_two_levels_each() {
    let nested = |count: usize| format!("y = {}v{}", "for v in xs { ".repeat(count), " }".repeat(count));
    assert!(codes_on_small_stack(nested(BRACKET_DEPTH - 1)).is_empty());
    assert_eq!(codes_on_small_stack(nested(BRACKET_DEPTH)), ["E0901"]);
}

#[test]
fn levels_have_a_limit() {
    let deep = TREE_DEPTH as usize - 1;
    for sign in ["-", "not "] {
        assert!(codes_on_small_stack(format!("y = {}x", sign.repeat(deep))).is_empty(), "{sign}");
        assert_eq!(codes_on_small_stack(format!("y = {}x", sign.repeat(deep + 1))), ["E0901"], "{sign}");
    }
    assert_eq!(codes_on_small_stack(format!("y = {}x", "x^".repeat(100_000))), ["E0901"]);
    assert_eq!(codes_on_small_stack(format!("y = x{}", ".a".repeat(100_000))), ["E0901"]);
    assert_eq!(codes_on_small_stack(format!("y = x{}", "[0]".repeat(100_000))), ["E0901"]);
    assert_eq!(codes_on_small_stack(format!("y = {}0", "if a then b else ".repeat(100_000))), ["E0901"]);
}

#[test]
fn statements_beyond_the_limit_are_errors_of_their_own() {
    let text = format!("y = {}x\nz = 3 +\n", "-".repeat(1_000));
    assert_eq!(codes_on_small_stack(text), ["E0901", "E0110"]);
}
