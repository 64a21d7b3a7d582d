//! Indexing: numbers, ranges, negative ones, and classes or whole numbers that gather.
use super::elaborator::{Elaborator, Outcome};
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::show::shape_text;
use crate::graph::{Kind, Leaf, NodeId, Op};
use crate::syntax::{NodeKind, TreeId};

impl<'a> Elaborator<'a> {
    /// `x[0]`, `x[.., 1..]`, `p[user]`
    pub fn indexing(&mut self, id: TreeId, of: TreeId, at: &'a [TreeId]) -> Outcome<Value<'a>> {
        let whole = self.span(id);
        let x = self.tensor(of)?;
        let axes = self.graph.shape(x.id).len();
        if at.len() > axes {
            let shape = shape_text(self.graph.shape(x.id));
            let text = if axes == 0 {
                "a number has no entries".to_string()
            } else {
                format!("{} indices for {shape}", at.len())
            };
            let error = Diagnostic::error("E0308", text).at(whole, "too many indices");
            let error = self.label_operand(error, (&x, self.span(of)), false);
            let is_all = |id: TreeId| matches!(self.tree.kind(id), NodeKind::Range { from: None, to: None });
            let error = match at {
                [rows, next, ..] if is_all(*rows) && at.len() == axes + 1 => {
                    let place = Span { end: self.span(*next).start, ..self.span(*rows) };
                    error.edit("a program says one example: it has no axis of rows", place, "", false)
                }
                _ => error,
            };
            return self.fail(error);
        }
        // One index after the other; an axis that is taken out moves those behind it.
        let mut result = x.id;
        let mut known = x.known.clone();
        let mut axis = 0;
        for &index in at {
            let before = self.graph.shape(result).len();
            if let NodeKind::Range { from: None, to: None } = self.tree.kind(index) {
                axis += 1;
                continue;
            }
            result = match self.tree.kind(index) {
                NodeKind::Range { from, to } => match self.part_at_places(result, axis, (*from, *to), index) {
                    Some(found) => {
                        known = None;
                        found?
                    }
                    None => match self.part_at_end(result, axis, (*from, *to), self.span(index))? {
                        Some(part) => part,
                        None => {
                            let (start, length) = self.slice_bounds(result, axis, *from, *to, self.span(index))?;
                            known = known.filter(|_| before == 1).map(|k| k[start..start + length].into());
                            self.first_entries(result, axis, start, length)
                        }
                    },
                },
                _ => self.indexed(result, axis, index, &mut known)?,
            };
            let grown = self.graph.shape(result).len() + 1;
            axis = axis + grown - before;
        }
        Ok(Tensor { id: result, row: false, known }.into())
    }

    /// `x[1..]`, `x[..-1]`, `x[-3..]` of an axis that ends where the example does; none where both ends are counted from its beginning.
    fn part_at_end(
        &mut self,
        x: NodeId,
        axis: usize,
        (from, to): (Option<TreeId>, Option<TreeId>),
        span: Span,
    ) -> Outcome<Option<NodeId>> {
        let Some(length) = self.graph.end(x, axis) else { return Ok(None) };
        let mut ends = [0, 0];
        for (end, id) in ends.iter_mut().zip([from, to]) {
            if let Some(id) = id {
                let (number, tensor) = self.whole_and_value(id)?;
                *end = number;
                // `x[..t]` is all of it.
                if self.as_length(&tensor, self.span(id))?.is_some() {
                    let error =
                        Diagnostic::error("E0317", "a part ends at a number, counted from the beginning or the end");
                    return self.fail(error.at(self.span(id), "a length").help("`x[..-1]` leaves the last one out"));
                }
            }
        }
        if ends[0] >= 0 && to.is_some() && ends[1] > 0 {
            return Ok(None);
        }
        self.part_to_end(x, axis, length, (ends[0], ends[1]), span).map(Some)
    }
    /// Entries from a place on, which every example has.
    fn first_entries(&mut self, x: NodeId, axis: usize, start: usize, count: usize) -> NodeId {
        self.graph.fixed_part(x, axis, start + count, |graph| graph.slice(x, axis, start, 1, count))
    }

    /// From which place, and how many.
    fn slice_bounds(
        &mut self,
        x: NodeId,
        axis: usize,
        from: Option<TreeId>,
        to: Option<TreeId>,
        span: Span,
    ) -> Outcome<(usize, usize)> {
        let extent = self.graph.shape(x)[axis] as i64;
        let end = |this: &mut Self, id: Option<TreeId>, missing: i64| -> Outcome<i64> {
            let Some(id) = id else { return Ok(missing) };
            let number = this.whole_number(id)?;
            Ok(if number < 0 { number + extent } else { number })
        };
        let (from, to) = (end(self, from, 0)?, end(self, to, extent)?);
        if 0 <= from && from < to && to <= extent {
            return Ok((from as usize, (to - from) as usize));
        }
        let error = Diagnostic::error("E0309", format!("{} is not in 0..{extent}", self.quote_span(span)))
            .at(span, format!("the axis has {extent} entries"))
            .note("a range is half-open: `x[0..2]` are the entries 0 and 1");
        self.fail(error)
    }

    fn indexed(
        &mut self,
        x: NodeId,
        axis: usize,
        index: TreeId,
        known: &mut Option<std::rc::Rc<[f64]>>,
    ) -> Outcome<NodeId> {
        let span = self.span(index);
        if self.tree.name(index).is_none()
            && let Some(found) = self.at_places(x, axis, index)
        {
            *known = None;
            return found;
        }
        let value = self.expression(index)?;
        let extent = self.graph.shape(x)[axis];
        let axes = self.graph.shape(x).len();
        let at = match value {
            Value::Range { from, to, .. } => {
                if to > extent as i64 || from < 0 {
                    let error = Diagnostic::error("E0309", format!("{} is not in 0..{extent}", self.quote_span(span)))
                        .at(span, format!("the axis has {extent} entries"));
                    return self.fail(error);
                }
                let (start, length) = (from as usize, (to - from) as usize);
                *known = known.take().filter(|_| axes == 1).map(|k| k[start..start + length].into());
                return Ok(self.first_entries(x, axis, start, length));
            }
            value => self.tensor_of(value, span)?,
        };
        if let (Some(length), Some(number), false) =
            (self.graph.end(x, axis), at.number(), self.graph.ty(at.id).varying)
            && number < 0.0
            && number.fract() == 0.0
            && -number <= extent as f64
        {
            *known = None;
            return Ok(self.entry_before_end(x, axis, length, -number as i64));
        }
        if at.number().is_some() && self.graph.ty(at.id).varying {
            *known = None;
            return Ok(self.entry_at(x, axis, at.id));
        }
        if let Some(list) = at.known.clone() {
            return self.indexed_by_known(x, axis, &list, self.shape(&at).is_empty(), span, known);
        }
        *known = None;
        match self.graph.ty(at.id).kind {
            Kind::Class(_, size) | Kind::Index(size) if size > extent => {
                let error = Diagnostic::error(
                    "E0309",
                    format!("{} is one of {size}, and the axis has {extent} entries", self.quote_span(span)),
                )
                .at(span, format!("up to {}", size - 1))
                .note("an index must fit for every example");
                self.fail(error)
            }
            Kind::Class(..) | Kind::Index(_) => {
                if let Op::Leaf(Leaf::LoopIndex(of)) = *self.graph.op(at.id)
                    && self.graph.looped(of).length == extent
                    && self.graph.stands_outside(x, of)
                {
                    let first = self.moved_to_front(x, axis);
                    return Ok(self.graph.element(of, first));
                }
                let first = self.moved_to_front(x, axis);
                let gathered = self.graph.gather(first, at.id, 0);
                // The axes of the index stand where the axis stood.
                let inner = self.graph.shape(at.id).len();
                let mut order: Vec<usize> = (inner..inner + axis).collect();
                order.extend(0..inner);
                order.extend(inner + axis..inner + axes - 1);
                Ok(self.graph.permute(gathered, &order))
            }
            Kind::Real | Kind::Bool => {
                let error = Diagnostic::error("E0405", format!("{} is no index", self.quote_span(span)))
                    .at(span, "an index is a class, a whole number or a range")
                    .help("a real number that varies can't choose an entry: that has no derivative");
                self.fail(error)
            }
        }
    }
    fn indexed_by_known(
        &mut self,
        x: NodeId,
        axis: usize,
        list: &[f64],
        single: bool,
        span: Span,
        known: &mut Option<std::rc::Rc<[f64]>>,
    ) -> Outcome<NodeId> {
        let (extent, axes) = (self.graph.shape(x)[axis], self.graph.shape(x).len());
        let mut places = vec![];
        for &number in list {
            let place = if number < 0.0 { number + extent as f64 } else { number };
            if number.fract() != 0.0 || place < 0.0 || extent as f64 <= place {
                let range =
                    if extent == 1 { "only the entry 0".to_string() } else { format!("entries 0 to {}", extent - 1) };
                let error =
                    Diagnostic::error("E0309", format!("no entry {number}: there are {range}")).at(span, "outside");
                let error = error.help("entries are counted from 0; the last is `[-1]`");
                let is_one_beyond = number == extent as f64 && self.text(span).parse::<usize>().is_ok();
                return self.fail(if is_one_beyond { error.edit("take the last", span, "-1", false) } else { error });
            }
            places.push(place as usize);
        }
        *known = known.take().filter(|_| axes == 1).map(|k| places.iter().map(|p| k[*p]).collect());
        if single {
            let place = places[0];
            return Ok(self.graph.fixed_part(x, axis, place + 1, |graph| graph.index(x, axis, place)));
        }
        let parts: Vec<NodeId> = places.iter().map(|&place| self.first_entries(x, axis, place, 1)).collect();
        Ok(self.graph.join(axis, &parts))
    }
    /// The value with this axis in front.
    pub fn moved_to_front(&mut self, x: NodeId, axis: usize) -> NodeId {
        let mut order: Vec<usize> = vec![axis];
        order.extend((0..self.graph.shape(x).len()).filter(|a| *a != axis));
        self.graph.permute(x, &order)
    }
    /// The value with this axis at the end.
    pub fn moved_to_back(&mut self, x: NodeId, axis: usize) -> NodeId {
        let mut order: Vec<usize> = (0..self.graph.shape(x).len()).filter(|a| *a != axis).collect();
        order.push(axis);
        self.graph.permute(x, &order)
    }
}
