//! Rewrites that make a formula shorter on paper and change no number: a part of a whole is named by itself, parts that are
//! padded and added are put together.
use super::derivation::{Form, Request, Role, Titles, Wanted};
use crate::graph::rebuild::Rebuild;
use crate::graph::{Contraction, Graph, Kind, NodeId, Op, Row};
use crate::op::comparison::GREATER;
use crate::simplify::parts;

/// The graph to be printed, and the request in its terms.
pub fn prepared(graph: &Graph, request: &Request) -> (Graph, Request) {
    let mut roots: Vec<NodeId> = request.results.iter().map(|w| w.node).collect();
    roots.extend(&request.values);
    for (&node, roles) in &request.titles {
        roots.push(node);
        roots.extend(roles.iter().filter_map(Role::forward));
    }
    let outside = graph.names().map(|n| n.0).filter(|id| graph.node(*id).loops.is_empty());
    roots.extend(outside);
    let mut rebuild = Rebuild::new(graph);
    rebuild.run(&roots, |to, id, op| {
        // What has no name in the language is printed as what it stands for.
        if let Some(spelled) = to.spelled_out(&op) {
            return spelled;
        }
        // What has a name stays as it is: it is spoken of by it.
        let is_free = graph.name_of(id).is_none();
        let shorter = if is_free { parts::rewritten(to, &op) } else { None };
        let is_program = request.form == Form::Program;
        let new = shorter.or_else(|| if is_program { spread_out(to, &op) } else { None });
        // Parts of truth values that are added are numbers.
        let kind = graph.ty(id).kind;
        new.and_then(|new| to.as_kind(new, kind)).unwrap_or_else(|| to.intern(op))
    });
    let new = |id: NodeId| rebuild.get(id);
    let mut titles = Titles::default();
    for (&node, roles) in &request.titles {
        let roles = roles.iter().map(|role| match role {
            Role::Adjoint(forward) => Role::Adjoint(new(*forward)),
            other => other.clone(),
        });
        titles.entry(new(node)).or_default().extend(roles);
    }
    let request = Request {
        form: request.form,
        of: request.of.clone(),
        values: request.values.iter().map(|&id| new(id)).collect(),
        results: request.results.iter().map(|w| Wanted { node: new(w.node), left: w.left.clone() }).collect(),
        titles,
    };
    (rebuild.to, request)
}

/// What is read at every second place, as `δ[(p + 1) / 2]`, which no program can say: with zeros between its elements.
fn spread_out(to: &mut Graph, op: &Op) -> Option<NodeId> {
    let Op::View(view) = op else { return None };
    let mut view = view.clone();
    view.rows.iter().find(|row| row.divisor > 1)?;
    let kind = to.ty(view.x).kind;
    if kind.is_whole() {
        return None;
    }
    for axis in 0..view.rows.len() {
        let row = &mut view.rows[axis];
        if row.divisor > 1 {
            view.x = spread(to, view.x, axis, row.divisor as usize);
            *row =
                Row { divisor: 1, low: row.low * row.divisor, high: (row.high - 1) * row.divisor + 1, ..row.clone() };
        }
    }
    let spread = to.intern(Op::View(view));
    Some(match kind {
        // Between truth values are zeros, which are numbers.
        Kind::Bool => {
            let shape = to.shape(spread).to_vec();
            let zero = to.constant(0.0, &shape);
            to.binary(&GREATER, spread, zero)
        }
        Kind::Real | Kind::Index(_) | Kind::Class(..) => spread,
    })
}

/// A value with so many places for each along an axis, zeros but for the first; it gets a name. In a product it is the factor.
fn spread(to: &mut Graph, x: NodeId, axis: usize, apart: usize) -> NodeId {
    if let Op::Contract(c) = to.op(x).clone()
        && to.name_of(x).is_none()
    {
        let label = c.out_axes[axis];
        let places = [&c.a_axes, &c.b_axes].map(|axes| axes.iter().position(|&l| l == label));
        let [a, b] = match places {
            [Some(axis), None] => [spread(to, c.a, axis, apart), c.b],
            [None, Some(axis)] => [c.a, spread(to, c.b, axis, apart)],
            // The other factor is not looked at where one is zero.
            [Some(of_a), Some(of_b)] => [spread(to, c.a, of_a, apart), spread(to, c.b, of_b, apart)],
            [None, None] => [c.a, c.b],
        };
        return to.intern(Op::Contract(Contraction { a, b, ..c }));
    }
    let mut shape = to.shape(x).to_vec();
    let length = shape[axis];
    shape.insert(axis + 1, 1);
    let column = to.reshape(x, &shape);
    shape[axis + 1] = apart - 1;
    let zeros = to.constant(0.0, &shape);
    let column = to.join(axis + 1, &[column, zeros]);
    shape.remove(axis + 1);
    shape[axis] = length * apart;
    let wide = to.reshape(column, &shape);
    to.name(wide, SPREAD);
    wide
}

/// A value of an inner block is explained where it is first used, by the last word of its name.
const SPREAD: &str = "stride.spread";
