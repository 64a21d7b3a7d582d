//! Plans of small steps: verified, printed, and run by the kernels' reference evaluator.
use super::*;
use crate::graph::{Type, Variable};
use crate::simplify::{Stage, simplify};
use crate::step::mean;

/// A dense layer, its relu, a squared loss, and one step of gradient descent with momentum.
fn step() -> (Graph, Vec<(Target, NodeId)>, Vec<NodeId>) {
    let mut g = Graph::new();
    let variable = |name: &str, shape: &[usize], varying| Variable { name: name.into(), ty: Type::real(shape, varying), span: Default::default() };
    g.inputs.push(variable("x", &[4], true));
    g.parameters.push(variable("w", &[3, 4], false));
    g.parameters.push(variable("b", &[3], false));
    g.states.push(variable("v", &[3, 4], false));
    let x = g.intern(Op::Leaf(Leaf::Input(0)));
    let (w, b) = (g.intern(Op::Leaf(Leaf::Parameter(0))), g.intern(Op::Leaf(Leaf::Parameter(1))));
    let v = g.intern(Op::Leaf(Leaf::State(0)));
    let product = g.matmul(w, x);
    let z = g.add(product, b);
    let h = g.unary(&crate::op::activation::RELU, z);
    let loss = g.dot(h, h);
    let found = crate::gradient::adjoints(&mut g, loss, &[w, b]);
    let (dw, db) = (found.of(w).unwrap(), found.of(b).unwrap());
    let (dw, db, loss) = (mean(&mut g, dw), mean(&mut g, db), mean(&mut g, loss));
    let decayed = g.scale(v, 0.9);
    let next_v = g.add(decayed, dw);
    let scaled = g.scale(next_v, 0.1);
    let next_w = g.subtract(w, scaled);
    let scaled = g.scale(db, 0.1);
    let next_b = g.subtract(b, scaled);
    let roots = [next_w, next_v, next_b, loss];
    let one = simplify(&g, &roots, Stage::Simplify);
    let (batched, roots) = crate::batch::batch(&one.graph, &one.roots);
    let all = simplify(&batched, &roots, Stage::Simplify);
    let r = all.roots;
    let updates = vec![(Target::Parameter(0), r[0]), (Target::State(0), r[1]), (Target::Parameter(1), r[2])];
    (all.graph, updates, vec![r[3]])
}

#[test]
fn a_step_is_planned_in_place_and_verified() {
    let (graph, updates, outputs) = step();
    for float in [Float::F32, Float::F64] {
        let plan = plan(&Request { graph: &graph, updates: &updates, outputs: &outputs, float, batch: 8 });
        if let Err(fault) = plan.program.verify() {
            panic!("{fault:?}\n{}", plan.program.text());
        }
        if float == Float::F32 {
            insta::assert_snapshot!(plan.program.text());
        }
    }
}
