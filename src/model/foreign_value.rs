//! Values as other tools and paper write them: `len(x)`, `x.shape[0]`, `x_1`, `x[end]`, `nn.Parameter(torch.zeros(4))`.
use super::elaborator::{Elaborator, Reported};
use super::scope::Slot;
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Edit, Span};
use crate::graph::NodeId;
use crate::syntax::{Argument, NodeKind, TreeId};

impl<'a> Elaborator<'a> {
    /// The shape of the value that a name is bound to.
    pub(super) fn shape_of(&self, name: &str) -> Option<&[usize]> {
        match &self.scopes.find(self.scope, name)?.1.slot {
            Slot::Value(Value::Tensor(tensor)) => Some(self.graph.shape(tensor.id)),
            _ => None,
        }
    }

    /// `len(x)`: how many entries `x` has. Reports it.
    pub fn foreign_size(&mut self, name: &str, arguments: &[Argument], at: Span, whole: Span) -> Option<Reported> {
        let [Argument { name: None, value }] = arguments else { return None };
        let shape = self.shape_of(self.tree.name(*value)?)?;
        let size = match name {
            "len" | "length" => *shape.first()?,
            "numel" => shape.iter().product(),
            _ => return None,
        };
        let error = Diagnostic::error("E0201", format!("`{name}` is not known here"))
            .at(at, "no such name")
            .help("a size may have a name: `n = 4` above, `input x: [n]`, and then `n`");
        Some(self.report(error.edit(format!("its size is `{size}`"), whole, size.to_string(), false)))
    }

    /// `x.shape[0]`, where `x.shape` stands at `span`: the size, and the place of it all.
    pub fn size_by_index(&self, object: &str, span: Span) -> Option<(usize, Span)> {
        let shape = self.shape_of(object)?;
        let rest = self.text(Span { start: span.end, end: self.sources.text(span.file).len() as u32, ..span });
        let index = &rest[1..rest.find(']').filter(|_| rest.starts_with('['))?];
        let place = Span { end: span.end + index.len() as u32 + 2, ..span };
        let axis: i64 = index.trim().parse().ok()?;
        let axis = if axis < 0 { axis + shape.len() as i64 } else { axis };
        Some((*shape.get(usize::try_from(axis).ok()?)?, place))
    }

    /// `x.size(0)`, `x.dim()`: a size, or how many axes there are.
    pub fn size_by_method(&self, object: &str, method: &str, arguments: &[&str]) -> Option<usize> {
        let shape = self.shape_of(object)?;
        match (method, arguments) {
            ("size" | "shape", [axis]) => {
                let axis: i64 = axis.trim().parse().ok()?;
                let axis = if axis < 0 { axis + shape.len() as i64 } else { axis };
                shape.get(usize::try_from(axis).ok()?).copied()
            }
            ("size" | "shape" | "len", []) if shape.len() == 1 => Some(shape[0]),
            ("numel", []) => Some(shape.iter().product()),
            ("dim" | "ndim", []) => Some(shape.len()),
            _ => None,
        }
    }

    /// Adds the edits that put a value in the place of the size of its last axis: `dense(x, 16)` for `dense(4, 16)`.
    pub fn input_meant(&self, mut error: Diagnostic, size: &Tensor, span: Span) -> Diagnostic {
        let Some(size) = size.number() else { return error };
        let fits = |id: NodeId| self.graph.shape(id).last().is_some_and(|n| *n as f64 == size);
        let is_value = |id: NodeId| self.graph.ty(id).varying;
        // The value that was bound last is the likeliest.
        let mut all = self.declared.bindings.iter().rev().filter(|(_, id)| is_value(*id) && fits(*id));
        if let Some((name, _)) = all.next() {
            error = error.edit(
                format!("the input comes first, and its size is known: `{name}`"),
                span,
                name.as_str(),
                false,
            );
        }
        error
    }

    /// `x[end]` and `x_1`: the entries that may be meant by a name that is none.
    pub fn entries_meant(&self, name: &str, span: Span) -> Option<Vec<Edit>> {
        let edit =
            |title: String, place: Span, text: String| Edit { title, changes: vec![(place, text)], certain: false };
        if name == "end" {
            let before = self.text(Span { start: 0, end: span.start, ..span }).trim_end();
            return match before.ends_with("..") {
                true => Some(vec![edit("to the end, nothing stands behind `..`".into(), span, String::new())]),
                false if before.ends_with(['[', ',']) => {
                    Some(vec![edit("the last entry is `-1`".into(), span, "-1".into())])
                }
                false => None,
            };
        }
        let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let number: usize = name[letters.len()..].parse().ok()?;
        let of = letters.strip_suffix('_').unwrap_or(letters);
        let size = *self.shape_of(of)?.first()?;
        let entry = |at: usize, title: &str| {
            let text = format!("{of}[{at}]");
            (at < size).then(|| edit(format!("{title} `{text}`"), span, text))
        };
        let first = number.checked_sub(1).and_then(|at| entry(at, "if entries are counted from 1, it is"));
        let edits: Vec<Edit> = first.into_iter().chain(entry(number, "entries are counted from 0 here:")).collect();
        (!edits.is_empty()).then_some(edits)
    }

    /// `w = nn.Parameter(torch.zeros(4))`, which is `param w: [4]`. Reports it.
    pub fn foreign_parameter(&mut self, callee: TreeId, arguments: &[Argument], whole: Span) -> Option<Reported> {
        let last = *self.tree.path(callee)?.last()?;
        let [Argument { name: None, value }, ..] = arguments else { return None };
        if !matches!(last, "Parameter" | "Variable") {
            return None;
        }
        let (name, place) = self.bound_to(whole)?;
        let declared = match self.tree.kind(*value) {
            NodeKind::Number(_) => format!("param {name} = {}", self.text(self.span(*value))),
            NodeKind::Call { callee, arguments } => {
                let sizes: Vec<&str> = arguments
                    .iter()
                    .filter(|argument| argument.name.is_none())
                    .map(|argument| self.text(self.span(argument.value)).trim_matches(['(', ')', '[', ']', ',']))
                    .collect();
                let start = match *self.tree.path(*callee)?.last()? {
                    "zeros" | "empty" => " = 0",
                    "ones" => " = 1",
                    "randn" | "normal" => " ~ normal(1)",
                    "rand" | "uniform" => " ~ uniform(0, 1)",
                    _ => return None,
                };
                format!("param {name}: [{}]{start}", sizes.join(", "))
            }
            _ => return None,
        };
        let error = Diagnostic::error("E0201", format!("`{last}` is not known here"))
            .at(self.span(callee), "no such name")
            .edit(format!("write `{declared}`"), place, declared, false);
        Some(self.report(error))
    }
}
