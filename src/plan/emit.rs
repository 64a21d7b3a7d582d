//! Writes the value of a node at given indices into a kernel: loads what is stored, and does the rest in registers.
#![deny(clippy::wildcard_enum_match_arm)]
use super::memory::Memory;
use super::memory::Stored;
use super::refusal::{Outcome, Refusal};
use super::values::only_ones_differ;
use crate::graph::{BATCH, Graph, Leaf, LoopId, NodeId, Op, Row};
use crate::kernel::{Access, Affine, Float, Integers, LoopVariable, Recorder, Truth, Value};
use crate::op::lowering::truth;
use crate::op::{BinaryOp, UnaryOp};
use crate::vector::lanes::{BitLanes, Lanes};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

/// One kernel being written.
pub struct Emitter<'k, 'g> {
    pub recorder: &'k Recorder,
    pub memory: &'k Memory<'g>,
    /// Values that this kernel computes itself, at the indices of its loops.
    pub own: Vec<NodeId>,
    /// The variable along which vectors run.
    pub lane: Option<LoopVariable>,
    /// How many accesses along the lanes are no plain vectors of padded rows.
    pub irregular: Cell<usize>,
    loops: &'k RefCell<Vec<(LoopId, LoopVariable)>>,
    floats: RefCell<FxHashMap<(NodeId, Vec<Affine>), Value<'k>>>,
}

impl<'k, 'g> Emitter<'k, 'g> {
    /// `loops` collects the kernel's parameters: the places of the loops around it.
    pub fn new(
        recorder: &'k Recorder,
        memory: &'k Memory<'g>,
        own: &[NodeId],
        lane: Option<LoopVariable>,
        loops: &'k RefCell<Vec<(LoopId, LoopVariable)>>,
    ) -> Self {
        Emitter {
            recorder,
            memory,
            own: own.to_vec(),
            lane,
            irregular: Cell::new(0),
            loops,
            floats: Default::default(),
        }
    }

