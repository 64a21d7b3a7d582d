//! From one example to the batch: every value that varies gets a leading axis of the extent `BATCH`.
//!
//! It is the same pass that maps functions over axes (`graph::lift`), over all inputs at once.
use crate::graph::rebuild::Rebuild;
use crate::graph::{BATCH, Graph, Leaf, NodeId, Op, Type};
use crate::op::ReduceOp;

/// The batched graph. Its inputs have the batch axis in front, nothing in it is marked as varying, and means over the batch are
/// reductions. A root that does not vary stays without the axis.
pub fn batch(graph: &Graph, roots: &[NodeId]) -> (Graph, Vec<NodeId>) {
    let mut work = graph.clone();
    let inputs: Vec<(u32, NodeId)> = work
        .ids()
        .filter_map(|id| match work.op(id) {
            Op::Leaf(Leaf::Input(number)) => Some((*number, id)),
            _ => None,
        })
        .collect();
    let (mut pairs, mut draws) = (vec![], vec![]);
    for &(number, leaf) in &inputs {
        let ty = batched(&graph.inputs[number as usize].ty);
        let hole = work.hole(ty);
        pairs.push((leaf, hole));
    }
    for id in work.ids() {
        if let Op::Leaf(Leaf::Draw(number, shape)) = work.op(id) {
            let ty = batched(&Type::real(shape, true));
            draws.push((id, *number, ty));
        }
    }
    let draws: Vec<(NodeId, NodeId)> = draws
        .into_iter()
        .map(|(leaf, number, ty)| (leaf, work.intern(Op::Leaf(Leaf::Draw(number, ty.shape)))))
        .collect();
    let lifted = work.lift(roots, &[&pairs[..], &draws].concat(), BATCH);
    let names: Vec<(NodeId, String)> =
        lifted.iter().zip(roots).filter_map(|(l, r)| Some((l.0, graph.name_of(*r)?.to_string()))).collect();
    for (id, name) in names {
        work.name(id, name);
    }
    let lifted: Vec<NodeId> = lifted.into_iter().map(|l| l.0).collect();
    // What varies has the axis now; a binder that was said to vary but never does must not seem to.
    work.loops.iter_mut().flat_map(|l| &mut l.binders).for_each(|b| b.ty.varying = false);
    let mut rebuild = Rebuild::new(&work);
    for input in &mut rebuild.to.inputs {
        input.ty = batched(&input.ty);
    }
    let roots = rebuild.run(&lifted, |to, old, op| match op {
        Op::Leaf(Leaf::Hole(..)) => match pairs.iter().position(|p| p.1 == old) {
            Some(at) => to.intern(Op::Leaf(Leaf::Input(inputs[at].0))),
            None => to.intern(op),
        },
        // Of a value that is the same for all examples.
        Op::BatchMean { x, axes } => to.reduce(ReduceOp::Mean, &axes, x),
        op => to.intern(op),
    });
    (rebuild.to, roots)
}

fn batched(ty: &Type) -> Type {
    let mut shape = vec![BATCH];
    shape.extend(&ty.shape);
    Type { shape, kind: ty.kind, varying: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Variable, show, verify};
    use crate::simplify::{Stage, simplify};

    /// `batch_mean` of the gradient of a dense layer with a squared loss.
    fn dense() -> (Graph, Vec<NodeId>) {
        let mut g = Graph::new();
        g.inputs.push(Variable { name: "x".into(), ty: Type::real(&[4], true), span: Default::default() });
        g.parameters.push(Variable { name: "w".into(), ty: Type::real(&[3, 4], false), span: Default::default() });
        g.parameters.push(Variable { name: "b".into(), ty: Type::real(&[3], false), span: Default::default() });
        let x = g.intern(Op::Leaf(Leaf::Input(0)));
        let w = g.intern(Op::Leaf(Leaf::Parameter(0)));
        let b = g.intern(Op::Leaf(Leaf::Parameter(1)));
        let product = g.matmul(w, x);
        let z = g.add(product, b);
        let h = g.unary(&crate::op::activation::RELU, z);
        let loss = g.dot(h, h);
        let found = crate::gradient::adjoints(&mut g, loss, &[w, b]);
        let (dw, db) = (found.of(w).unwrap(), found.of(b).unwrap());
        let roots = [loss, dw, db].map(|x| g.batch_mean(x));
        (g, roots.to_vec())
    }

    #[test]
    fn a_parameters_gradient_is_one_product_over_the_batch() {
        let (g, roots) = dense();
        let simple = simplify(&g, &roots, Stage::Simplify);
        verify::verify(&simple.graph, &simple.roots).unwrap();
        let (batched, roots) = batch(&simple.graph, &simple.roots);
        verify::verify(&batched, &roots).unwrap();
        let simple = simplify(&batched, &roots, Stage::Simplify);
        verify::verify(&simple.graph, &simple.roots).unwrap();
        let text = show::show(&simple.graph, &simple.roots);
        assert!(!text.contains("[batch, 3, 4]"), "{text}");
        insta::assert_snapshot!(text);
    }
}
