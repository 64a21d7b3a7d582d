//! The kernels of a plan: element-wise groups, reductions, products as loops, joins, scatters and copies.
use super::emit::Emitter;
use super::memory::{Memory, Stored};
use super::refusal::Outcome;
use super::sums::{Cut, Sum, summed};
use crate::graph::{BATCH, Contraction, Kind, LoopId, NodeId};
use crate::kernel::{Access, Affine, Extent, Float, Integers, Kernel, Loop, LoopVariable, Recorder, Reducer, Value};
use crate::op::ReduceOp;
use crate::vector::lanes::Lanes;
use std::cell::RefCell;

/// A kernel and the loops around it whose places it is given.
pub struct Written {
    pub kernel: Kernel,
    pub places: Vec<LoopId>,
}

/// The loops around a kernel whose places it is given, with the variables for them.
pub(super) type Rounds = RefCell<Vec<(LoopId, LoopVariable)>>;

/// Work below this many elements is not divided among threads: a barrier costs as much as some thousand of them.
pub const DIVIDED_ELEMENTS: usize = 16_384;

/// What each irregular access or index costs where vectors are used all the same, in instructions on vectors: each lane has an address of its own, is
/// loaded and put into its place.
const APART: usize = 6;

fn over(extent: usize) -> Loop {
    Loop::over(if extent == BATCH { Extent::Batch } else { Extent::Fixed(extent) })
}

/// How the innermost loop of a kernel runs.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Inner {
    /// Whole vectors into the rows' padding.
    Padded,
    /// Vectors and a tail.
    Lanes,
    Scalar,
}

/// Writes a kernel once to see whether all accesses are vectors of padded rows, then as it can be.
pub(super) fn written(
    name: &str,
    float: Float,
    write: &dyn Fn(&Recorder, Inner, &Rounds) -> Outcome<bool>,
) -> Outcome<Written> {
    written_in(&[Inner::Padded, Inner::Scalar], name, float, write)
}

/// Writes a kernel in the first of these ways in which no access is irregular, else in the last.
fn written_in<Way: Copy>(
    ways: &[Way],
    name: &str,
    float: Float,
    write: &dyn Fn(&Recorder, Way, &Rounds) -> Outcome<bool>,
) -> Outcome<Written> {
    let mut last = Written { kernel: Recorder::new(name, float).finish(), places: vec![] };
    for &way in ways {
        let recorder = Recorder::new(name, float);
        let loops = RefCell::new(vec![]);
        let irregular = write(&recorder, way, &loops)?;
        last = Written { kernel: recorder.finish(), places: loops.into_inner().into_iter().map(|l| l.0).collect() };
        if !irregular {
            break;
        }
    }
    Ok(last)
}

/// Loops over axes in this order, then the body, with the variable of each axis.
pub(super) fn nest(
    recorder: &Recorder,
    axes: &[(usize, usize)],
    inner: Inner,
    divided: bool,
    at: &mut Vec<(usize, LoopVariable)>,
    body: &mut dyn FnMut(&[(usize, LoopVariable)]) -> Outcome<()>,
) -> Outcome<()> {
    let Some((&(axis, extent), rest)) = axes.split_first() else { return body(at) };
    let mut looped = over(extent);
    if rest.is_empty() {
        looped = match inner {
            Inner::Padded => looped.padded_lanes(),
            Inner::Lanes => looped.lanes(),
            Inner::Scalar => looped,
        };
    }
    if divided && at.is_empty() {
        looped = looped.parallel();
    }
    let mut result = Ok(());
    recorder.for_each(looped, |variable| {
        at.push((axis, variable));
        result = nest(recorder, rest, inner, divided, at, body);
        at.pop();
    });
    result
}

/// Indices by axis from variables by axis.
pub(super) fn indices(rank: usize, at: &[(usize, LoopVariable)]) -> Vec<Affine> {
    (0..rank)
        .map(|axis| at.iter().find(|(a, _)| *a == axis).map_or(Affine::from(0), |(_, v)| Affine::from(*v)))
        .collect()
}

fn is_large(stored: &Stored) -> bool {
    stored.layout.elements >= DIVIDED_ELEMENTS
}

/// Writes a value there, as what is stored there: a whole number, or a float.
fn write(e: &Emitter, to: Access, kind: Kind, id: NodeId, at: &[Affine]) -> Outcome<()> {
    if kind.is_whole() {
        e.recorder.store_integer(to, e.integer(id, at)?);
    } else {
        e.recorder.store(to, e.float(id, at)?);
    }
    Ok(())
}