    fn graph(&self) -> &'g Graph {
        self.memory.graph
    }

    /// The place of a loop around this kernel.
    pub fn place(&self, of: LoopId) -> LoopVariable {
        if let Some(&(_, variable)) = self.loops.borrow().iter().find(|(l, _)| *l == of) {
            return variable;
        }
        let variable = self.recorder.parameter(self.graph().looped(of).length);
        self.loops.borrow_mut().push((of, variable));
        variable
    }

    /// The node's value at these indices, one for each axis.
    ///
    /// # Errors
    /// The value should stand in memory and does not.
    pub fn float(&self, id: NodeId, at: &[Affine]) -> Outcome<Value<'k>> {
        let key = (id, at.to_vec());
        if let Some(&known) = self.floats.borrow().get(&key) {
            return Ok(known);
        }
        let value = self.make(id, at)?;
        self.floats.borrow_mut().insert(key, value);
        Ok(value)
    }

    fn make(&self, id: NodeId, at: &[Affine]) -> Outcome<Value<'k>> {
        if self.graph().ty(id).kind.is_whole() {
            return self.integer(id, at).map(Value::from_integer);
        }
        if let Some(access) = self.located(id, at) {
            return Ok(self.recorder.load(access));
        }
        match self.graph().op(id) {
            Op::Leaf(leaf) => self.leaf(id, leaf),
            Op::Unary(op, x) => {
                let x = self.float(*x, at)?;
                Ok(self.unary(*op, x))
            }
            Op::Binary(op, x, y) => self.binary(*op, *x, *y, at),
            Op::Select { condition, yes, no } => {
                let (c, yes, no) = (self.float(*condition, at)?, self.float(*yes, at)?, self.float(*no, at)?);
                Ok(Value::select(c.holds(), yes, no))
            }
            Op::View(view) => self.view(view.x, &view.rows, &view.shape, at),
            Op::Reshape { x, shape } => self.reshape(*x, shape, at),
            Op::OneHot { index, .. } => {
                let (last, rest) = at.split_last().unwrap_or((&at[0], &[]));
                if self.lane.is_some_and(|lane| rest.iter().any(|a| a.uses(lane))) {
                    self.irregular.set(self.irregular.get() + 1);
                }
                let place = self.recorder.index(last.clone());
                let zero = self.recorder.number(0.0);
                Ok(truth(zero, place.equal(self.integer(*index, rest)?)))
            }
            Op::Gather { table, index, shared } => match self.gathered(*table, *index, *shared, at)? {
                Ok(access) => Ok(self.recorder.load(access)),
                // A table that stands nowhere is the same number in every row.
                Err(_) => match self.graph().constant_of(*table) {
                    Some(value) => Ok(self.recorder.number(value)),
                    None => Err(self.stands_nowhere(*table)),
                },
            },
            Op::Element { of, x } => {
                let place = self.place(*of);
                let full = self.with_place(*x, at, place);
                self.float(*x, &full)
            }
            // It stands where the body left it, or is the same in every round.
            Op::Last { x, .. } => self.float(*x, at),
            Op::Reduce { .. }
            | Op::Contract(_)
            | Op::Join { .. }
            | Op::ScatterAdd { .. }
            | Op::Named(..)
            | Op::BatchMean { .. }
            | Op::Stacked { .. } => Err(self.stands_nowhere(id)),
        }
    }
    /// What is made by a kernel of its own has to be in memory before it is read.
    fn stands_nowhere(&self, id: NodeId) -> Refusal {
        Refusal { node: id, why: "is read and stands nowhere".into() }
    }

    /// Indices with that of a loop put in: behind the batch, else in front.
    pub fn with_place(&self, x: NodeId, at: &[Affine], place: LoopVariable) -> Vec<Affine> {
        let mut full = at.to_vec();
        let axis = usize::from(self.graph().shape(x).first() == Some(&BATCH));
        full.insert(axis, Affine::from(place));
        full
    }

    /// Where a value's element stands, if it stands in memory: in its own buffer, on a loop's stack, or where a loop left it.
    fn located(&self, id: NodeId, at: &[Affine]) -> Option<Access> {
        if self.own.contains(&id) {
            return None;
        }
        if let Some(stored) = self.memory.stored.get(&id) {
            return Some(self.access(stored, at));
        }
        let on_stack = |stack: NodeId, place: Affine| {
            let mut full = at.to_vec();
            full.insert(usize::from(self.graph().shape(stack).first() == Some(&BATCH)), place);
            self.access(&self.memory.stored[&stack], &full)
        };
        if let Some(&(of, stack)) = self.memory.stacks.get(&id) {
            return Some(on_stack(stack, Affine::from(self.place(of))));
        }
        let Op::Last { of, x } = self.graph().op(id) else { return None };
        match self.memory.stacks.get(x) {
            Some(&(_, stack)) => {
                let looped = self.graph().looped(*of);
                let last = if looped.reverse { 0 } else { looped.length as i64 - 1 };
                Some(on_stack(stack, Affine::from(last)))
            }
            None => self.located(*x, at),
        }
    }

    /// The row of a table that an index chooses; the index alone if the table stands nowhere.
    fn gathered(
        &self,
        table: NodeId,
        index: NodeId,
        shared: usize,
        at: &[Affine],
    ) -> Outcome<Result<Access, Integers<'k>>> {
        let rank = self.graph().shape(index).len();
        let row = self.integer(index, &at[..rank])?;
        if self.lane.is_some_and(|lane| at[..rank].iter().any(|a| a.uses(lane))) {
            self.irregular.set(self.irregular.get() + 1);
        }
        let mut full: Vec<Affine> = at[..shared].to_vec();
        full.push(Affine::from(0));
        full.extend(at[rank..].iter().cloned());
        let Some(access) = self.located(table, &full) else { return Ok(Err(row)) };
        let mut next = full.clone();
        next[shared] = Affine::from(1);
        let stride = self.located(table, &next).map_or(0, |a| a.index.constant - access.index.constant);
        Ok(Ok(access.row(row, stride as usize, self.graph().shape(table)[shared])))
    }

    /// A class or an index at these places.
    ///
    /// # Errors
    /// As `float`.
    pub fn integer(&self, id: NodeId, at: &[Affine]) -> Outcome<Integers<'k>> {
        if !self.graph().ty(id).kind.is_whole() {
            return self.float(id, at).map(|value| value.to_integer());
        }
        if let Some(access) = self.located(id, at) {
            return Ok(self.recorder.load_integer(access));
        }
        match self.graph().op(id) {
            Op::Leaf(leaf) => match leaf {
                Leaf::Iota(_) => Ok(self.recorder.index(at[0].clone())),
                Leaf::LoopIndex(of) => Ok(self.recorder.index(Affine::from(self.place(*of)))),
                Leaf::Constant(..)
                | Leaf::Table(..)
                | Leaf::Input(_)
                | Leaf::Parameter(_)
                | Leaf::State(_)
                | Leaf::Setting(_)
                | Leaf::Runtime(_)
                | Leaf::Binder(..)
                | Leaf::Draw(..)
                | Leaf::Hole(..) => Err(self.stands_nowhere(id)),
            },
            Op::View(view) => self.view_of_classes(view.x, &view.rows, &view.shape, at),
            Op::Reshape { x, shape } => self.integer(*x, &self.reshaped(*x, shape, at)),
            Op::Element { of, x } => {
                let place = self.place(*of);
                let full = self.with_place(*x, at, place);
                self.integer(*x, &full)
            }
            // The place that a loop was at last is known, and the loop is over.
            Op::Last { of, x } if *self.graph().op(*x) == Op::Leaf(Leaf::LoopIndex(*of)) => {
                let looped = self.graph().looped(*of);
                let last = if looped.reverse { 0 } else { looped.length.saturating_sub(1) };
                Ok(self.recorder.integer(last as i64))
            }
            Op::Last { x, .. } => self.integer(*x, at),
            Op::Select { condition, yes, no } => {
                let c = self.float(*condition, at)?;
                let (yes, no) = (self.integer(*yes, at)?, self.integer(*no, at)?);
                Ok(Integers::select(c.holds(), yes, no))
            }
            Op::Gather { table, index, shared } => match self.gathered(*table, *index, *shared, at)? {
                Ok(access) => Ok(self.recorder.load_integer(access)),
                // Of a list of places that stands nowhere, the row is what it has there.
                Err(row) if matches!(self.graph().op(*table), Op::Leaf(Leaf::Iota(_))) => Ok(row),
                Err(_) => Err(self.stands_nowhere(*table)),
            },
            Op::Unary(..)
            | Op::Binary(..)
            | Op::Reduce { .. }
            | Op::Contract(_)
            | Op::Join { .. }
            | Op::OneHot { .. }
            | Op::ScatterAdd { .. }
            | Op::Named(..)
            | Op::BatchMean { .. }
            | Op::Stacked { .. } => Err(self.stands_nowhere(id)),
        }
    }

    /// Where a stored value's element stands.
    pub fn access(&self, stored: &Stored, at: &[Affine]) -> Access {
        let mut index = Affine::from(stored.offset as i64);
        for (axis, place) in at.iter().enumerate() {
            index = index + place.clone() * stored.layout.strides[axis] as i64;
        }
        if let Some(lane) = self.lane {
            match index.coefficient(lane) {
                0 => {}
                1 if stored.layout.padded && stored.layout.innermost().is_some_and(|axis| at[axis].uses(lane)) => {
                    // Only a row read from its beginning has room for whole vectors at its end.
                    let inner = stored.layout.innermost().unwrap_or(0);
                    if at[inner] != Affine::from(lane) {
                        self.irregular.set(self.irregular.get() + 1);
                    }
                }
                _ => self.irregular.set(self.irregular.get() + 1),
            }
        }
        Access::new(stored.buffer, index)
    }

    fn leaf(&self, id: NodeId, leaf: &Leaf) -> Outcome<Value<'k>> {
        match leaf {
            Leaf::Constant(value, _) => Ok(self.recorder.number(value.0)),
            Leaf::Setting(number) => Ok(self.recorder.number(self.graph().settings[*number as usize].1)),
            Leaf::Runtime(what) => match self.memory.runtime.get(what) {
                Some(&buffer) => Ok(self.recorder.load(Access::new(buffer, Affine::from(0)))),
                None => Err(self.stands_nowhere(id)),
            },
            // Places are whole numbers; inputs, parameters, states, draws, lists and what loops carry are stored.
            Leaf::Iota(_)
            | Leaf::LoopIndex(_)
            | Leaf::Table(..)
            | Leaf::Input(_)
            | Leaf::Parameter(_)
            | Leaf::State(_)
            | Leaf::Binder(..)
            | Leaf::Draw(..)
            | Leaf::Hole(..) => Err(self.stands_nowhere(id)),
        }
    }

    pub fn unary(&self, op: UnaryOp, x: Value<'k>) -> Value<'k> {
        match (self.recorder.float(), op.lower.call) {
            (Float::F64, Some(call)) => self.recorder.call(call, &[x]),
            _ => (op.lower.record)(x),
        }
    }

    fn binary(&self, op: BinaryOp, x: NodeId, y: NodeId, at: &[Affine]) -> Outcome<Value<'k>> {
        // Small whole powers are products.
        if let Some(times) = op.repeats
            && let Some(exponent) = self.graph().constant_of(y)
            && exponent.fract() == 0.0
            && (1.0..=8.0).contains(&exponent)
        {
            return Ok(times.lower.repeated(self.float(x, at)?, exponent as u32));
        }
        if let Some(compare) = op.whole
            && [x, y].iter().all(|&x| self.graph().ty(x).kind.is_whole())
        {
            let holds = compare(self.integer(x, at)?, self.integer(y, at)?);
            return Ok(truth(self.recorder.number(0.0), holds));
        }
        let (x, y) = (self.float(x, at)?, self.float(y, at)?);
        Ok(match (self.recorder.float(), op.lower.call) {
            (Float::F64, Some(call)) => self.recorder.call(call, &[x, y]),
            _ => (op.lower.record)(x, y),
        })
    }

    /// The index that a row of a view gives, and whether a zero may be filled in there.
    fn row_index(&self, row: &Row, at: &[Affine]) -> (Affine, Option<(LoopVariable, i64)>) {
        let mut index = Affine::from(row.offset);
        for &(axis, c) in &row.terms {
            index = index + at[axis].clone() * c;
        }
        if row.divisor == 1 {
            return (index, None);
        }
        let (quotient, remainder) = self.recorder.divide(index, row.divisor as usize);
        (Affine::from(quotient), Some((remainder, row.divisor)))
    }

    fn view(&self, x: NodeId, rows: &[Row], shape: &[usize], at: &[Affine]) -> Outcome<Value<'k>> {
        let total = rows.iter().all(|row| row.is_total(shape));
        let parts: Vec<Part> = rows.iter().map(|row| self.row_index(row, at)).collect();
        let indices: Vec<Affine> = parts.iter().map(|p| p.0.clone()).collect();
        if total {
            return self.float(x, &indices);
        }
        if let Some(lane) = self.lane
            && rows
                .iter()
                .zip(&indices)
                .any(|(row, index)| !row.is_total(shape) && (index.uses(lane) || row.divisor != 1))
        {
            self.irregular.set(self.irregular.get() + 1);
        }
        match self.located(x, &indices) {
            Some(access) => Ok(self.recorder.load(guarded(access, rows, &parts, shape))),
            None => {
                // Not in memory: a leaf, which is the same everywhere or its own index.
                let value = self.float(x, &indices)?;
                Ok(Value::select(self.inside(rows, &parts, shape), value, self.recorder.number(0.0)))
            }
        }
    }

    fn view_of_classes(&self, x: NodeId, rows: &[Row], shape: &[usize], at: &[Affine]) -> Outcome<Integers<'k>> {
        let parts: Vec<Part> = rows.iter().map(|row| self.row_index(row, at)).collect();
        let indices: Vec<Affine> = parts.iter().map(|p| p.0.clone()).collect();
        if rows.iter().all(|row| row.is_total(shape)) {
            return self.integer(x, &indices);
        }
        if self.lane.is_some_and(|lane| indices.iter().any(|i| i.uses(lane))) {
            self.irregular.set(self.irregular.get() + 1);
        }
        match self.located(x, &indices) {
            Some(access) => Ok(self.recorder.load_integer(guarded(access, rows, &parts, shape))),
            None => {
                let value = self.integer(x, &indices)?;
                Ok(Integers::select(self.inside(rows, &parts, shape), value, self.recorder.integer(0)))
            }
        }
    }

    /// Whether the indices of a view are inside of its operand.
    fn inside(&self, rows: &[Row], parts: &[Part], shape: &[usize]) -> Truth<'k> {
        let zero = self.recorder.integer(0);
        let mut inside = zero.equal(zero);
        for (row, (index, remainder)) in rows.iter().zip(parts) {
            if !row.is_total(shape) {
                let index = self.recorder.index(index.clone());
                let (low, high) = (self.recorder.integer(row.low), self.recorder.integer(row.high));
                inside = inside & !index.less(low) & index.less(high);
            }
            if let Some((remainder, _)) = remainder {
                inside = inside & self.recorder.index(Affine::from(*remainder)).equal(zero);
            }
        }
        inside
    }

    fn reshape(&self, x: NodeId, shape: &[usize], at: &[Affine]) -> Outcome<Value<'k>> {
        let from = self.graph().shape(x);
        let dense = self.memory.stored.get(&x).filter(|s| !s.layout.padded && !self.own.contains(&x));
        if let Some(stored) = dense
            && !only_ones_differ(from, shape)
        {
            // The same element stands at the same place behind the batch.
            let flat = flattened(shape, at) + stored.offset as i64;
            if self.lane.is_some_and(|lane| flat.uses(lane)) {
                self.irregular.set(self.irregular.get() + 1);
            }
            return Ok(self.recorder.load(Access::new(stored.buffer, flat)));
        }
        self.float(x, &self.reshaped(x, shape, at))
    }

    /// The indices of a value that is seen in another shape.
    fn reshaped(&self, x: NodeId, shape: &[usize], at: &[Affine]) -> Vec<Affine> {
        let from = self.graph().shape(x);
        if only_ones_differ(from, shape) {
            return moved_ones(from, shape, at);
        }
        let batched = usize::from(shape.first() == Some(&BATCH));
        let mut rest = flattened(&shape[batched..], &at[batched..]);
        if self.lane.is_some_and(|lane| rest.uses(lane)) {
            self.irregular.set(self.irregular.get() + 1);
        }
        let mut indices: Vec<Affine> = at[..batched].to_vec();
        for axis in batched..from.len() {
            let size: usize = from[axis + 1..].iter().product();
            if size <= 1 && axis + 1 == from.len() {
                indices.push(rest.clone());
                break;
            }
            let (quotient, remainder) = self.recorder.divide(rest, size.max(1));
            indices.push(Affine::from(quotient));
            rest = Affine::from(remainder);
        }
        indices
    }
}

