//! The derivation of a gradient from a model's graph: recognition, differentiation, simplification, then the outline of lines.
use super::derivation::{Derivation, Form, Left, Request, Role, Wanted};
use crate::gradient::adjoints;
use crate::graph::{Graph, NodeId};
use crate::simplify::around::Around;
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
    let mut kept = numbers.clone();
    kept.extend(by.iter().map(|b| b.1));
    // Values with names are kept although recognition may go around them: `y` of `y − t`.
    kept.extend(graph.names().map(|n| n.0).filter(|id| needed.contains(id) || graph.node(*id).loops.is_empty()));
    let recognised = simplify(graph, &kept, before);
    let images: FxHashMap<NodeId, NodeId> =
        recognised.roots.iter().copied().zip(kept.iter().copied()).filter(|(_, from)| needed.contains(from)).collect();
    // What recognition goes around has no derivative behind it. (Where it changed nothing, it goes around nothing.)
    let around = Around::new(graph, &recognised.graph, images.iter().map(|(to, from)| (*from, *to)));
    let (root, changed) = ((numbers[0], recognised.roots[0]), recognised.rewrites > 0);
    let is_whole = |x: NodeId| !changed || images.get(&x).is_none_or(|&from| !around.goes_around(root, (from, x)));
    if before == Stage::Recognise && !recognised.roots[of.len()..][..by.len()].iter().all(|&x| is_whole(x)) {
        return request_with(graph, of, by, [Stage::Collect, behind]);
    }
    let whole: FxHashSet<NodeId> = images.keys().copied().filter(|&x| is_whole(x)).collect();
    let is_whole = |x: NodeId| whole.contains(&x) || !images.contains_key(&x);
    let mut graph = recognised.graph;
    let (numbers, rest) = recognised.roots.split_at(of.len());
    let variables = &rest[..by.len()];

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
            pairs.retain(|pair| is_whole(pair.0));
            let rounds = found.in_rounds().iter().copied();
            pairs.extend(rounds.filter(|(x, d)| reached.contains(x) && reached.contains(d)));
        }
    }

    let mut roots: Vec<NodeId> = recognised.roots.clone();
    roots.extend(results.iter().map(|r| r.node));
    roots.extend(pairs.iter().flat_map(|p| [p.0, p.1]));
    let simple = simplify(&graph, &roots, behind);
    let mut mapped = simple.roots.iter().copied();
    let mut take = |count: usize| -> Vec<NodeId> { mapped.by_ref().take(count).collect() };
    let kept = take(recognised.roots.len());
    let nodes = take(results.len());
    let pairs = take(2 * pairs.len());

    let mut request = Request {
        of: of.first().map(|o| o.0.clone()).unwrap_or_default(),
        values: kept[..of.len()].to_vec(),
        ..Request::default()
    };
    request.results = results.into_iter().zip(nodes).map(|(wanted, node)| Wanted { node, ..wanted }).collect();
    for pair in pairs.chunks(2) {
        request.title(pair[1], Role::Adjoint(pair[0]));
    }
    (simple.graph, request)
}
