//! Each class of nodes on one example's arrays, written as its definition reads.
#![deny(clippy::wildcard_enum_match_arm)]
use super::scalar::Scalar;
use crate::graph::{Contraction, Graph, Kind, NodeId, Op, View};
use crate::op::{Linearity, ReduceOp};

/// The value of an operation on arrays whose elements `get` gives row by row. Leaves, loops, named functions and means over
/// the batch are the evaluator's own.
///
/// # Errors
/// An index is not a whole number below its bound.
pub fn value<'v, T: Scalar + 'v>(graph: &Graph, id: NodeId, get: impl Fn(NodeId) -> &'v [T]) -> Result<Vec<T>, String> {
    let shape = |x: NodeId| graph.shape(x);
    match graph.op(id) {
        Op::Unary(op, x) => Ok(get(*x).iter().map(|&x| T::unary(op, x)).collect()),
        Op::Binary(op, x, y) => {
            let is_number = [*x, *y].map(|x| graph.is_made_of_numbers(x));
            // A condition as a factor chooses: where it does not hold, the product is zero, whatever the other factor is.
            let is_truth = |x: NodeId| graph.ty(x).kind == Kind::Bool || graph.truth_of(x).is_some();
            let is_linear = [matches!(op.linear, Linearity::Each | Linearity::First), op.linear == Linearity::Each];
            let chooses = [(*x, is_linear[0]), (*y, is_linear[1])].map(|(x, linear)| linear && is_truth(x));
            let of_each = |(&x, &y): (&T, &T)| {
                let is_left_out = chooses[0] && x.value() == 0.0 || chooses[1] && y.value() == 0.0;
                if is_left_out { T::constant(0.0) } else { T::binary(op, x, y, is_number) }
            };
            Ok(get(*x).iter().zip(get(*y)).map(of_each).collect())
        }
        Op::Select { condition, yes, no } => {
            let branches = get(*yes).iter().zip(get(*no));
            Ok(get(*condition)
                .iter()
                .zip(branches)
                .map(|(&c, (&y, &n))| if c.value() != 0.0 { y } else { n })
                .collect())
        }
        Op::Reduce { op, axes, x } => Ok(reduce(*op, axes, shape(*x), get(*x))),
        Op::Contract(c) => Ok(contract(c, (shape(c.a), get(c.a)), (shape(c.b), get(c.b)))),
        Op::View(view) => Ok(self::view(view, shape(view.x), get(view.x))),
        Op::Reshape { x, .. } => Ok(get(*x).to_vec()),
        Op::Join { axis, parts } => {
            let outer: usize = shape(id)[..*axis].iter().product();
            let mut out = vec![];
            for row in 0..outer {
                for &part in parts {
                    let length: usize = shape(part)[*axis..].iter().product();
                    out.extend(&get(part)[row * length..(row + 1) * length]);
                }
            }
            Ok(out)
        }
        Op::OneHot { index, size } => {
            let mut out = vec![T::constant(0.0); get(*index).len() * size];
            for (row, &i) in get(*index).iter().enumerate() {
                out[row * size + whole(i.value(), *size)?] = T::constant(1.0);
            }
            Ok(out)
        }
        Op::Gather { table, index, shared } => {
            let rest: usize = shape(*table)[shared + 1..].iter().product();
            let size = shape(*table)[*shared];
            let each: usize = shape(*index)[*shared..].iter().product();
            let mut out = vec![];
            for (k, &i) in get(*index).iter().enumerate() {
                let row = (k / each) * size + whole(i.value(), size)?;
                out.extend(&get(*table)[row * rest..(row + 1) * rest]);
            }
            Ok(out)
        }
        Op::ScatterAdd { index, values, shared, size } => {
            let rest: usize = shape(*values)[shape(*index).len()..].iter().product();
            let each: usize = shape(*index)[*shared..].iter().product();
            let mut out = vec![T::constant(0.0); shape(id).iter().product()];
            for (k, &i) in get(*index).iter().enumerate() {
                let row = (k / each) * size + whole(i.value(), *size)?;
                for r in 0..rest {
                    out[row * rest + r] = out[row * rest + r].plus(get(*values)[k * rest + r]);
                }
            }
            Ok(out)
        }
        Op::Leaf(_)
        | Op::Named(..)
        | Op::BatchMean { .. }
        | Op::Element { .. }
        | Op::Last { .. }
        | Op::Stacked { .. } => Err(format!("%{} has no value by itself", id.0)),
    }
}