/// An index of a view's operand, and the remainder of a division with its divisor.
type Part = (Affine, Option<(LoopVariable, i64)>);

/// An access that gives zero outside of a view's operand.
fn guarded(mut access: Access, rows: &[Row], parts: &[Part], shape: &[usize]) -> Access {
    for (row, (index, remainder)) in rows.iter().zip(parts) {
        if !row.is_total(shape) {
            access = access.within(index.clone(), row.low, row.high);
        }
        if let Some((remainder, _)) = remainder {
            access = access.within(*remainder, 0, 1);
        }
    }
    access
}

/// The place of an element among all, row by row.
fn flattened(shape: &[usize], at: &[Affine]) -> Affine {
    let mut flat = Affine::from(0);
    let mut size = 1;
    for axis in (0..shape.len()).rev() {
        flat = flat + at[axis].clone() * size;
        size *= if shape[axis] == BATCH { 1 } else { shape[axis] as i64 };
    }
    flat
}

/// Indices of a shape from those of another one that differs by axes of extent 1.
fn moved_ones(to: &[usize], from: &[usize], at: &[Affine]) -> Vec<Affine> {
    let mut real = at.iter().zip(from).filter(|(_, n)| **n != 1).map(|(a, _)| a.clone());
    to.iter().map(|&n| if n == 1 { Affine::from(0) } else { real.next().unwrap_or_default() }).collect()
}