/// Where a value is stored, and under which indices from those of its own axes: a stack has that of its loop too.
pub struct Destination {
    pub id: NodeId,
    pub stored: Stored,
    /// The loop whose stack it is written into, with the stack's node.
    pub stack: Option<(LoopId, NodeId)>,
}

/// Values of one shape, computed element by element in one loop nest. All are computed before the first is stored: what one of them is
/// written over, the others may read. A value that goes elsewhere than where it lives is copied, as numbers.
pub fn pointwise(memory: &Memory, name: &str, float: Float, members: &[Destination]) -> Outcome<Written> {
    let own: Vec<NodeId> = members.iter().filter(|m| m.is_home(memory)).map(|m| m.id).collect();
    let kind = |m: &Destination| if m.is_home(memory) { memory.graph.ty(m.id).kind } else { Kind::Real };
    let first = &members[0];
    let shape = memory.graph.shape(first.id).to_vec();
    let axes = axes_of(memory, first, &shape);
    written_in(&[Inner::Padded, Inner::Lanes, Inner::Scalar], name, float, &|recorder, inner, loops| {
        let mut irregular = 0;
        nest(recorder, &axes, inner, members.iter().any(|m| is_large(&m.stored)), &mut vec![], &mut |at| {
            let lane = if inner == Inner::Scalar { None } else { at.last().map(|a| a.1) };
            let e = Emitter::new(recorder, memory, &own, lane, loops);
            let here = indices(shape.len(), at);
            for m in members.iter().filter(|m| !kind(m).is_whole()) {
                e.float(m.id, &here)?;
            }
            for m in members {
                write(&e, m.access(&e, &here), kind(m), m.id, &here)?;
            }
            irregular += e.irregular.get();
            Ok(())
        })?;
        Ok(match inner {
            Inner::Padded => irregular > 0,
            Inner::Lanes => irregular * APART > recorder.instructions(),
            Inner::Scalar => false,
        })
    })
}

/// The axes of a value in the order of its memory.
fn axes_of(memory: &Memory, to: &Destination, shape: &[usize]) -> Vec<(usize, usize)> {
    let skip = to.rounds(memory);
    to.stored
        .layout
        .order
        .iter()
        .filter(|&&axis| Some(axis) != skip)
        .map(|&axis| if skip.is_some_and(|s| axis > s) { axis - 1 } else { axis })
        .map(|axis| (axis, shape[axis]))
        .collect()
}

impl Destination {
    /// Whether it is where the value lives, and not a copy of it.
    fn is_home(&self, memory: &Memory) -> bool {
        self.stack.is_some() || memory.stored.get(&self.id).is_some_and(|home| home.buffer == self.stored.buffer)
    }
    /// Where the element at these indices of the value goes.
    pub(super) fn access(&self, e: &Emitter, at: &[Affine]) -> Access {
        match self.stack {
            None => e.access(&self.stored, at),
            Some((of, stack)) => e.access(&self.stored, &e.with_place(stack, at, e.place(of))),
        }
    }
    /// The axis of a stack that is none of the value's: that of the rounds, behind the batch.
    fn rounds(&self, memory: &Memory) -> Option<usize> {
        self.stack.map(|(_, stack)| usize::from(memory.graph.shape(stack).first() == Some(&BATCH)))
    }
    /// How far the value's neighbours along one of its axes are apart.
    pub(super) fn stride(&self, memory: &Memory, axis: usize) -> usize {
        self.stored.layout.strides[axis + usize::from(self.rounds(memory).is_some_and(|rounds| axis >= rounds))]
    }
}

