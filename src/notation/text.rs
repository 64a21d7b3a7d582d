//! Derivations for people: a line each, explanations to the right where they fit.
use super::derivation::{Derivation, Where};
use super::linear::{TEXT, print};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Explanations begin in this column, if the line ends before it.
const WHERE_COLUMN: usize = 45;

/// The derivation as text, no line longer than `width` where that can be helped; in colour, what stands left of `=` is.
pub fn render(derivation: &Derivation, width: usize, colour: bool) -> String {
    let mut out = String::new();
    for line in &derivation.lines {
        let left: Vec<String> = line.left.iter().map(|l| print(l, &TEXT)).collect();
        let left = left.join(" = ");
        let indent = left.width() + 3;
        let rows = broken(&print(&line.right, &TEXT), width.saturating_sub(indent));
        out += &if colour { format!("\x1b[1;36m{left}\x1b[0m") } else { left };
        out += " = ";
        out += &rows.join(&format!("\n{}", " ".repeat(indent)));
        let columns = indent + rows.last().map_or(0, |row| row.width());
        out += &explanations(&line.wheres, columns, width);
        out.push('\n');
    }
    out
}

/// `where a = …`, one below the other; behind the line where they all fit, else under it.
fn explanations(wheres: &[Where], columns: usize, width: usize) -> String {
    const WORD: &str = "where ";
    let all: Vec<String> = wheres.iter().map(explanation).collect();
    let longest = all.iter().map(|e| e.width()).max().unwrap_or(0) + WORD.len();
    let gap = WHERE_COLUMN.saturating_sub(columns).max(3);
    let fits = columns + gap + longest <= width;
    let indent = if fits { columns + gap } else { 4 };
    let mut out = String::new();
    for (k, explained) in all.iter().enumerate() {
        out += &match (k, fits) {
            (0, true) => format!("{}{WORD}", " ".repeat(gap)),
            (0, false) => format!("\n{}{WORD}", " ".repeat(indent)),
            _ => format!("\n{}", " ".repeat(indent + WORD.len())),
        };
        out += &broken(explained, width.saturating_sub(indent + WORD.len()))
            .join(&format!("\n{}", " ".repeat(indent + WORD.len() + 4)));
    }
    out
}

/// A formula in rows: broken before an operator or behind a comma, outside of as many parentheses as possible; before a plus or a minus
/// rather than in a product, if the row is not too short then.
fn broken(formula: &str, width: usize) -> Vec<String> {
    let most = width.max(20);
    let mut rows = vec![];
    let (mut rest, mut left) = (formula, formula.width());
    while left > most {
        let (mut depth, mut columns) = (0_usize, 0_usize);
        // How good a place is, where it is, and what stands in front of it.
        let mut best: Option<(usize, usize, usize)> = None;
        for (at, c) in rest.char_indices() {
            match c {
                _ if columns > most => break,
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                ' ' if at > 0 => {
                    let in_product = rest[at + 1..].starts_with(['⊙', '/']);
                    let is_short = 3 * columns < width;
                    let level = match rest[..at].ends_with(',') || rest[at + 1..].starts_with(['+', '−']) {
                        true => Some(2 * depth + usize::from(is_short)),
                        false => in_product.then_some(2 * depth + 1),
                    };
                    if let Some(level) = level
                        && best.is_none_or(|(least, ..)| level <= least)
                    {
                        best = Some((level, at, columns));
                    }
                }
                _ => {}
            }
            columns += c.width().unwrap_or(0);
        }
        let Some((_, at, columns)) = best else { break };
        rows.push(rest[..at].to_string());
        let tail = rest[at..].trim_start();
        left -= columns + (rest.len() - at - tail.len());
        rest = tail;
    }
    rows.push(rest.to_string());
    rows
}

fn explanation(explained: &Where) -> String {
    format!("{} {} {}", print(&explained.left, &TEXT), explained.sign, print(&explained.right, &TEXT))
}
