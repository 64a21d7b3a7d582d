//! S-expressions, broken into lines where they are long.
use std::rc::Rc;

/// A word, or a list of which the first word says what it is.
pub enum Form {
    Word(String),
    List { items: Vec<Rc<Form>>, width: usize },
}

/// A list that is wider stands on several lines.
const WIDTH: usize = 120;

impl Form {
    pub fn word(text: impl Into<String>) -> Rc<Form> {
        Rc::new(Form::Word(text.into()))
    }

    pub fn list(head: &str, rest: impl IntoIterator<Item = Rc<Form>>) -> Rc<Form> {
        let items: Vec<Rc<Form>> = std::iter::once(Form::word(head)).chain(rest).collect();
        let width = 1 + items.iter().map(|item| item.width() + 1).sum::<usize>();
        Rc::new(Form::List { items, width })
    }

    fn width(&self) -> usize {
        match self {
            Form::Word(text) => text.chars().count(),
            Form::List { width, .. } => *width,
        }
    }

    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(0, &mut out);
        out
    }

    fn write(&self, indent: usize, out: &mut String) {
        let items = match self {
            Form::Word(text) => return out.push_str(text),
            Form::List { items, .. } => items,
        };
        let fits = indent + self.width() <= WIDTH;
        out.push('(');
        for (at, item) in items.iter().enumerate() {
            if at > 0 && fits {
                out.push(' ');
            } else if at > 0 {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent + 2));
            }
            item.write(indent + 2, out);
        }
        out.push(')');
    }
}
