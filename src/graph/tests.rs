//! Types, interning, views and their adjoints, lifting.
use super::view::{Row, rows};
use super::*;
use crate::op::activation::RELU;

fn input(g: &mut Graph, name: &str, shape: &[usize]) -> NodeId {
    g.inputs.push(Variable { name: name.into(), ty: Type::real(shape, true), span: Default::default() });
    let number = g.inputs.len() as u32 - 1;
    g.intern(Op::Leaf(Leaf::Input(number)))
}
fn parameter(g: &mut Graph, name: &str, shape: &[usize]) -> NodeId {
    g.parameters.push(Variable { name: name.into(), ty: Type::real(shape, false), span: Default::default() });
    let number = g.parameters.len() as u32 - 1;
    g.intern(Op::Leaf(Leaf::Parameter(number)))
}

#[test]
fn equal_operations_are_one_node() {
    let mut g = Graph::new();
    let (w, x) = (parameter(&mut g, "w", &[3, 4]), input(&mut g, "x", &[4]));
    let (once, twice) = (g.matmul(w, x), g.contract(w, x, &[7, 5], &[5], &[7]));
    assert_eq!(once, twice);
    assert_eq!(g.shape(once), [3]);
    assert!(g.ty(once).varying);
    verify::verify(&g, &[once]).unwrap();
}

/// The view as a dense matrix from `x` to the view, both flattened.
fn matrix(view: &View, x_shape: &[usize]) -> Vec<Vec<f64>> {
    let count: usize = view.shape.iter().product();
    let inputs: usize = x_shape.iter().product();
    (0..count)
        .map(|flat| {
            let mut at = vec![0; view.shape.len()];
            let mut rest = flat;
            for k in (0..at.len()).rev() {
                at[k] = rest % view.shape[k];
                rest /= view.shape[k];
            }
            let mut row = vec![0.0; inputs];
            let place = view.rows.iter().zip(x_shape).try_fold(0, |sum, (r, n)| r.index(&at).map(|i| sum * n + i));
            if let Some(place) = place {
                row[place] = 1.0;
            }
            row
        })
        .collect()
}

#[test]
fn the_adjoint_of_a_view_is_its_transpose() {
    let x = NodeId(0);
    let [i, j] = [0, 1].map(|axis| Row::axis(axis, 4));
    let along = |offset, terms: &[(usize, i64)]| Row { offset, terms: terms.to_vec(), divisor: 1, low: 0, high: 5 };
    let all: [(&[usize], &[usize], Vec<Row>); 13] = [
        (&[6], &[3], vec![rows::slice(0, 6, 1, 2)]),
        (&[6], &[6], vec![rows::slice(0, 6, 5, -1)]),
        (&[4], &[7], vec![rows::pad(0, 4, 2)]),
        (&[8], &[3, 3], vec![rows::window(0, 1, 8, 2, 1, 0)]),
        (&[9], &[5, 3], vec![rows::window(0, 1, 9, 1, 2, 2)]),
        (&[2, 3], &[3, 4, 2], vec![Row::axis(2, 2), Row::axis(0, 3)]),
        (&[7], &[2, 2], vec![rows::window(0, 1, 7, 3, 2, 1)]),
        (&[5], &[], vec![along(3, &[])]),
        (&[4, 4], &[4], vec![i.clone(), i.clone()]),
        (&[5, 4], &[4], vec![along(1, &[(0, 1)]), i.clone()]),
        (&[4, 5], &[2], vec![i.clone(), along(4, &[(0, -3)])]),
        (&[4, 5], &[4, 2], vec![i.clone(), along(0, &[(0, 1), (1, 2)])]),
        (&[5, 4, 4], &[2, 3], vec![along(1, &[(0, 1), (1, 1)]), i, j]),
    ];
    for (x_shape, shape, rows) in all {
        let view = View { x, shape: shape.to_vec(), rows }.with_pivots();
        assert!(view.has_adjoint(x_shape));
        let forward = matrix(&view, x_shape);
        let (adjoint, summed) = view.adjoint(NodeId(1), x_shape);
        let backward = matrix(&adjoint, &view.shape);
        let kept: usize = x_shape.iter().product();
        let extra: usize = adjoint.shape[x_shape.len()..].iter().product();
        assert_eq!(summed.len(), adjoint.shape.len() - x_shape.len());
        for i in 0..kept {
            for o in 0..forward.len() {
                let sum: f64 = (0..extra).map(|e| backward[i * extra + e][o]).sum();
                assert_eq!(sum, forward[o][i], "{view:?} at {i}, {o}");
            }
        }
    }
}

#[test]
fn lifting_gives_a_leading_axis() {
    let mut g = Graph::new();
    let w = parameter(&mut g, "w", &[3, 4]);
    let b = parameter(&mut g, "b", &[3]);
    let hole = g.hole(Type::real(&[4], true));
    let product = g.matmul(w, hole);
    let sum = g.add(product, b);
    let h = g.unary(&RELU, sum);
    let xs = input(&mut g, "xs", &[7, 4]);
    let lifted = g.lift(&[h, b], &[(hole, xs)], 7);
    assert_eq!(g.shape(lifted[0].0), [7, 3]);
    assert_eq!(lifted[1], (b, false));
    verify::verify(&g, &[lifted[0].0]).unwrap();
    insta::assert_snapshot!(show::show(&g, &[lifted[0].0]));
}