/// A reduction; an index is that of the first greatest or least element.
pub fn reduce<T: Scalar>(op: ReduceOp, axes: &[usize], shape: &[usize], x: &[T]) -> Vec<T> {
    let kept: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
    let extents = |of: &[usize]| -> Vec<usize> { of.iter().map(|&a| shape[a]).collect() };
    let number = extents(axes).iter().product::<usize>();
    let mut out = vec![];
    each_index(&extents(&kept), |outer| {
        let mut sum = T::constant(op.row().initial);
        let mut pick = 0.0;
        let mut at = vec![0; shape.len()];
        kept.iter().zip(outer).for_each(|(&axis, &i)| at[axis] = i);
        each_index(&extents(axes), |inner| {
            axes.iter().zip(inner).for_each(|(&axis, &i)| at[axis] = i);
            let value = x[flat(shape, &at)];
            let next = T::combined(op, sum, value);
            if next.value() != sum.value() {
                pick = inner.first().map_or(0.0, |&i| i as f64);
            }
            sum = next;
        });
        out.push(match op {
            ReduceOp::Argmax | ReduceOp::Argmin => T::constant(pick),
            ReduceOp::Mean => sum.over(number as f64),
            ReduceOp::Sum | ReduceOp::Product | ReduceOp::Max | ReduceOp::Min => sum,
        });
    });
    out
}

fn contract<T: Scalar>(c: &Contraction, (a_shape, a): (&[usize], &[T]), (b_shape, b): (&[usize], &[T])) -> Vec<T> {
    let extents = c.extents(a_shape, b_shape);
    let summed = c.summed();
    let of = |labels: &[u8]| -> Vec<usize> { labels.iter().map(|&l| extents[l as usize]).collect() };
    let mut at = vec![0; extents.len()];
    let mut out = vec![];
    each_index(&of(&c.out_axes), |outer| {
        c.out_axes.iter().zip(outer).for_each(|(&l, &i)| at[l as usize] = i);
        let mut sum = T::constant(0.0);
        each_index(&of(&summed), |inner| {
            summed.iter().zip(inner).for_each(|(&l, &i)| at[l as usize] = i);
            let place =
                |axes: &[u8], shape: &[usize]| axes.iter().zip(shape).fold(0, |sum, (&l, n)| sum * n + at[l as usize]);
            sum = sum.plus(a[place(&c.a_axes, a_shape)].times(b[place(&c.b_axes, b_shape)]));
        });
        out.push(sum);
    });
    out
}

fn view<T: Scalar>(view: &View, shape: &[usize], x: &[T]) -> Vec<T> {
    let mut out = vec![];
    each_index(&view.shape, |at| {
        let place = view.rows.iter().zip(shape).try_fold(0, |sum, (row, n)| row.index(at).map(|i| sum * n + i));
        out.push(place.map_or(T::constant(0.0), |place| x[place]));
    });
    out
}

/// The index that a number stands for.
fn whole(value: f64, size: usize) -> Result<usize, String> {
    if value.fract() == 0.0 && value >= 0.0 && value < size as f64 {
        Ok(value as usize)
    } else {
        Err(format!("the index {value} is not a whole number from 0 to {}", size as i64 - 1))
    }
}

/// All indices of a shape, row by row.
pub fn each_index(shape: &[usize], mut f: impl FnMut(&[usize])) {
    if shape.contains(&0) {
        return;
    }
    let mut at = vec![0; shape.len()];
    loop {
        f(&at);
        let Some(axis) = (0..shape.len()).rev().find(|&k| at[k] + 1 < shape[k]) else { return };
        at[axis] += 1;
        at[axis + 1..].fill(0);
    }
}

/// The place of an element, row by row.
fn flat(shape: &[usize], at: &[usize]) -> usize {
    at.iter().zip(shape).fold(0, |sum, (i, n)| sum * n + i)
}
