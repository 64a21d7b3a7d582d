//! Classes: names and no numbers. Where they may stand, of which list they are, and with what they are compared.
use super::elaborator::{Elaborator, Outcome};
use super::value::Tensor;
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::{Kind, ListId, NodeId};

/// Two classes of different lists that the program compares. It may, where neither list has names: only the data knows.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The inputs whose lists they are, by name.
    pub lists: [String; 2],
    pub spans: [Span; 2],
    /// What makes one list of both: where it goes, and the text. None without a `data` section.
    pub line: Option<(Span, String)>,
}

/// The line of a `data` section that makes one list of two.
pub fn line_for(lists: &[String; 2]) -> String {
    format!("same classes {}, {}", lists[0], lists[1])
}

impl<'a> Elaborator<'a> {
    /// The list of the input that is declared next: its own, unless a line `same classes` names it together with one before.
    pub(super) fn list_of(&self, name: &str) -> ListId {
        let together = self.classes.same.iter().find(|names| names.iter().any(|known| known == name));
        let first = together.and_then(|names| self.graph.inputs.iter().position(|v| names.contains(&v.name)));
        ListId(first.unwrap_or(self.graph.inputs.len()) as u32)
    }

    pub fn is_class(&self, id: NodeId) -> bool {
        self.graph.ty(id).kind.is_class()
    }

    /// Refuses classes, which are names and not numbers.
    pub fn numeric(&mut self, x: &Tensor, span: Span) -> Outcome<()> {
        self.numeric_beside(x, span, None)
    }
    /// The same beside a value of a shape: only what fits it is offered.
    pub fn numeric_beside(&mut self, x: &Tensor, span: Span, beside: Option<&[usize]>) -> Outcome<()> {
        let Kind::Class(_, count) = self.graph.ty(x.id).kind else { return Ok(()) };
        let mut shape = self.shape(x);
        shape.push(count);
        let fits = beside.is_none_or(|other| shape.ends_with(other) || other.ends_with(&shape));
        let error = self.class_computed_with(x, span, "computed with");
        self.fail(match fits {
            true => error.edit("its vector of zeros and a one", span, format!("onehot({})", self.text(span)), false),
            false => error,
        })
    }
    /// The same of a factor of linear algebra: a vector is offered where all other factors are numbers.
    pub fn numeric_factors(&mut self, factors: &[(Tensor, Span)]) -> Outcome<()> {
        for (at, (class, span)) in factors.iter().enumerate() {
            let mut others = factors.iter().enumerate().filter(|(other, _)| *other != at);
            if others.all(|(_, (x, _))| self.graph.shape(x.id).is_empty()) {
                self.numeric(class, *span)?;
            }
            self.numeric_here(class, *span)?;
        }
        Ok(())
    }
    /// The same where no vector can stand.
    pub fn numeric_here(&mut self, x: &Tensor, span: Span) -> Outcome<()> {
        if !self.is_class(x.id) {
            return Ok(());
        }
        let error = self.class_computed_with(x, span, "computed with");
        self.fail(error)
    }
    /// The error that a class stands where a number is needed.
    pub fn class_computed_with(&self, x: &Tensor, span: Span, label: &str) -> Diagnostic {
        let last = self.graph.ty(x.id).kind.count().map_or(1, |count| count.saturating_sub(1).min(1));
        let name = if self.quote_span(span) == "this" { "p".to_string() } else { self.touchable(span) };
        Diagnostic::error("E0401", format!("{} is a class, a name and not a number", self.quote_span(span)))
            .at(span, label)
            .help(format!("`[{name} == {last}]` is 1 for class {last} and else 0"))
    }

    /// Refuses two values that can't stand for each other, as the branches of an `if`: a class beside what is none of its list. What is
    /// offered fits a shape that both stand among.
    pub fn one_kind(&mut self, left: (&Tensor, Span), right: (&Tensor, Span), among: &[usize]) -> Outcome<()> {
        let kind = |this: &Self, x: &Tensor| this.graph.ty(x.id).kind;
        match (kind(self, left.0), kind(self, right.0)) {
            (a, b) if a.with(b).is_some() => Ok(()),
            (Kind::Class(a, n), Kind::Class(b, m)) => {
                let error = Diagnostic::error(
                    "E0401",
                    format!("{} and {} are classes of two lists", self.quote_span(left.1), self.quote_span(right.1)),
                );
                let error = error
                    .at(left.1, format!("class({n}) of `{}`", self.name_of_list(a)))
                    .also(right.1, format!("class({m}) of `{}`", self.name_of_list(b)));
                let lists = [self.name_of_list(a), self.name_of_list(b)];
                let error = if n == m { self.with_same_classes(error, &lists) } else { error };
                self.fail(error.help("`onehot(…)` makes vectors of zeros and a one of them"))
            }
            (a, _) => {
                let (class, other) = if a.is_class() { (left, right) } else { (right, left) };
                let beside = self.shape(other.0);
                let wide = if beside.len() < among.len() { among } else { &beside[..] };
                self.numeric_beside(class.0, class.1, Some(wide))
            }
        }
    }
    /// The name of the input whose column has the list.
    pub fn name_of_list(&self, list: ListId) -> String {
        self.graph.inputs.get(list.0 as usize).map_or_else(String::new, |input| input.name.clone())
    }
    /// Adds the edit that makes one list of two.
    fn with_same_classes(&self, error: Diagnostic, lists: &[String; 2]) -> Diagnostic {
        match self.place_in_data(&line_for(lists)) {
            Some((place, text)) => error.edit("one list for both", place, text, false),
            None => error.help(format!("`{}` in a `data` section makes one list for both", line_for(lists))),
        }
    }
    /// Where a line of the `data` section goes, and how it is written there.
    fn place_in_data(&self, line: &str) -> Option<(Span, String)> {
        let section = self.classes.section?;
        Some(match self.text(section).ends_with('}') {
            true => self.line_at_end(section, line),
            false => (Span { start: section.end, ..section }, format!(" {{ {line} }}")),
        })
    }

