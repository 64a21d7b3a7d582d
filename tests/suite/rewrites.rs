//! Every rewrite that simplification made, one by one, of random graphs and their derivatives: what it put in the place of a value has its
//! value. The history says which rule it was.
use crate::draw::graph::{KINKED, random_graph};
use gradus::gradient::adjoints;
use gradus::graph::show::show;
use gradus::graph::{Graph, Kind, Leaf, NodeId, Op};
use gradus::op::ReduceOp;
use gradus::oracle::{Draws, Environment, evaluate};
use gradus::simplify::{Rewrite, Stage, simplify};
use std::collections::BTreeSet;

/// The roots, and the gradients of the sum of all that are numbers.
fn with_gradients(graph: &mut Graph, roots: &[NodeId]) -> Vec<NodeId> {
    let mut loss = graph.number(0.0);
    for &root in roots.iter().filter(|&&r| graph.ty(r).kind == Kind::Real).collect::<Vec<_>>() {
        let axes: Vec<usize> = (0..graph.shape(root).len()).collect();
        let sum = graph.reduce(ReduceOp::Sum, &axes, root);
        loss = graph.add(loss, sum);
    }
    let by: Vec<NodeId> =
        (0..graph.parameters.len() as u32).map(|k| graph.intern(Op::Leaf(Leaf::Parameter(k)))).collect();
    let found = adjoints(graph, loss, &by);
    roots.iter().copied().chain(by.iter().filter_map(|&leaf| found.of(leaf))).collect()
}

/// Where a rewrite of this graph does not keep a value that is finite; and how many were looked at.
fn looked_at(graph: &Graph, roots: &[NodeId], stage: Stage, seed: u64, rules: &mut BTreeSet<&'static str>) -> usize {
    let simplified = simplify(graph, roots, stage);
    let arena = &simplified.history.arena;
    let outside = |id: NodeId| arena.node(id).loops.is_empty();
    let rewrites: Vec<Rewrite> =
        simplified.history.rewrites.iter().copied().filter(|r| outside(r.from) && outside(r.to)).collect();
    let sides: Vec<NodeId> = rewrites.iter().flat_map(|r| [r.from, r.to]).collect();
    let env = Environment::within(arena, 2, seed, 1.0);
    let values = evaluate(arena, &sides, &env).unwrap();
    for (rewrite, sides) in rewrites.iter().zip(values.chunks(2)) {
        rules.insert(rewrite.rule);
        for example in 0..2 {
            for (from, to) in sides[0].of(example).iter().zip(sides[1].of(example)) {
                let same = !from.is_finite() || (from - to).abs() <= 1e-9 * (1.0 + from.abs());
                let shown = || show(arena, &[rewrite.from, rewrite.to]);
                assert!(same, "{}: {from} became {to}\n{}", rewrite.rule, shown());
            }
        }
    }
    rewrites.len()
}

#[test]
fn each_keeps_the_value() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let mut draws = Draws(number("GRADUS_REWRITES_SEED", 5));
    let (mut rules, mut count) = (BTreeSet::new(), 0);
    for case in 0..number("GRADUS_REWRITES", 1_000) {
        let mut script: Vec<u8> = (0..20 + draws.below(90)).map(|_| draws.bits() as u8).collect();
        script.insert(0, [0, 255, KINKED][case as usize % 3]);
        let random = random_graph(&script);
        let recognised = simplify(&random.graph, &random.roots, Stage::Recognise);
        count += looked_at(&random.graph, &random.roots, Stage::Recognise, case, &mut rules);
        let mut graph = recognised.graph;
        let roots = with_gradients(&mut graph, &recognised.roots);
        count += looked_at(&graph, &roots, Stage::Simplify, case, &mut rules);
    }
    assert!(rules.len() >= 40 && count >= 8_000, "{count} rewrites by {} rules: {rules:?}", rules.len());
}
