//! Derivations for people: a line each, explanations to the right where they fit.
use super::derivation::{Derivation, Where};
use super::linear::{TEXT, print};
use unicode_width::UnicodeWidthStr;

/// Explanations begin in this column, if the line ends before it.
const WHERE_COLUMN: usize = 45;

/// The derivation as text, no line longer than `width` where that can be helped; in colour, what stands left of `=` is.
pub fn render(derivation: &Derivation, width: usize, colour: bool) -> String {
    let mut out = String::new();
    for line in &derivation.lines {
        let left: Vec<String> = line.left.iter().map(|l| print(l, &TEXT)).collect();
        let left = left.join(" = ");
        let right = print(&line.right, &TEXT);
        let columns = left.width() + 3 + right.width();
        out += &if colour { format!("\x1b[1;36m{left}\x1b[0m") } else { left };
        out += " = ";
        out += &right;
        let mut wheres = line.wheres.iter().map(explanation);
        if let Some(first) = wheres.next() {
            let first = format!("where {first}");
            let gap = WHERE_COLUMN.saturating_sub(columns).max(3);
            let (indent, begin) = if columns + gap + first.width() <= width {
                (columns + gap, format!("{}{first}", " ".repeat(gap)))
            } else {
                (4, format!("\n    {first}"))
            };
            out += &begin;
            for more in wheres {
                out += &format!("\n{}{more}", " ".repeat(indent + "where ".len()));
            }
        }
        out.push('\n');
    }
    out
}

fn explanation(explained: &Where) -> String {
    format!("{} = {}", print(&explained.left, &TEXT), print(&explained.right, &TEXT))
}
