//! Derivatives four ways: forwards, backwards, by dual numbers to the second order, which know nothing of either, and (where they may) by
//! differences; on random graphs, at kinks, ties and zeros too.
use crate::draw::graph::{KINKED, random_graph};
use gradus::gradient;
use gradus::graph::{Graph, Kind, Leaf, NodeId, Op, verify};
use gradus::kernel::Float;
use gradus::oracle::{Draws, Environment, Jet, Oracle, evaluate};
use gradus::pipeline;
use gradus::simplify::{Simplified, Stage, simplify};
use gradus::step::StepGraph;

/// Numbers that functions have kinks and zeros at, and equal ones.
const POINTS: [f64; 9] = [0.0, 0.0, 0.0, 0.5, 0.5, 1.0, -1.0, -0.5, 0.25];

fn environment(graph: &Graph, draws: &mut Draws, kinked: bool) -> Environment {
    let mut env = Environment::random(graph, 2, draws.bits());
    if kinked {
        for (values, variables) in [
            (&mut env.inputs, &graph.inputs),
            (&mut env.parameters, &graph.parameters),
            (&mut env.states, &graph.states),
        ] {
            for (values, variable) in values.iter_mut().zip(variables) {
                if variable.ty.kind == Kind::Real {
                    values.iter_mut().for_each(|v| *v = POINTS[draws.below(POINTS.len())]);
                }
            }
        }
    }
    env
}

/// How fast each element of each parameter moves.
fn direction(graph: &Graph, draws: &mut Draws) -> Vec<Vec<f64>> {
    let count = |shape: &[usize]| shape.iter().product::<usize>();
    graph.parameters.iter().map(|p| (0..count(&p.ty.shape)).map(|_| 2.0 * draws.unit() - 1.0).collect()).collect()
}

#[derive(Default)]
pub struct Outcome {
    pub compared: usize,
    pub infinite: usize,
}

/// One number of a random graph, differentiated along a direction in the parameters.
fn compare(script: &[u8], seed: u64, kinked: bool, outcome: &mut Outcome) {
    let random = random_graph(script);
    let real = |id: &&NodeId| random.graph.ty(**id).kind != Kind::Bool && random.graph.shape(**id).len() < 4;
    let Some(&root) = random.roots.iter().find(real) else { return };
    let mut graph = random.graph.clone();
    let total = graph.sum_all(root);
    let number = if graph.ty(total).varying { graph.batch_mean(total) } else { total };
    let recognised = simplify(&graph, &[number], Stage::Recognise);
    // Whoever asks again gets the same.
    let again = simplify(&recognised.graph, &recognised.roots, Stage::Recognise);
    let shown = |known: &Simplified| gradus::graph::show::show(&known.graph, &known.roots);
    assert_eq!(shown(&again), shown(&recognised), "script {script:?}");
    let mut draws = Draws(seed);
    let env = environment(&recognised.graph, &mut draws, kinked);
    let what = format!("script {script:?}, seed {seed}");
    along_a_direction(recognised.graph, recognised.roots[0], env, draws, &what, outcome);
}