    /// Two values are compared, of which at least one may be a class.
    pub fn check_classes(&mut self, is_equality: bool, left: (&Tensor, Span), right: (&Tensor, Span)) -> Outcome<()> {
        for (class, other) in [(left, right), (right, left)] {
            if self.is_class(class.0.id) {
                self.check_class_comparison(is_equality, class, other)?;
            }
        }
        let (Kind::Class(a, n), Kind::Class(b, m)) = (self.graph.ty(left.0.id).kind, self.graph.ty(right.0.id).kind)
        else {
            return Ok(());
        };
        if a == b {
            return Ok(());
        }
        let lists = [self.name_of_list(a), self.name_of_list(b)];
        if n != m {
            let error = Diagnostic::error(
                "E0406",
                format!("{} is one of {n} classes, {} one of {m}", self.quote_span(left.1), self.quote_span(right.1)),
            );
            let error = error.at(left.1, format!("class({n})")).also(right.1, format!("class({m})"));
            let help =
                format!("declare both with one number of classes; `{}` makes one list of them", line_for(&lists));
            return self.fail(error.help(help));
        }
        let line = self.place_in_data(&line_for(&lists));
        self.classes.compared.push(Compared { lists, spans: [left.1, right.1], line });
        Ok(())
    }
    /// The error that classes are compared by size.
    pub fn no_order<T>(&mut self, class: (&Tensor, Span)) -> Outcome<T> {
        let error =
            Diagnostic::error("E0401", format!("{} is a class: classes have no order", self.quote_span(class.1)))
                .at(class.1, "compared by size")
                .help("compare with `==` or `!=`");
        self.fail(error)
    }
    fn check_class_comparison(
        &mut self,
        is_equality: bool,
        class: (&Tensor, Span),
        other: (&Tensor, Span),
    ) -> Outcome<()> {
        let size = self.graph.ty(class.0.id).kind.count().unwrap_or_default();
        if !is_equality {
            return self.no_order(class);
        }
        let is_one_of_these = |value: f64| value.fract() == 0.0 && 0.0 <= value && value < size as f64;
        let known = other.0.known.as_deref().unwrap_or_default();
        if let Some(&value) = known.iter().find(|&&value| !is_one_of_these(value)) {
            let error = Diagnostic::error(
                "E0406",
                format!("{} is one of {size} classes, 0 to {}", self.quote_span(class.1), size - 1),
            )
            .at(other.1, "no class of these")
            .help("classes are counted from 0");
            let last = size - 1;
            let is_one_beyond = known.len() == 1 && value == size as f64;
            return self.fail(match is_one_beyond {
                true => error.edit(format!("the last class is `{last}`"), other.1, last.to_string(), false),
                false => error,
            });
        }
        if other.0.known.is_some() {
            return Ok(());
        }
        let is_vector = self.graph.shape(other.0.id).last() == Some(&size);
        match self.graph.ty(other.0.id).kind {
            Kind::Class(..) => Ok(()),
            Kind::Index(count) if count <= size => Ok(()),
            Kind::Index(count) => {
                let error = Diagnostic::error(
                    "E0406",
                    format!(
                        "{} is one of {count} places, and {} one of {size} classes",
                        self.quote_span(other.1),
                        self.quote_span(class.1)
                    ),
                );
                let error =
                    error.at(other.1, format!("0 to {}", count - 1)).also(class.1, format!("0 to {}", size - 1));
                self.fail(error.help("each place stands for one class: there may be as many, or fewer"))
            }
            // `y == t` with probabilities `y`.
            Kind::Real | Kind::Bool => {
                let what = self.spoken_type(other.0);
                let error = Diagnostic::error(
                    "E0405",
                    format!("{} is a class, and {} is {what}", self.quote_span(class.1), self.quote_span(other.1)),
                )
                .at(other.1, "not a class");
                let largest = format!("argmax({})", self.text(other.1));
                self.fail(match is_vector {
                    true => error.edit("the most probable class", other.1, largest, false),
                    false => error.help("a class is compared with a class, or with its number"),
                })
            }
        }
    }
    /// The number of a class by its name in the data.
    pub(super) fn class_of_name(&mut self, (t, t_span): (&Tensor, Span), name: &str, span: Span) -> Outcome<usize> {
        let input = match self.graph.ty(t.id).kind {
            Kind::Class(list, _) => self.name_of_list(list),
            Kind::Real | Kind::Bool | Kind::Index(_) => String::new(),
        };
        let Some((_, names)) = self.options.classes.iter().find(|(of, _)| *of == input) else {
            let error =
                Diagnostic::error("E0406", format!("the classes of {} have no names here", self.quote_span(t_span)))
                    .at(span, "the data says which names there are")
                    .help("compare with the number of the class: `t == 0`");
            return self.fail(error);
        };
        match names.iter().position(|known| known == name) {
            Some(at) => Ok(at),
            None => {
                let near = super::names::nearest(name, names.iter().map(String::as_str));
                let error = Diagnostic::error("E0406", format!("`{input}` has no class \"{name}\""))
                    .at(span, "not in the data");
                let error = match near {
                    Some(near) => error.edit(format!("did you mean \"{near}\"?"), span, format!("\"{near}\""), false),
                    None => error.help(format!("its classes are {}", names.join(", "))),
                };
                self.fail(error)
            }
        }
    }