/// A reduction: loops over what is left, and inside over what goes.
pub fn reduction(
    memory: &Memory,
    name: &str,
    float: Float,
    to: &Destination,
    op: ReduceOp,
    axes: &[usize],
    x: NodeId,
) -> Outcome<Written> {
    let shape = memory.graph.shape(to.id).to_vec();
    let x_shape = memory.graph.shape(x).to_vec();
    let kept: Vec<usize> = (0..x_shape.len()).filter(|a| !axes.contains(a)).collect();
    let outer = axes_of(memory, to, &shape);
    let reduced: Vec<(usize, usize)> = axes.iter().map(|&a| (a, x_shape[a])).collect();
    // Lanes run along the last axis that is left, if the elements of the operand are neighbours there; else along the last reduced one.
    let along_kept = !kept.is_empty()
        && kept.last() > axes.last()
        && outer.last().is_some_and(|o| kept[o.0] == kept[kept.len() - 1]);
    let pick = op.picks_index();
    written(name, float, &|recorder, inner, loops| {
        let outer_inner = if along_kept && !pick { inner } else { Inner::Scalar };
        let inner_inner = if along_kept || pick || inner == Inner::Scalar { Inner::Scalar } else { Inner::Lanes };
        let mut irregular = false;
        let divided = is_large(&to.stored)
            || x_shape.iter().map(|&n| if n == BATCH { 64 } else { n }).product::<usize>() >= DIVIDED_ELEMENTS;
        nest(recorder, &outer, outer_inner, divided && !outer.is_empty(), &mut vec![], &mut |at| {
            let lane_outside = if outer_inner == Inner::Scalar { None } else { at.last().map(|a| a.1) };
            let outside: Vec<(usize, LoopVariable)> = at.iter().map(|&(axis, v)| (kept[axis], v)).collect();
            let store = |total: Option<Value>, index: Option<Integers>| {
                let e = Emitter::new(recorder, memory, &[to.id], lane_outside, loops);
                let access = to.access(&e, &indices(shape.len(), at));
                match (total, index) {
                    (_, Some(index)) => recorder.store_integer(access, index),
                    (Some(total), None) if op == ReduceOp::Mean => {
                        recorder.store(access, total * inverse_count(&e, &reduced));
                    }
                    (Some(total), None) => recorder.store(access, total),
                    (None, None) => {}
                }
                lane_outside.is_some() && e.irregular.get() > 0
            };
            let best = match op {
                ReduceOp::Sum | ReduceOp::Mean => {
                    let cut = Cut::new(&reduced, inner_inner == Inner::Lanes, memory.batch);
                    let sum = Sum::of(recorder, &cut);
                    let lanes = |over: Loop| if inner_inner == Inner::Lanes { over.lanes() } else { over };
                    summed(recorder, &cut.turns, &lanes, sum, &mut vec![], None, &mut |inside, sum| {
                        let lane = if inner_inner == Inner::Lanes { inside.last().map(|a| a.1) } else { lane_outside };
                        let e = Emitter::new(recorder, memory, &[], lane, loops);
                        let all: Vec<(usize, LoopVariable)> = outside.iter().chain(inside).copied().collect();
                        sum.put(e.float(x, &indices(x_shape.len(), &all))?);
                        irregular |= inner_inner != Inner::Lanes && lane.is_some() && e.irregular.get() > 0;
                        Ok(())
                    })?;
                    irregular |= store(Some(sum.total()), None);
                    return Ok(());
                }
                ReduceOp::Product => recorder.accumulate(Reducer::Product, recorder.number(1.0)),
                ReduceOp::Max | ReduceOp::Argmax => {
                    recorder.accumulate(Reducer::Maximum, recorder.number(f64::NEG_INFINITY))
                }
                ReduceOp::Min | ReduceOp::Argmin => {
                    recorder.accumulate(Reducer::Minimum, recorder.number(f64::INFINITY))
                }
            };
            let index = pick.then(|| recorder.accumulate_integers(Reducer::Replace, recorder.integer(0)));
            nest(recorder, &reduced, inner_inner, false, &mut vec![], &mut |inside| {
                let lane = if inner_inner == Inner::Lanes { inside.last().map(|a| a.1) } else { lane_outside };
                let e = Emitter::new(recorder, memory, &[], lane, loops);
                let all: Vec<(usize, LoopVariable)> = outside.iter().chain(inside).copied().collect();
                let value = e.float(x, &indices(x_shape.len(), &all))?;
                if let Some(index) = index {
                    let better =
                        if op == ReduceOp::Argmax { value.greater(best.total()) } else { value.less(best.total()) };
                    let here = recorder.index(Affine::from(inside[0].1));
                    index.put(Integers::select(better, here, index.total()));
                }
                best.put(value);
                // Vectors with a tail may be anything; only rows that must be padded are not.
                irregular |= inner_inner != Inner::Lanes && lane.is_some() && e.irregular.get() > 0;
                Ok(())
            })?;
            irregular |= match index {
                Some(index) => store(None, Some(index.total())),
                None => store(Some(best.total()), None),
            };
            Ok(())
        })?;
        Ok(irregular)
    })
}