/// One number, differentiated along a direction in the parameters: all ways give the same, once and twice.
pub fn along_a_direction(
    mut graph: Graph,
    number: NodeId,
    env: Environment,
    mut draws: Draws,
    what: &str,
    outcome: &mut Outcome,
) {
    let speeds = direction(&graph, &mut draws);
    let speed = |leaf: &Leaf, at: usize| match leaf {
        Leaf::Parameter(p) => speeds[*p as usize][at],
        _ => 0.0,
    };
    // g · u backwards, and the gradient of that once more.
    let leaves: Vec<NodeId> =
        (0..graph.parameters.len() as u32).map(|p| graph.intern(Op::Leaf(Leaf::Parameter(p)))).collect();
    let found = gradient::adjoints(&mut graph, number, &leaves);
    let mut along = graph.number(0.0);
    for (leaf, speed) in leaves.iter().zip(&speeds) {
        let Some(d) = found.of(*leaf) else { continue };
        let d = if graph.ty(d).varying { graph.batch_mean(d) } else { d };
        let shape = graph.shape(*leaf).to_vec();
        let speed = graph.table(speed, &shape);
        let share = graph.dot(d, speed);
        along = graph.add(along, share);
    }
    let twice = gradient::adjoints(&mut graph, along, &leaves);
    let mut bent = graph.number(0.0);
    for (leaf, speed) in leaves.iter().zip(&speeds) {
        let Some(d) = twice.of(*leaf) else { continue };
        let d = if graph.ty(d).varying { graph.batch_mean(d) } else { d };
        let shape = graph.shape(*leaf).to_vec();
        let speed = graph.table(speed, &shape);
        let share = graph.dot(d, speed);
        bent = graph.add(bent, share);
    }
    // Forwards: the parameters are those of a time, and the time moves.
    let time = graph.hole(gradus::graph::Type::real(&[], false));
    let moving: Vec<(NodeId, NodeId)> = leaves
        .iter()
        .zip(&speeds)
        .map(|(&leaf, speed)| {
            let shape = graph.shape(leaf).to_vec();
            let (speed, wide) = (graph.table(speed, &shape), graph.expand_to(time, &shape));
            let step = graph.multiply(wide, speed);
            (leaf, graph.add(leaf, step))
        })
        .collect();
    let of_time = graph.substitute(&[number], &moving)[0];
    let forward = gradient::tangent(&mut graph, of_time, time, None);
    let forward_twice = gradient::tangent(&mut graph, forward, time, None);
    let mut env = env;
    env.holes.insert(time, gradus::oracle::Values::Uniform(vec![0.0]));
    let roots = [along, bent, forward, forward_twice];
    let values: Vec<f64> = evaluate(&graph, &roots, &env).unwrap().iter().map(|v| v.number()).collect();
    planned(graph.clone(), time, &roots, what);
    let jet = |root: NodeId| Oracle::new(&graph, &[root]).unwrap().moved::<Jet>(&env, &speed).unwrap()[0].of(0)[0];
    let (dual, of_gradient) = (jet(number), jet(along));
    if !dual.first.is_finite() || !dual.second.is_finite() || dual.second.abs() > 1e6 {
        outcome.infinite += 1;
        return;
    }
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-8 * (1.0 + a.abs().max(b.abs()));
    let shown = || gradus::graph::show::show(&graph, &[number]);
    let checks = [
        ("backwards", values[0], dual.first),
        ("forwards", values[2], dual.first),
        ("backwards twice", values[1], dual.second),
        ("forwards twice", values[3], dual.second),
        ("backwards, then dual", of_gradient.first, dual.second),
    ];
    for (way, got, wanted) in checks {
        assert!(close(got, wanted), "{way}: {got}, not {wanted}; {what}\n{}", shown());
    }
    outcome.compared += 1;
}

/// A value and its derivatives, in one step: native code computes them, and its verifier finds nothing wrong.
fn planned(mut graph: Graph, time: NodeId, roots: &[NodeId], what: &str) {
    let zero = graph.number(0.0);
    let roots = graph.substitute(roots, &[(time, zero)]);
    // Drawn graphs compute with classes, too, which no program does.
    if verify::verify(&graph, &roots).is_err() {
        return;
    }
    let outputs = roots.iter().enumerate().map(|(number, &root)| (format!("y{number}"), root)).collect();
    let step = StepGraph { graph, updates: vec![], logged: vec![], outputs, gradients: vec![] };
    for rules in [true, false] {
        let batched = pipeline::batched(&step, rules);
        for float in [Float::F64, Float::F32] {
            let plan = pipeline::planned(&batched, float, 2).unwrap_or_else(|why| panic!("{what}: {why}"));
            plan.program.verify().unwrap_or_else(|why| {
                panic!(
                    "{what}, {float:?}, rules {rules}: {why}\n{}\n{}",
                    plan.program.text(),
                    gradus::graph::show::show(&batched.graph, &batched.outputs.iter().map(|o| o.1).collect::<Vec<_>>())
                )
            });
        }
    }
}

fn scripts(count: usize, first: u8, seed: u64) -> impl Iterator<Item = (Vec<u8>, u64)> {
    let mut draws = Draws(seed);
    (0..count).map(move |_| {
        let length = 4 + draws.below(60);
        let mut script: Vec<u8> = (0..length).map(|_| draws.bits() as u8).collect();
        script.insert(0, first);
        (script, draws.bits())
    })
}

/// More of them, and others, for a long run: `GRADUS_DUALS=20000 GRADUS_DUALS_SEED=7`.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn four_ways_agree_at_kinks() {
    let mut outcome = Outcome { compared: 0, infinite: 0 };
    let count = setting("GRADUS_DUALS", 400) as usize;
    for (script, seed) in scripts(count, KINKED, setting("GRADUS_DUALS_SEED", 1)) {
        compare(&script, seed, true, &mut outcome);
    }
    assert!(outcome.compared > count / 2, "{} compared, {} infinite", outcome.compared, outcome.infinite);
}

#[test]
fn four_ways_agree_anywhere() {
    let mut outcome = Outcome { compared: 0, infinite: 0 };
    let count = setting("GRADUS_DUALS", 300) as usize;
    for (script, seed) in scripts(count, KINKED, 1000 + setting("GRADUS_DUALS_SEED", 1)) {
        compare(&script, seed, false, &mut outcome);
    }
    assert!(outcome.compared > count / 2, "{} compared, {} infinite", outcome.compared, outcome.infinite);
}
