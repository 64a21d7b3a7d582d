//! Where a value ends along each of its axes, by where its operands do.
#![deny(clippy::wildcard_enum_match_arm)]
use super::lengths::{Ends, Lost};
use super::view::{Row, View};
use super::{Graph, Leaf, NodeId, Op};
use crate::op::BinaryOp;
use crate::op::comparison::AND;

impl Graph {
    /// A view of which the operand is sealed where windows look beyond the end.
    pub(super) fn view_without_padding(&mut self, view: View) -> View {
        let fixed = self.makes_fixed_part();
        let mut x = view.x;
        for (axis, row) in view.rows.iter().enumerate() {
            if self.end(view.x, axis).is_none() {
                continue;
            }
            match self.along(&view, axis, row) {
                Along::Whole | Along::Windows { leaves: false, .. } => {}
                Along::Windows { stride: 1, .. } => x = self.sealed_with_any(x, axis),
                Along::Part if fixed => {}
                Along::Part | Along::Windows { .. } | Along::Other => self.lose(Lost::Mixed),
            }
        }
        View { x, ..view }
    }
    /// How a view looks at an axis of its operand.
    fn along(&self, view: &View, axis: usize, row: &Row) -> Along {
        let n = self.shape(view.x)[axis] as i64;
        let size = |axis: usize| view.shape[axis] as i64;
        let (least, most) = row.reach(&view.shape);
        let leaves = least < 0 || n <= most;
        match row.terms[..] {
            _ if row.divisor != 1 => Along::Other,
            [(to, 1)] if row.offset == 0 && size(to) == n => Along::Whole,
            // Zeros before or behind: windows of one place.
            [(to, 1)] if leaves => Along::Windows { to, stride: 1, cut: n + 1 - size(to), leaves },
            [(to, stride), (tap, dilation)] if stride > 0 && dilation > 0 => {
                let reach = (size(tap) - 1) * dilation + 1;
                let cut = if stride == 1 { n + 1 - size(to) } else { reach };
                Along::Windows { to, stride, cut, leaves }
            }
            [] | [(_, 1)] if !leaves => Along::Part,
            _ => Along::Other,
        }
    }
    /// Where a value ends along each axis, by where its operands do.
    pub(super) fn ends_of(&mut self, id: NodeId) -> Ends {
        let axes = self.shape(id).len();
        match self.op(id).clone() {
            Op::Leaf(Leaf::Binder(of, number)) => match self.looped(of).binders.get(number as usize) {
                Some(binder) => self.ends(binder.init),
                None => vec![None; axes],
            },
            Op::Leaf(_) | Op::ScatterAdd { .. } | Op::BatchMean { .. } => vec![None; axes],
            Op::Unary(_, x) | Op::Last { x, .. } => self.ends(x),
            Op::Binary(op, x, y) => {
                let ends = self.together(&[x, y]);
                let says = [x, y].into_iter().filter(|_| op == BinaryOp(&AND)).find_map(|x| self.as_inside(x));
                with_end(ends, says)
            }
            Op::Select { condition, yes, no } => {
                let ends = self.together(&[condition, yes, no]);
                let says = self.as_inside(condition);
                with_end(ends, says)
            }
            Op::Reduce { axes, x, .. } => {
                let ends = self.ends(x);
                (0..ends.len()).filter(|axis| !axes.contains(axis)).map(|axis| ends[axis]).collect()
            }
            Op::Contract(c) => {
                let (of_a, of_b) = (self.ends(c.a), self.ends(c.b));
                let at = |label: u8, axes: &[u8], ends: &Ends| {
                    axes.iter().position(|own| *own == label).and_then(|axis| ends[axis])
                };
                let both = |label: &u8| (at(*label, &c.a_axes, &of_a), at(*label, &c.b_axes, &of_b));
                let all: Vec<_> = c.out_axes.iter().map(both).collect();
                all.into_iter().map(|(a, b)| self.one_of(a, b)).collect()
            }
            Op::View(view) => {
                let mut ends = vec![None; axes];
                for (axis, row) in view.rows.iter().enumerate() {
                    let Some(length) = self.end(view.x, axis) else { continue };
                    match self.along(&view, axis, row) {
                        Along::Whole => ends[row.terms[0].0] = Some(length),
                        Along::Windows { to, stride, cut, .. } => ends[to] = Some(self.fitting(length, cut, stride)),
                        Along::Part | Along::Other => {}
                    }
                }
                ends
            }
            Op::Reshape { x, shape } => self.ends_of_reshape(x, &shape).0,
            Op::Join { axis, parts } => {
                let before: usize = parts.iter().rev().skip(1).map(|part| self.shape(*part)[axis]).sum();
                let last = parts.last().and_then(|last| self.end(*last, axis));
                let mut ends = vec![];
                for at in 0..axes {
                    ends.push(match last.filter(|_| at == axis) {
                        Some(length) => Some(self.fitting(length, 1 - before as i64, 1)),
                        None if at == axis => None,
                        None => parts.iter().fold(None, |one, part| self.one_of(one, self.end(*part, at))),
                    });
                }
                ends
            }
            Op::OneHot { index, .. } => [self.ends(index), vec![None]].concat(),
            Op::Gather { table, index, shared } => {
                let (of_table, of_index) = (self.ends(table), self.ends(index));
                let both: Ends = (0..shared).map(|axis| self.one_of(of_table[axis], of_index[axis])).collect();
                [&both[..], &of_index[shared..], &of_table[shared + 1..]].concat()
            }
            Op::Named(_, arguments) => {
                let mut ends = self.ends(arguments[0]);
                ends.truncate(axes);
                ends
            }
            Op::Element { x, .. } => self.ends(x)[1..].to_vec(),
            Op::Stacked { of, x } => [vec![self.end_of_loop(of)], self.ends(x)].concat(),
        }
    }
    /// The ends of values that stand beside each other, element by element.
    fn together(&mut self, all: &[NodeId]) -> Ends {
        let mut ends = self.ends(all[0]);
        for &other in &all[1..] {
            for (one, other) in ends.iter_mut().zip(self.ends(other)) {
                *one = self.one_of(*one, other);
            }
        }
        ends
    }
    fn one_of(&mut self, a: Option<NodeId>, b: Option<NodeId>) -> Option<NodeId> {
        if a.is_some() && b.is_some() && a != b {
            self.lose(Lost::Two);
        }
        a.or(b)
    }
    /// An axis that ends keeps its place among as many elements; whether one is lost.
    pub(super) fn ends_of_reshape(&self, x: NodeId, shape: &[usize]) -> (Ends, bool) {
        let own = self.shape(x);
        let (mut ends, mut is_lost) = (vec![None; shape.len()], false);
        for (axis, end) in self.ends(x).into_iter().enumerate().filter(|(_, end)| end.is_some()) {
            let before: usize = own[..axis].iter().product();
            let there = |at: &usize| shape[..*at].iter().product::<usize>() == before && shape[*at] == own[axis];
            match (0..shape.len()).find(there) {
                Some(at) => ends[at] = end,
                None => is_lost = true,
            }
        }
        (ends, is_lost)
    }
}

/// How a view looks at an axis.
enum Along {
    /// At all of it, as it is.
    Whole,
    /// At so many windows as fit, along an axis of the view; `leaves` says whether some look beyond the ends.
    Windows {
        to: usize,
        stride: i64,
        cut: i64,
        leaves: bool,
    },
    /// At entries from its beginning on.
    Part,
    Other,
}

fn with_end(mut ends: Ends, says: Option<(usize, NodeId)>) -> Ends {
    if let Some((axis, length)) = says {
        ends[axis] = Some(length);
    }
    ends
}