/// One over the number of elements that a mean is over.
fn inverse_count<'k>(e: &Emitter<'k, '_>, reduced: &[(usize, usize)]) -> Value<'k> {
    let fixed: f64 = reduced.iter().filter(|r| r.1 != BATCH).map(|r| r.1 as f64).product();
    let one = e.recorder.number(1.0 / fixed);
    if !reduced.iter().any(|r| r.1 == BATCH) {
        return one;
    }
    match e.memory.runtime.get(&crate::graph::Runtime::BatchSize) {
        Some(&buffer) => one / e.recorder.load(Access::new(buffer, Affine::from(0))),
        None => one,
    }
}

/// A product as a loop nest: for those that no tile fits. Lanes run along the rows of the result if both operands have their elements
/// there, else along the last axis that is summed: a matrix times a vector.
pub fn contraction(memory: &Memory, name: &str, float: Float, to: &Destination, c: &Contraction) -> Outcome<Written> {
    let (a_shape, b_shape) = (memory.graph.shape(c.a).to_vec(), memory.graph.shape(c.b).to_vec());
    let extents = c.extents(&a_shape, &b_shape);
    let shape = memory.graph.shape(to.id).to_vec();
    let outer = axes_of(memory, to, &shape);
    let labels: Vec<(usize, usize)> = c.summed().iter().map(|&l| (l as usize, extents[l as usize])).collect();
    let along_result = (Inner::Padded, Inner::Scalar);
    let along_sum = (Inner::Scalar, Inner::Lanes);
    let ways = [if outer.is_empty() { along_sum } else { along_result }, along_sum, (Inner::Scalar, Inner::Scalar)];
    written_in(&ways, name, float, &|recorder, (inner, inner_inner), loops| {
        let mut irregular = false;
        nest(recorder, &outer, inner, is_large(&to.stored), &mut vec![], &mut |at| {
            let lane_outside = if inner == Inner::Scalar { None } else { at.last().map(|a| a.1) };
            let cut = Cut::new(&labels, inner_inner == Inner::Lanes, memory.batch);
            let sum = Sum::of(recorder, &cut);
            let lanes = |over: Loop| if inner_inner == Inner::Lanes { over.lanes() } else { over };
            let outside: Vec<(usize, LoopVariable)> =
                at.iter().map(|&(axis, v)| (c.out_axes[axis] as usize, v)).collect();
            summed(recorder, &cut.turns, &lanes, sum, &mut vec![], None, &mut |inside, sum| {
                let lane = if inner_inner == Inner::Lanes { inside.last().map(|a| a.1) } else { lane_outside };
                let e = Emitter::new(recorder, memory, &[], lane, loops);
                let all: Vec<(usize, LoopVariable)> = outside.iter().chain(inside).copied().collect();
                let by_label = |axes: &[u8]| -> Vec<Affine> {
                    axes.iter()
                        .map(|&l| {
                            all.iter()
                                .find(|(x, _)| *x == l as usize)
                                .map_or(Affine::from(0), |(_, v)| Affine::from(*v))
                        })
                        .collect()
                };
                sum.put_product(e.float(c.a, &by_label(&c.a_axes))?, e.float(c.b, &by_label(&c.b_axes))?);
                irregular |= lane.is_some() && e.irregular.get() > 0;
                Ok(())
            })?;
            let e = Emitter::new(recorder, memory, &[to.id], lane_outside, loops);
            let here = indices(shape.len(), at);
            let access = to.access(&e, &here);
            irregular |= lane_outside.is_some() && e.irregular.get() > 0;
            recorder.store(access, sum.total());
            Ok(())
        })?;
        Ok(irregular)
    })
}

/// One part of a join: its elements, written from `start` on along the axis.
pub fn join_part(
    memory: &Memory,
    name: &str,
    float: Float,
    to: &Destination,
    axis: usize,
    start: usize,
    part: NodeId,
) -> Outcome<Written> {
    let shape = memory.graph.shape(part).to_vec();
    let axes = axes_of(memory, to, &shape);
    written(name, float, &|recorder, inner, loops| {
        let mut irregular = false;
        nest(recorder, &axes, inner, is_large(&to.stored), &mut vec![], &mut |at| {
            let lane = if inner == Inner::Scalar { None } else { at.last().map(|a| a.1) };
            let e = Emitter::new(recorder, memory, &[], lane, loops);
            let here = indices(shape.len(), at);
            let mut there = here.clone();
            there[axis] = there[axis].clone() + start as i64;
            let access = to.access(&e, &there);
            // A part's padding would run into the next part.
            irregular |= lane.is_some() && axis + 1 == shape.len();
            write(&e, access, memory.graph.ty(to.id).kind, part, &here)?;
            irregular |= e.irregular.get() > 0;
            Ok(())
        })?;
        Ok(irregular)
    })
}

