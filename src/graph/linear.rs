//! Linear maps: what the differential of each class of nodes is made of. Forward mode applies a map to the tangent of one operand, reverse
//! mode applies its transpose to the cotangent of the node; both are made here, from one description.
//!
//! A map's coefficients are nodes, so derivatives of any order are closed under it.
use super::template::Formula;
use super::{Contraction, Graph, NamedOp, NodeId, Op, Shape, View, ordered};
use crate::op::ReduceOp;

/// The map from a tangent of one operand to its share of the node's tangent.
#[derive(Clone, Debug)]
pub enum Linear {
    /// `t ↦ f′ t`, element by element, by the formula of a row: its own transpose.
    Slope(Formula),
    /// The tangent where the condition is `side`, else zero: its own transpose.
    Choose { condition: NodeId, side: bool },
    /// The sum over axes; the other way each element gets the sum's.
    Sum { axes: Vec<usize> },
    /// The mean over axes.
    Mean { axes: Vec<usize> },
    /// The element at an index along axes that are taken as one, which comes last.
    Pick { index: NodeId, axes: Vec<usize> },
    /// `t ↦ Σ c t` over axes; the coefficients have the operand's shape.
    Weighted { coefficients: NodeId, axes: Vec<usize> },
    /// A contraction with the other operand in its place; this operand stands first or second.
    Product { contraction: Contraction, first: bool },
    /// A view of the tangent; its own `x` is not looked at.
    View(View),
    /// The same elements in another shape.
    Reshape { shape: Shape },
    /// A part of a join of this extent, from `start` on along the axis.
    Part { axis: usize, start: usize, whole: usize },
    /// Rows of a table; `size` is how many it has.
    Gather { index: NodeId, shared: usize, size: usize },
    /// Rows added up in a table.
    Scatter { index: NodeId, shared: usize, size: usize },
    /// The order of the keys, along the last axis.
    Order { keys: NodeId },
    /// Running sums along the last axis.
    Prefix,
    /// `t ↦ p ⊙ (t − ⟨p, t⟩)` along the last axis: its own transpose.
    Softmax { p: NodeId },
    /// `t ↦ t − ⟨p, t⟩` along the last axis; the other way `d ↦ d − p Σ d`.
    Centred { p: NodeId },
    /// The mean over the examples, and over axes of each; the other way every example gets the mean of what they give.
    Examples { axes: Vec<usize> },
}

/// What a picked element's cotangent is at every place of the operand, and whether that place was picked.
pub fn picked(graph: &mut Graph, index: NodeId, axes: &[usize], d: NodeId, shape: &[usize]) -> (NodeId, NodeId) {
    let (wide, hot) = picked_flat(graph, index, axes, d, shape);
    (back_in_place(graph, wide, shape, axes), back_in_place(graph, hot, shape, axes))
}

/// The same with all of the axes as the last one.
fn picked_flat(graph: &mut Graph, index: NodeId, axes: &[usize], d: NodeId, shape: &[usize]) -> (NodeId, NodeId) {
    let count = axes.iter().map(|&a| shape[a]).product();
    let hot = graph.one_hot(index, count);
    let flat = graph.shape(hot).to_vec();
    (graph.along_last(d, &flat), hot)
}

impl Linear {
    /// The share of an operand with this tangent in the tangent of the node, which has the given shape.
    pub fn apply(&self, graph: &mut Graph, t: NodeId, shape: &[usize]) -> NodeId {
        match self {
            Linear::Slope(formula) => formula.of(graph, t),
            Linear::Choose { condition, side } => chosen(graph, *condition, *side, t),
            Linear::Sum { axes } => graph.sum(axes, t),
            Linear::Mean { axes } => graph.reduce(ReduceOp::Mean, axes, t),
            Linear::Pick { index, axes } => {
                let flat = behind(graph, t, axes);
                let shared = graph.shape(*index).len();
                graph.gather(flat, *index, shared)
            }
            Linear::Weighted { coefficients, axes } => match axes[..] {
                [axis] if axis + 1 == graph.shape(t).len() => dot_last(graph, *coefficients, t),
                _ => {
                    let product = graph.multiply(*coefficients, t);
                    graph.sum(axes, product)
                }
            },
            Linear::Product { contraction: c, first: true } => {
                graph.intern(Op::Contract(Contraction { a: t, ..c.clone() }))
            }
            Linear::Product { contraction: c, first: false } => {
                graph.intern(Op::Contract(Contraction { b: t, ..c.clone() }))
            }
            Linear::View(view) => graph.intern(Op::View(View { x: t, ..view.clone() })),
            Linear::Reshape { shape } => graph.reshape(t, shape),
            Linear::Part { axis, start, whole } => {
                let extent = graph.shape(t)[*axis];
                graph.pad(t, *axis, *start, whole - start - extent)
            }
            Linear::Gather { index, shared, .. } => graph.gather(t, *index, *shared),
            Linear::Scatter { index, shared, size } => graph.scatter_add(*index, t, *shared, *size),
            Linear::Order { keys } => graph.named(NamedOp(&ordered::SORT_BY), &[t, *keys]),
            Linear::Prefix => graph.named(NamedOp(&ordered::CUMSUM), &[t]),
            Linear::Softmax { p } => {
                let centred = centred(graph, *p, t);
                graph.multiply(*p, centred)
            }
            Linear::Centred { p } => centred(graph, *p, t),
            Linear::Examples { axes } => {
                let mean = graph.intern(Op::BatchMean { x: t, axes: axes.clone() });
                debug_assert_eq!(graph.shape(mean), shape);
                mean
            }
        }
    }

