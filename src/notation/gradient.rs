//! The derivation of a gradient from a model's graph: recognition, differentiation, simplification, then the outline of lines.
use super::derivation::{Derivation, Form, Left, Request, Role, Wanted};
use crate::gradient::adjoints;
use crate::graph::{Graph, NodeId};
use crate::simplify::bypass::{Bypass, recognised};
use crate::simplify::{Stage, simplify};
use rustc_hash::FxHashSet;

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
    let known = recognised(graph, &numbers, &by_nodes, &named, before);
    let images = || named.iter().copied().zip(known.others.iter().copied());
    let bypass = Bypass::new(graph, &known.graph, images());
    let root = (numbers[0], known.numbers[0]);
    let is_passed = |pair: &(NodeId, NodeId)| {
        known.is_changed && !by_nodes.contains(&pair.0) && needed.contains(&pair.0) && bypass.bypasses(root, *pair)
    };
    // Its adjoint is not the derivative by it.
    let passed: FxHashSet<NodeId> = images().filter(is_passed).map(|(_, image)| image).collect();
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
            pairs.retain(|pair| !passed.contains(&pair.0));
            let rounds = found.in_rounds().iter().copied();
            pairs.extend(rounds.filter(|(x, d)| reached.contains(x) && reached.contains(d)));
        }
    }

    let mut roots: Vec<NodeId> = [numbers, variables, &known.others].concat();
    let kept = roots.len();
    roots.extend(results.iter().map(|r| r.node));
    roots.extend(pairs.iter().flat_map(|p| [p.0, p.1]));
    let simple = simplify(&graph, &roots, behind);
    let mut mapped = simple.roots.iter().copied();
    let mut take = |count: usize| -> Vec<NodeId> { mapped.by_ref().take(count).collect() };
    let kept = take(kept);
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
