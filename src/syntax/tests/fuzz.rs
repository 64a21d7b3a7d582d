//! Texts that no one would write: there is always a tree, and nothing panics.
use super::*;
use crate::syntax::lexeme::lex;
use crate::syntax::show_tokens;
use crate::syntax::tests::programs::PROGRAMS;

const TEXTS: usize = 10_000;

/// Programs as they would be written elsewhere.
const FOREIGN: [&str; 2] = [
    "import numpy as np\n\ndef f(x):\n    h = |x| ** 2\n    return h if x > 0 else é\n\nfor i in range(3):\n    if i > 1:\n        \
     y = x[1:3]\n    else:\n        y += 20%\n",
    "g = lambda x, y: x @ y\nz = [v for v in f(n // 2)]\nclass Net(Module):\n    w = 1.2.3\nq = a ? b : c\nscan = 'é'\n\
     data é.csv\n",
];

/// Marsaglia's xorshift: the same texts in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

#[test]
fn whatever_the_text_there_is_a_tree() {
    let run = || {
        let pieces: Vec<Vec<&str>> = PROGRAMS
            .iter()
            .chain(&FOREIGN)
            .map(|text| lex(text).iter().map(|lexeme| &text[lexeme.range()]).collect())
            .collect();
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        for round in 0..TEXTS {
            let text = match round % 4 {
                0 => random_bytes(&mut random),
                1 => random_pieces(&mut random, &pieces),
                _ => mutation(&mut random, &pieces),
            };
            check(&text);
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("a thread");
    assert!(thread.join().is_ok());
}

#[track_caller]
fn check(text: &str) {
    let parsed = parse(0, text);
    show_tree(&parsed.tree, &parsed.root);
    show_tokens(text);
    for diagnostic in &parsed.diagnostics {
        let spans = diagnostic.labels.iter().map(|label| label.span);
        let edits = diagnostic.edits.iter().flat_map(|edit| &edit.changes).map(|change| change.0);
        for span in spans.chain(edits) {
            assert!(text.get(span.range()).is_some(), "{text:?}: {diagnostic:?}");
        }
        assert!(!diagnostic.labels.is_empty(), "{text:?}: {diagnostic:?}");
    }
    if parsed.diagnostics.is_empty() {
        assert!(
            !show_tree(&parsed.tree, &parsed.root).contains("(error"),
            "{text:?} has an error that was not reported"
        );
    }
    let lone = parse_expression(0, text);
    show_expression(&lone.tree, lone.root);
}

fn random_bytes(random: &mut Random) -> String {
    let bytes: Vec<u8> = (0..random.below(200)).map(|_| (random.next() >> 11) as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Lexemes of all programs in any order.
fn random_pieces(random: &mut Random, pieces: &[Vec<&str>]) -> String {
    (0..random.below(100))
        .map(|_| {
            let program = &pieces[random.below(pieces.len())];
            program[random.below(program.len())]
        })
        .collect()
}

/// A program with one to four edits: a lexeme dropped, doubled, swapped, taken from elsewhere, or replaced by a line end.
fn mutation(random: &mut Random, pieces: &[Vec<&str>]) -> String {
    let mut text = pieces[random.below(pieces.len())].clone();
    for _ in 0..=random.below(4) {
        let (here, there) = (random.below(text.len()), random.below(text.len()));
        match random.below(5) {
            0 if text.len() > 1 => drop(text.remove(here)),
            1 => text.insert(here, text[there]),
            2 => text.swap(here, there),
            3 => {
                let other = &pieces[random.below(pieces.len())];
                text.insert(here, other[random.below(other.len())]);
            }
            _ => text[here] = "\n",
        }
    }
    text.concat()
}