    /// Refuses classes in a list of numbers. What is offered is a list again: `concat([a], onehot(p))` for `[a, p]`.
    pub fn no_classes_in_list(&mut self, parts: &[(Tensor, Span)], whole: Span) -> Outcome<()> {
        let Some((class, span)) = parts.iter().find(|(part, _)| self.is_class(part.id)).cloned() else {
            return Ok(());
        };
        let error = self.class_computed_with(&class, span, "in a list of numbers");
        let are_single = parts.iter().all(|(part, _)| self.graph.shape(part.id).is_empty());
        let is_list = self.text(whole).starts_with('[');
        if !are_single || !is_list {
            let vectors = parts.iter().filter(|(part, _)| self.is_class(part.id)).count() == parts.len();
            let vector = format!("onehot({})", self.text(span));
            return self.fail(if vectors && parts.len() == 1 {
                error.edit("its vectors", span, vector, false)
            } else {
                error
            });
        }
        let mut pieces: Vec<String> = vec![];
        let mut numbers: Vec<&str> = vec![];
        for (part, span) in parts {
            match self.is_class(part.id) {
                true => {
                    if !numbers.is_empty() {
                        pieces.push(format!("[{}]", numbers.join(", ")));
                        numbers.clear();
                    }
                    pieces.push(format!("onehot({})", self.text(*span)));
                }
                false => numbers.push(self.text(*span)),
            }
        }
        if !numbers.is_empty() {
            pieces.push(format!("[{}]", numbers.join(", ")));
        }
        let text = if pieces.len() == 1 { pieces.remove(0) } else { format!("concat({})", pieces.join(", ")) };
        self.fail(error.edit("a class as a vector of zeros and a one", whole, text, false))
    }
    /// Refuses a class among the parts of a `concat`, unless all are of its list.
    pub fn one_kind_in_concat(&mut self, parts: &[(Tensor, Span)]) -> Outcome<()> {
        let Some((class, span)) = parts.iter().find(|(part, _)| self.is_class(part.id)).cloned() else {
            return Ok(());
        };
        let kind = self.graph.ty(class.id).kind;
        let shape = self.shape(&class);
        if !shape.is_empty() && parts.iter().all(|(part, _)| self.graph.ty(part.id).kind == kind) {
            return Ok(());
        }
        if let Some((other, other_span)) = parts.iter().find(|(part, _)| {
            self.is_class(part.id) && self.graph.ty(part.id).kind != kind && !self.graph.shape(part.id).is_empty()
        }) && !shape.is_empty()
        {
            return self.one_kind((&class, span), (other, *other_span), &[]);
        }
        let error = self.class_computed_with(&class, span, "put behind numbers");
        let vector = match shape.len() {
            0 => Some(format!("onehot({})", self.text(span))),
            1 => Some(format!("flatten(onehot({}))", self.text(span))),
            _ => None,
        };
        let are_vectors = parts.iter().all(|(part, _)| self.is_class(part.id) || self.graph.shape(part.id).len() == 1);
        self.fail(match vector.filter(|_| are_vectors) {
            Some(vector) => error.edit("its vector of zeros and a one", span, vector, false),
            None => error,
        })
    }
}
