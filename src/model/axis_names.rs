//! The names of sizes: `param w: [m, n]` has an axis `m` and an axis `n`, and may be multiplied by an axis of that length only by
//! chance.
use super::elaborator::Elaborator;
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::{NodeId, Op};
use crate::syntax::{NodeKind, Type as WrittenType};

/// A factor of a product, as a matrix: which axes of the value are its rows and its columns.
#[derive(Clone, Copy)]
pub struct Sides {
    pub id: NodeId,
    pub span: Span,
    pub rows: Option<usize>,
    pub columns: Option<usize>,
}

impl<'a> Elaborator<'a> {
    /// Remembers how a declaration calls the sizes of a value, behind `leading` axes that it does not speak of.
    pub fn name_axes(&mut self, id: NodeId, ty: &'a WrittenType, leading: usize) {
        let name = |&size| match self.tree.kind(size) {
            NodeKind::Name(name) => Some(name.as_str()),
            _ => None,
        };
        let names: Vec<Option<&str>> = vec![None; leading].into_iter().chain(ty.shape.iter().map(name)).collect();
        self.facts.axis_names.insert(id, names);
    }

    /// The name of the size of an axis, if a declaration gave it one.
    fn axis_name(&self, id: NodeId, axis: Option<usize>) -> Option<&'a str> {
        match (self.facts.axis_names.get(&id), self.graph.op(id)) {
            (Some(names), _) => names.get(axis?).copied().flatten(),
            (None, Op::View(view)) => {
                let order = view.as_permutation(self.graph.shape(view.x))?;
                self.axis_name(view.x, order.get(axis?).copied())
            }
            _ => None,
        }
    }

    /// W0301: what is summed over has two names, and with one factor transposed it has one.
    pub fn warn_of_equal_sizes(&mut self, left: Sides, right: Sides) {
        let name = |side: Sides, axis| self.axis_name(side.id, axis);
        let (Some(columns), Some(rows)) = (name(left, left.columns), name(right, right.rows)) else { return };
        if columns == rows {
            return;
        }
        let length = |side: Sides, axis: Option<usize>| axis.map(|axis| self.graph.shape(side.id)[axis]);
        let summed = length(left, left.columns);
        let fits = |side: Sides, axis| length(side, axis) == summed;
        let other_right = fits(right, right.columns) && name(right, right.columns) == Some(columns);
        let other_left = fits(left, left.rows) && name(left, left.rows) == Some(rows);
        if !other_right && !other_left {
            return;
        }
        let mut warning = Diagnostic::warning("W0301", "a product of sizes that only happen to be equal")
            .at(right.span, format!("`{rows}` rows"))
            .also(left.span, format!("`{columns}` columns"))
            .note(format!(
                "`{columns}` and `{rows}` are both {}: with other sizes this would not fit",
                summed.unwrap_or(0)
            ));
        for (is_other, side, over) in [(other_right, right, columns), (other_left, left, rows)] {
            if is_other {
                let text = self.text(side.span);
                let transposed = match text.strip_suffix(['\'', 'ᵀ']) {
                    Some(before) => before.to_string(),
                    None => format!("{text}'"),
                };
                warning = warning.edit(format!("summed over `{over}`"), side.span, transposed, false);
            }
        }
        self.warn(warning);
    }
}