    /// What a cotangent of the node gives to the operand, which has the given shape.
    pub fn transpose(&self, graph: &mut Graph, d: NodeId, shape: &[usize]) -> NodeId {
        match self {
            Linear::Slope(formula) => formula.of(graph, d),
            Linear::Choose { condition, side } => chosen(graph, *condition, *side, d),
            Linear::Sum { axes } => spread(graph, d, shape, axes),
            Linear::Mean { axes } => {
                let wide = spread(graph, d, shape, axes);
                let count: usize = axes.iter().map(|&a| shape[a]).product();
                let n = graph.constant(count as f64, shape);
                graph.divide(wide, n)
            }
            Linear::Pick { index, axes } => {
                let (wide, hot) = picked_flat(graph, *index, axes, d, shape);
                let share = graph.multiply(wide, hot);
                back_in_place(graph, share, shape, axes)
            }
            Linear::Weighted { coefficients, axes } => {
                let wide = spread(graph, d, shape, axes);
                graph.multiply(wide, *coefficients)
            }
            Linear::Product { contraction: c, first: true } => {
                graph.contract(d, c.b, &c.out_axes, &c.b_axes, &c.a_axes)
            }
            Linear::Product { contraction: c, first: false } => {
                // The cotangent first where it leads the result: `δ xᵀ`, `wᵀ δ` are told apart when printing.
                if c.b_axes.first().is_some_and(|l| c.out_axes.contains(l)) {
                    graph.contract(d, c.a, &c.out_axes, &c.a_axes, &c.b_axes)
                } else {
                    graph.contract(c.a, d, &c.a_axes, &c.out_axes, &c.b_axes)
                }
            }
            Linear::View(view) => view_adjoint(graph, view, d, shape),
            Linear::Reshape { .. } => graph.reshape(d, shape),
            Linear::Part { axis, start, .. } => graph.slice(d, *axis, *start, 1, shape[*axis]),
            Linear::Gather { index, shared, size } => gather_adjoint(graph, *index, d, *shared, *size, shape),
            Linear::Scatter { index, shared, .. } => graph.gather(d, *index, *shared),
            Linear::Order { keys } => ordered::put_back(graph, d, *keys),
            Linear::Prefix => {
                let (axis, n) = (shape.len() - 1, shape[shape.len() - 1]);
                let back = graph.slice(d, axis, n - 1, -1, n);
                let sums = graph.named(NamedOp(&ordered::CUMSUM), &[back]);
                graph.slice(sums, axis, n - 1, -1, n)
            }
            Linear::Softmax { .. } => self.apply(graph, d, shape),
            Linear::Centred { p } => {
                let sum = graph.sum(&[shape.len() - 1], d);
                let sum = graph.along_last(sum, shape);
                let share = graph.multiply(*p, sum);
                graph.subtract(d, share)
            }
            Linear::Examples { axes } => {
                let mut d = if graph.ty(d).varying { graph.batch_mean(d) } else { d };
                // Within an example it is a mean like others.
                let count: usize = axes.iter().map(|&a| shape[a]).product();
                if count != 1 {
                    let own = graph.shape(d).to_vec();
                    let n = graph.constant(count as f64, &own);
                    d = graph.divide(d, n);
                }
                spread(graph, d, shape, axes)
            }
        }
    }

    /// Whether zero is mapped to zero whatever the coefficients are: none of them is multiplied by, or they are finite.
    pub fn keeps_zeros(&self) -> bool {
        match self {
            // Rows say so of themselves.
            Linear::Slope(_) => false,
            Linear::Weighted { .. } | Linear::Product { .. } | Linear::Softmax { .. } | Linear::Centred { .. } => false,
            Linear::Choose { .. }
            | Linear::Sum { .. }
            | Linear::Mean { .. }
            | Linear::Pick { .. }
            | Linear::View(_)
            | Linear::Reshape { .. }
            | Linear::Part { .. }
            | Linear::Gather { .. }
            | Linear::Scatter { .. }
            | Linear::Order { .. }
            | Linear::Prefix
            | Linear::Examples { .. } => true,
        }
    }
}

