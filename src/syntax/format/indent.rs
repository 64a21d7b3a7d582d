//! Where lines begin: a step inside of a bracket that ends its line, a step further where a statement goes on.
use super::STEP;
use super::lines::Line;

/// Gives each line its indentation.
pub fn indent(lines: &mut [Line]) {
    // What stands open: the indentation of what is inside, and that of the line that closes it.
    let mut open: Vec<(usize, usize)> = vec![];
    let mut statement = 0;
    for line in lines {
        let inside = open.last().map_or(0, |o| o.0);
        let leading = if line.closes { line.brackets.iter().take_while(|opens| !**opens).count() } else { 0 };
        line.indent = if leading > 0 {
            open.get(open.len().saturating_sub(leading)).map_or(0, |o| o.1)
        } else if line.begins
            || line.is_comment
            || line.words.is_empty()
            || open.last().is_some_and(|o| o.0 > statement)
        {
            inside
        } else {
            statement.max(inside) + STEP
        };
        if line.begins {
            statement = line.indent;
        }
        for &opens in &line.brackets {
            if opens {
                open.push((line.indent + STEP, line.indent));
            } else {
                open.pop();
            }
        }
        if leading > 0 {
            statement = line.indent;
        }
    }
}
