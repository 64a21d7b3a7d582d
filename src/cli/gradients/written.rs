//! Derivatives that the program itself asks for (`∂u/∂x`, `hessian(loss, w)`): each against differences and dual numbers of what it is of.
use super::compare::{Comparison, Finding};
use super::oracle_failed;
use crate::cli::Exit;
use crate::graph::{Graph, Leaf, LoopId, NodeId, Op};
use crate::model::{Derivative, Model};
use crate::oracle::values::count;
use crate::oracle::{Draws, Environment, Jet, Oracle, Probe, Quantity, Values, evaluate, held};
use crate::simplify::{Stage, simplify};
use rustc_hash::FxHashMap;

/// Elements of what is differentiated by that are looked at one by one.
const FEW: usize = 4;
/// Derivatives that are looked at: a formula that is used a thousand times asks for a thousand.
const MOST: usize = 256;

/// What was found of each, those of one text together, and how many were not looked at.
pub fn findings(model: &Model, env: &Environment) -> Result<(Vec<Finding>, usize), Exit> {
    let mut all: Vec<Finding> = vec![];
    for (number, derivative) in model.derivatives.iter().take(MOST).enumerate() {
        let found = finding(&model.graph, derivative, number as u64, env)?;
        match all.iter_mut().find(|known| known.name == found.name) {
            Some(known) => known.join(found),
            None => all.push(found),
        }
    }
    Ok((all, model.derivatives.len().saturating_sub(MOST)))
}

/// A derivative by one value, as it stands outside of all loops: what the round of a loop gives it are holes.
struct Apart {
    graph: Graph,
    value: NodeId,
    /// What it is of, with a hole in the place of what is differentiated by, and weighted to one number.
    number: NodeId,
    by: NodeId,
    hole: NodeId,
    /// By entry of what it is of.
    weights: Vec<f64>,
}

fn apart(graph: &Graph, derivative: &Derivative, draws: &mut Draws) -> Apart {
    let mut graph = graph.clone();
    let Derivative { value, of, by, .. } = *derivative;
    let home: Vec<LoopId> = [value, of, by].iter().flat_map(|&id| graph.node(id).loops.to_vec()).collect();
    let of_round = |id: &NodeId| match graph.op(*id) {
        Op::Leaf(Leaf::Binder(of, _) | Leaf::LoopIndex(of)) | Op::Element { of, .. } => home.contains(of),
        _ => false,
    };
    let given: Vec<NodeId> = graph.reachable(&[value, of, by]).into_iter().filter(of_round).collect();
    // What rounds are made from may depend on what is differentiated by: then they have an element of it, at a place that is a hole.
    let depends = graph.dependents(&[by]);
    let mut places: FxHashMap<LoopId, NodeId> = FxHashMap::default();
    let mut place_in = |graph: &mut Graph, of: LoopId| {
        let index = graph.intern(Op::Leaf(Leaf::LoopIndex(of)));
        *places.entry(of).or_insert_with(|| graph.hole(graph.ty(index).clone()))
    };
    let mut pairs: Vec<(NodeId, NodeId)> = vec![];
    for id in given {
        let put = match *graph.op(id) {
            Op::Element { of, x } if depends[x.index()] => {
                let place = place_in(&mut graph, of);
                graph.gather(x, place, 0)
            }
            Op::Leaf(Leaf::LoopIndex(of)) => place_in(&mut graph, of),
            _ => graph.hole(graph.ty(id).clone()),
        };
        pairs.push((id, put));
    }
    let [value, of, by] = graph.substitute(&[value, of, by], &pairs)[..] else { unreachable!("three were given") };
    let hole = graph.hole(graph.ty(by).clone());
    let moved = graph.substitute(&[of], &[(by, hole)])[0];
    let shape = graph.shape(of).to_vec();
    let weights: Vec<f64> = match shape[..] {
        [] => vec![1.0],
        _ => (0..shape.iter().product()).map(|_| 2.0 * draws.unit() - 1.0).collect(),
    };
    let number = match shape[..] {
        [] => moved,
        _ => {
            let table = graph.table(&weights, &shape);
            graph.dot(moved, table)
        }
    };
    // Conventions are those of what is recognised.
    let known = simplify(&graph, &[value, number, by, hole], Stage::Recognise);
    let [value, number, by, hole] = known.roots[..] else { unreachable!("four were given") };
    Apart { graph: known.graph, value, number, by, hole, weights }
}

fn finding(graph: &Graph, derivative: &Derivative, seed: u64, env: &Environment) -> Result<Finding, Exit> {
    let mut draws = Draws(seed);
    let one = apart(graph, derivative, &mut draws);
    let mut env = env.clone();
    for id in one.graph.reachable(&[one.value, one.number, one.by]) {
        if let Op::Leaf(Leaf::Hole(_, ty)) = one.graph.op(id) {
            let mut drawn = || (0..count(ty)).map(|_| draws.of(ty.kind)).collect::<Vec<_>>();
            let values = match ty.varying {
                true => Values::Varying((0..env.examples).map(|_| drawn()).collect()),
                false => Values::Uniform(drawn()),
            };
            env.holes.insert(id, values);
        }
    }
    let point = evaluate(&one.graph, &[one.value, one.by], &env).map_err(oracle_failed)?;
    env.holes.insert(one.hole, point[1].clone());
    let size = count(one.graph.ty(one.by));
    // One element, of all examples.
    let examples = if one.graph.ty(one.by).varying { env.examples } else { 1 };
    let mut directions: Vec<Vec<f64>> = vec![];
    for k in 0..size.min(FEW) {
        let at = if size <= FEW { k } else { k * size / FEW + draws.below(size / FEW) };
        directions.push((0..size).map(|element| f64::from(element == at)).collect());
    }
    if FEW < size {
        let weight = 1.0 / (size as f64).sqrt();
        directions.push((0..size).map(|_| if draws.below(2) == 0 { weight } else { -weight }).collect());
    }
    let (held, env) = held(&one.graph, &[one.number], &env).map_err(oracle_failed)?;
    let mut probe = Probe::new(&held, one.number, &env).map_err(oracle_failed)?;
    let dual = Oracle::new(&one.graph, &[one.number]).map_err(oracle_failed)?;
    let text = derivative.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = Finding::new(&text, size);
    for direction in directions {
        // v' J u, the mean over the examples.
        let of_example = |values: &[f64]| -> f64 {
            let each = one.weights.iter().flat_map(|v| direction.iter().map(move |u| v * u));
            each.zip(values).filter(|(weight, _)| *weight != 0.0).map(|(weight, d)| weight * d).sum()
        };
        let written = point[0].averaged(of_example);
        let moves = |leaf: &Leaf, at: usize| match leaf {
            _ if *one.graph.op(one.hole) == Op::Leaf(leaf.clone()) => direction[at % size],
            _ => 0.0,
        };
        let dual = dual.moved::<Jet>(&env, &moves).map_err(oracle_failed)?[0].speed();
        let elements: Vec<(usize, f64)> =
            (0..examples * size).map(|at| (at, direction[at % size])).filter(|e| e.1 != 0.0).collect();
        if direction.iter().filter(|u| **u != 0.0).count() == 1 {
            found.looked_at += 1;
        }
        let place = format!("`{text}`");
        let ways = [("as derived", written), ("by dual numbers", dual)];
        let comparison = Comparison { place, ways: &ways, dual: 1, quantity: Quantity::Hole(one.hole) };
        found.compare(comparison, &elements, &mut probe)?;
    }
    Ok(found)
}