/// The tangent of a node of this shape from the maps of its operands and their tangents, at least one of which is there. Parts of a join and sides
/// of a choice stand beside each other, what else there is is added.
pub fn applied(graph: &mut Graph, maps: &[(Linear, NodeId, Option<NodeId>)], shape: &[usize]) -> Option<NodeId> {
    maps.iter().find(|map| map.2.is_some())?;
    let zero_like = |graph: &mut Graph, x: NodeId| {
        let shape = graph.shape(x).to_vec();
        graph.constant(0.0, &shape)
    };
    match maps {
        [(Linear::Choose { condition, side: true }, yes, t), (Linear::Choose { .. }, no, u)] => {
            let t = t.unwrap_or_else(|| zero_like(graph, *yes));
            let u = u.unwrap_or_else(|| zero_like(graph, *no));
            Some(graph.select(*condition, t, u))
        }
        [(Linear::Part { axis, .. }, ..), ..] => {
            let parts: Vec<NodeId> = maps.iter().map(|(_, x, t)| t.unwrap_or_else(|| zero_like(graph, *x))).collect();
            Some(graph.join(*axis, &parts))
        }
        _ => {
            let shares: Vec<NodeId> =
                maps.iter().filter_map(|(map, _, t)| t.map(|t| map.apply(graph, t, shape))).collect();
            shares.into_iter().reduce(|a, b| graph.add(a, b))
        }
    }
}

fn chosen(graph: &mut Graph, condition: NodeId, side: bool, x: NodeId) -> NodeId {
    let shape = graph.shape(x).to_vec();
    let zero = graph.constant(0.0, &shape);
    if side { graph.select(condition, x, zero) } else { graph.select(condition, zero, x) }
}

/// `t − ⟨p, t⟩` along the last axis.
fn centred(graph: &mut Graph, p: NodeId, t: NodeId) -> NodeId {
    let shape = graph.shape(t).to_vec();
    let inner = dot_last(graph, t, p);
    let inner = graph.along_last(inner, &shape);
    graph.subtract(t, inner)
}

/// The sum over the last axis of a product.
pub(super) fn dot_last(g: &mut Graph, x: NodeId, y: NodeId) -> NodeId {
    let n = g.shape(x).len() as u8;
    let axes: Vec<u8> = (0..n).collect();
    g.contract(x, y, &axes, &axes, &axes[..n as usize - 1])
}

/// `d`, of a shape without `axes`, repeated along them to this shape.
pub fn spread(graph: &mut Graph, d: NodeId, shape: &[usize], axes: &[usize]) -> NodeId {
    let kept: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
    if kept.len() == shape.len() {
        return d;
    }
    graph.expand_at(d, shape, &kept)
}

/// The cotangent of a view's operand, of this shape.
pub fn view_adjoint(graph: &mut Graph, view: &View, d: NodeId, shape: &[usize]) -> NodeId {
    let seen = view.with_pivots();
    let d = if seen.shape.len() > view.shape.len() { graph.reshape(d, &seen.shape) } else { d };
    debug_assert!(seen.has_adjoint(shape), "a view that was narrowed has no adjoint of this form");
    let (adjoint, summed) = seen.adjoint(d, shape);
    // What only selects itself whole is no view.
    let whole =
        adjoint.shape == graph.shape(d) && adjoint.as_permutation(graph.shape(d)).is_some_and(|o| o.is_sorted());
    let spread = if whole { d } else { graph.intern(Op::View(adjoint)) };
    graph.sum(&summed, spread)
}

fn gather_adjoint(graph: &mut Graph, index: NodeId, d: NodeId, shared: usize, size: usize, table: &[usize]) -> NodeId {
    let is_of_numbers = graph.shape(index).len() == shared && table.len() == shared + 1;
    if is_of_numbers {
        let hot = graph.one_hot(index, size);
        let wide = graph.along_last(d, table);
        return graph.multiply(wide, hot);
    }
    graph.scatter_add(index, d, shared, size)
}

/// The order in which these axes come behind the others.
fn order_behind(depth: usize, axes: &[usize]) -> Vec<usize> {
    (0..depth).filter(|a| !axes.contains(a)).chain(axes.iter().copied()).collect()
}

/// These axes brought together as the last one, so that what is first among them has one index.
pub fn behind(graph: &mut Graph, x: NodeId, axes: &[usize]) -> NodeId {
    let shape = graph.shape(x).to_vec();
    let order = order_behind(shape.len(), axes);
    let moved = graph.permute(x, &order);
    let mut flat: Vec<usize> = order[..shape.len() - axes.len()].iter().map(|&a| shape[a]).collect();
    flat.push(axes.iter().map(|&a| shape[a]).product());
    graph.reshape(moved, &flat)
}

/// The reverse of `behind`, for a value of that shape.
pub fn back_in_place(graph: &mut Graph, x: NodeId, shape: &[usize], axes: &[usize]) -> NodeId {
    let order = order_behind(shape.len(), axes);
    let moved: Vec<usize> = order.iter().map(|&a| shape[a]).collect();
    let unflattened = graph.reshape(x, &moved);
    let back: Vec<usize> = (0..shape.len()).map(|a| order.iter().position(|&o| o == a).unwrap_or(a)).collect();
    graph.permute(unflattened, &back)
}