/// Copies a value to where it is wanted, as what stands there: as numbers, classes too, or as whole numbers.
pub fn copy(memory: &Memory, name: &str, float: Float, to: &Stored, kind: Kind, from: NodeId) -> Outcome<Written> {
    let shape = memory.graph.shape(from).to_vec();
    let axes: Vec<(usize, usize)> = to.layout.order.iter().map(|&a| (a, shape[a])).collect();
    written(name, float, &|recorder, inner, loops| {
        let mut irregular = false;
        nest(recorder, &axes, inner, is_large(to), &mut vec![], &mut |at| {
            let lane = if inner == Inner::Scalar { None } else { at.last().map(|a| a.1) };
            let e = Emitter::new(recorder, memory, &[], lane, loops);
            let here = indices(shape.len(), at);
            let access = e.access(to, &here);
            write(&e, access, kind, from, &here)?;
            irregular |= e.irregular.get() > 0;
            Ok(())
        })?;
        Ok(irregular)
    })
}

/// Writes a value of this round onto its loop's stack.
pub fn push_on_stack(
    memory: &Memory,
    name: &str,
    float: Float,
    to: &Stored,
    of: LoopId,
    stack: NodeId,
    x: NodeId,
) -> Outcome<Written> {
    let shape = memory.graph.shape(x).to_vec();
    let destination = Destination { id: x, stored: to.clone(), stack: Some((of, stack)) };
    let axes = axes_of(memory, &destination, &shape);
    written(name, float, &|recorder, inner, loops| {
        let mut irregular = false;
        nest(recorder, &axes, inner, is_large(to), &mut vec![], &mut |at| {
            let lane = if inner == Inner::Scalar { None } else { at.last().map(|a| a.1) };
            let e = Emitter::new(recorder, memory, &[], lane, loops);
            let here = indices(shape.len(), at);
            let access = destination.access(&e, &here);
            write(&e, access, memory.graph.ty(stack).kind, x, &here)?;
            irregular |= e.irregular.get() > 0;
            Ok(())
        })?;
        Ok(irregular)
    })
}

/// The rows of this batch out of a table of all rows.
pub fn gather_input(
    name: &str,
    float: Float,
    to: &Stored,
    shape: &[usize],
    table: crate::kernel::BufferId,
    order: crate::kernel::BufferId,
    input: &super::InputBinding,
) -> Outcome<Written> {
    let recorder = Recorder::new(name, float);
    let mut result = Ok(());
    recorder.for_each(if input.row * 64 >= DIVIDED_ELEMENTS { Loop::batch().parallel() } else { Loop::batch() }, |b| {
        let row = recorder.load_integer(Access::new(order, b));
        let columns: Vec<(usize, usize)> = (1..shape.len()).map(|a| (a, shape[a])).collect();
        // Tables are dense: a row's elements follow each other.
        let strides: Vec<usize> = (1..shape.len()).map(|a| shape[a + 1..].iter().product()).collect();
        let vectors = to.layout.innermost().is_some_and(|i| i + 1 == shape.len() && i > 0);
        let inner = if vectors { Inner::Lanes } else { Inner::Scalar };
        result = nest(&recorder, &columns, inner, false, &mut vec![], &mut |at| {
            let mut from = Affine::from(0);
            let mut there = Affine::from(b) * to.layout.strides[0] as i64;
            for &(axis, v) in at {
                from = from + Affine::from(v) * strides[axis - 1] as i64;
                there = there + Affine::from(v) * to.layout.strides[axis] as i64;
            }
            let access = Access::new(table, from).row(row, input.row, usize::MAX >> 1);
            if input.kind.is_whole() {
                recorder.store_integer(Access::new(to.buffer, there), recorder.load_integer(access));
            } else {
                recorder.store(Access::new(to.buffer, there), recorder.load(access));
            }
            Ok(())
        });
    });
    result.map(|()| Written { kernel: recorder.finish(), places: vec![] })
}