#[test]
fn a_loop_is_lifted_as_a_loop() {
    let mut g = Graph::new();
    let u = parameter(&mut g, "u", &[3, 3]);
    let hole = g.hole(Type::real(&[5, 3], true));
    let zero = g.constant(0.0, &[3]);
    let of = g.begin_loop(5, false, &[(zero, true)]);
    let h = g.looped(of).binders[0].leaf;
    let x = g.element(of, hole);
    let uh = g.matmul(u, h);
    let next = g.add(uh, x);
    g.set_next(of, 0, next);
    let (last, all) = (g.last(of, next), g.stacked(of, next));
    verify::verify(&g, &[last, all]).unwrap();
    let xs = input(&mut g, "xs", &[2, 5, 3]);
    let lifted = g.lift(&[last, all], &[(hole, xs)], 2);
    assert_eq!(g.shape(lifted[0].0), [2, 3]);
    assert_eq!(g.shape(lifted[1].0), [2, 5, 3]);
    verify::verify(&g, &[lifted[0].0, lifted[1].0]).unwrap();
    let y = input(&mut g, "y", &[5, 3]);
    let put = g.substitute(&[last], &[(hole, y)]);
    verify::verify(&g, &put).unwrap();
    let (kept, roots) = rebuild::garbage_collected(&g, &put);
    verify::verify(&kept, &roots).unwrap();
    assert_eq!(kept.loops.len(), 1);
}

/// An input of classes of a list.
fn classes(g: &mut Graph, list: u32, shape: &[usize]) -> NodeId {
    let ty = Type { shape: shape.to_vec(), kind: Kind::Class(ListId(list), 3), varying: true };
    g.inputs.push(Variable { name: format!("p{}", g.inputs.len()), ty, span: Default::default() });
    let number = g.inputs.len() as u32 - 1;
    g.intern(Op::Leaf(Leaf::Input(number)))
}

#[test]
fn nothing_computes_with_a_class() {
    use crate::op::{ReduceOp, comparison};
    let mut g = Graph::new();
    let (p, q, r) = (classes(&mut g, 0, &[3]), classes(&mut g, 0, &[3]), classes(&mut g, 2, &[3]));
    let x = input(&mut g, "x", &[3]);
    let places = g.intern(Op::Leaf(Leaf::Iota(3)));
    let zero = g.constant(0.0, &[3]);
    let condition = g.binary(&comparison::GREATER, x, zero);
    let wrong = [
        g.unary(&RELU, p),
        g.add(p, x),
        g.multiply(x, p),
        g.dot(p, x),
        g.reduce(ReduceOp::Mean, &[0], p),
        g.reduce(ReduceOp::Argmax, &[0], p),
        g.batch_mean(p),
        g.select(condition, p, x),
        g.select(condition, x, p),
        g.select(condition, p, r),
        g.select(condition, p, places),
        g.select(p, x, x),
        g.join(0, &[p, x]),
        g.join(0, &[x, p]),
        g.join(0, &[p, r]),
        g.scatter_add(places, p, 0, 4),
        g.named(NamedOp(&named::SOFTMAX), &[p]),
    ];
    for id in wrong {
        let why = verify::verify(&g, &[id]).unwrap_err();
        assert!(why.contains("class"), "{why}");
    }
    let right = [
        g.binary(&comparison::EQUAL, p, q),
        g.binary(&comparison::EQUAL, p, places),
        g.select(condition, p, q),
        g.select(condition, places, x),
        g.join(0, &[p, q]),
        g.join(0, &[places, x]),
        g.slice(p, 0, 1, 1, 2),
        g.one_hot(p, 3),
        g.gather(x, p, 0),
        g.gather(p, places, 0),
        g.add(places, x),
    ];
    verify::verify(&g, &right).unwrap();
    assert_eq!(g.ty(right[2]).kind, Kind::Class(ListId(0), 3));
    assert_eq!(g.ty(right[3]).kind, Kind::Real);
}

/// A pass that gives a truth value for a number is found, if not at once, then by the verifier.
#[test]
fn a_pass_that_changes_a_type_is_found() {
    use crate::op::comparison;
    let found = std::panic::catch_unwind(|| {
        let mut g = Graph::new();
        let x = input(&mut g, "x", &[3]);
        let zero = g.constant(0.0, &[3]);
        let above = g.binary(&comparison::GREATER, x, zero);
        let number = g.scale(above, 1.0);
        let mut rebuild = rebuild::Rebuild::new(&g);
        let roots = rebuild.run(&[number], |to, _, op| match op {
            Op::Binary(op, _, y) if op.name == "mul" => y,
            op => to.intern(op),
        });
        verify::verify(&rebuild.to, &roots)
    });
    assert!(!matches!(found, Ok(Ok(()))));
}

/// Reverse mode would give it no share: `row[i]` with `row` of an inner loop and `i` of the outer one.
#[test]
fn an_element_of_what_an_inner_loop_computes_is_refused() {
    let mut g = Graph::new();
    let (m, zero) = (parameter(&mut g, "m", &[2, 2]), g.number(0.0));
    let outer = g.begin_loop(2, false, &[(zero, false)]);
    let inner = g.begin_loop(2, false, &[(zero, false)]);
    let (s, p) = (g.looped(outer).binders[0].leaf, g.looped(inner).binders[0].leaf);
    let row = g.element(inner, m);
    assert!(g.stands_outside(m, outer) && g.stands_outside(s, inner) && !g.stands_outside(row, outer));
    let entry = g.element(outer, row);
    let next = g.add(p, entry);
    g.set_next(inner, 0, next);
    let left = g.last(inner, next);
    let next = g.add(s, left);
    g.set_next(outer, 0, next);
    let all = g.last(outer, next);
    let why = verify::verify(&g, &[all]).unwrap_err();
    assert!(why.contains("an element of a value of the loop itself"), "{why}");
}
