//! The derivation of a gradient from a model's graph: recognition, differentiation, simplification, then the outline of lines.
use super::derivation::{Derivation, Form, Left, Request, Role, Wanted};
use crate::gradient::adjoints;
use crate::graph::{Graph, NodeId, Op};
use crate::simplify::around::recognised;
use crate::simplify::{Stage, simplify};
use rustc_hash::{FxHashMap, FxHashSet};

/// The gradients of numbers by parameters (or by other values), each with its name.
///
/// `of` are `loss` and, if it is more than that, `minimize`: what a later one adds to the first is said where it acts,
/// `∂minimize/∂w = ∂loss/∂w + 2e-4 w`.
pub fn gradient(graph: &Graph, of: &[(String, NodeId)], by: &[(String, NodeId)], form: Form) -> Derivation {
    let (graph, request) = request(graph, of, by);
    super::derivation(&graph, &Request { form, ..request })
}

/// The same as it was derived: nothing is recognised before, nothing simplified behind.
pub fn raw_gradient(graph: &Graph, of: &[(String, NodeId)], by: &[(String, NodeId)], form: Form) -> Derivation {
    let (graph, request) = request_with(graph, of, by, [Stage::Collect; 2]);
    super::derivation(&graph, &Request { form, ..request })
}

/// The simplified graph of the gradients, and what is to be printed of it.
pub fn request(graph: &Graph, of: &[(String, NodeId)], by: &[(String, NodeId)]) -> (Graph, Request) {
    request_with(graph, of, by, [Stage::Recognise, Stage::Simplify])
}

/// With the rules that run before and behind differentiation.
fn request_with(
    graph: &Graph,
    of: &[(String, NodeId)],
    by: &[(String, NodeId)],
    [before, behind]: [Stage; 2],
) -> (Graph, Request) {
    let numbers: Vec<NodeId> = of.iter().map(|o| o.1).collect();
    let needed: FxHashSet<NodeId> = graph.reachable(&numbers).into_iter().collect();
    let by_nodes: Vec<NodeId> = by.iter().map(|b| b.1).collect();
    // Values with names are kept although recognition may go around them: `y` of `y − t`.
    let is_kept = |id: &NodeId| needed.contains(id) || graph.node(*id).loops.is_empty();
    let named: Vec<NodeId> = graph.names().map(|n| n.0).filter(is_kept).collect();
    let mut users = users_of(graph, &named, &needed);
    users.retain(|(_, at)| !by_nodes.contains(&named[*at]));
    let others = [&named[..], &users.iter().map(|user| user.0).collect::<Vec<_>>()].concat();
    let known = recognised(graph, &numbers, &by_nodes, &others, before);
    // Values that a recognised function of what they are made of goes around: of a user of theirs they are no part any more.
    let of_user = |(image, (_, value)): (&NodeId, &(NodeId, usize))| {
        let value = known.others[*value];
        (!known.graph.reachable(&[*image]).contains(&value)).then_some(value)
    };
    let around: FxHashSet<NodeId> = known.others[named.len()..].iter().zip(&users).filter_map(of_user).collect();
    let mut graph = known.graph;
    let (numbers, variables) = (&known.numbers[..], &known.by[..]);

    let mut results: Vec<Wanted> = vec![];
    let mut pairs: Vec<(NodeId, NodeId)> = vec![];
    let mut first: Vec<NodeId> = vec![];
    for ((name, _), &number) in of.iter().zip(numbers) {
        let found = adjoints(&mut graph, number, variables);
        for (at, ((path, _), &variable)) in by.iter().zip(variables).enumerate() {
            let shape = graph.shape(variable).to_vec();
            let mut node = found.of(variable).unwrap_or_else(|| graph.constant(0.0, &shape));
            // A number of all examples has one derivative: what each example gives to it is averaged.
            if graph.ty(node).varying && ![number, variable].iter().any(|&id| graph.ty(id).varying) {
                node = graph.batch_mean(node);
            }
            if first.get(at) == Some(&node) {
                continue;
            }
            if first.len() == at {
                first.push(node);
            }
            results.push(Wanted { node, left: Left::Derivative { of: name.clone(), by: path.clone() } });
        }
        if pairs.is_empty() {
            let gradients: Vec<NodeId> = results.iter().map(|r| r.node).collect();
            let reached: FxHashSet<NodeId> =
                graph.reachable(&gradients).into_iter().chain(graph.reachable(&[number])).collect();
            pairs = found.all();
            let rounds = found.in_rounds().iter().copied();
            pairs.extend(rounds.filter(|(x, d)| reached.contains(x) && reached.contains(d)));
        }
    }

    let around: Vec<NodeId> = around.into_iter().collect();
    let mut roots: Vec<NodeId> = [numbers, variables, &known.others].concat();
    let kept = roots.len();
    roots.extend(&around);
    roots.extend(results.iter().map(|r| r.node));
    roots.extend(pairs.iter().flat_map(|p| [p.0, p.1]));
    let simple = simplify(&graph, &roots, behind);
    let mut mapped = simple.roots.iter().copied();
    let mut take = |count: usize| -> Vec<NodeId> { mapped.by_ref().take(count).collect() };
    let kept = take(kept);
    let around = take(around.len()).into_iter().collect();
    let nodes = take(results.len());
    let pairs = take(2 * pairs.len());

    let mut request = Request {
        of: of.first().map(|o| o.0.clone()).unwrap_or_default(),
        values: kept[..of.len()].to_vec(),
        around,
        ..Request::default()
    };
    request.results = results.into_iter().zip(nodes).map(|(wanted, node)| Wanted { node, ..wanted }).collect();
    for pair in pairs.chunks(2) {
        request.title(pair[1], Role::Adjoint(pair[0]));
    }
    (simple.graph, request)
}

/// The values that are made of those with names and are needed, each with the number of the one that it is made of.
fn users_of(graph: &Graph, named: &[NodeId], needed: &FxHashSet<NodeId>) -> Vec<(NodeId, usize)> {
    let is_inner = |id: NodeId| !matches!(graph.op(id), Op::Leaf(_)) && graph.node(id).loops.is_empty();
    let places: FxHashMap<NodeId, usize> =
        named.iter().enumerate().filter(|(_, id)| is_inner(**id)).map(|(at, &id)| (id, at)).collect();
    let mut users = vec![];
    for &user in needed {
        graph.op(user).each_operand(|operand| users.extend(places.get(&operand).map(|&at| (user, at))));
    }
    users.sort();
    users.dedup();
    users
}
