//! Each scalar rule on random values, and strictly cheaper or shorter; structural rules on small graphs.
use super::pattern::{Exactness, Pattern};
use super::*;
use crate::graph::{Type, Variable};
use crate::op::{Linearity, activation, arithmetic, exponential};

fn value(pattern: &Pattern, bindings: &[f64]) -> f64 {
    match pattern {
        Pattern::Any(at) | Pattern::Constant(at) => bindings[*at],
        Pattern::Number(value) => *value,
        Pattern::Unary(op, x) => (op.value)(value(x, bindings)),
        Pattern::Binary(op, x, y) => (op.value)(value(x, bindings), value(y, bindings)),
    }
}

/// Operations on what is not constant; a tie is broken by how many nodes there are, then by what stands outside.
fn cost(pattern: &Pattern) -> (usize, usize, usize) {
    fn constant(pattern: &Pattern) -> bool {
        match pattern {
            Pattern::Any(_) => false,
            Pattern::Constant(_) | Pattern::Number(_) => true,
            Pattern::Unary(_, x) => constant(x),
            Pattern::Binary(_, x, y) => constant(x) && constant(y),
        }
    }
    fn walk(pattern: &Pattern, depth: usize, total: &mut (usize, usize, usize)) {
        let is_constant = constant(pattern);
        match pattern {
            Pattern::Any(_) | Pattern::Constant(_) | Pattern::Number(_) => {
                // Constants want to stand outside, once.
                if is_constant {
                    total.1 += 1;
                    total.2 += depth;
                }
            }
            Pattern::Unary(op, x) => {
                if !is_constant {
                    total.0 += match op {
                        op if op.scale.is_some() => 2,
                        // It divides.
                        op if *op == activation::SIGMOID => 5,
                        _ => 4,
                    };
                    // A sign wants to stand outside, too.
                    total.2 += if op.scale.is_some() { depth } else { 0 };
                }
                walk(x, depth + 1, total);
            }
            Pattern::Binary(op, x, y) => {
                if !is_constant {
                    total.0 += if op.linear == Linearity::Each && (constant(x) || constant(y)) {
                        3
                    } else if *op == arithmetic::DIVIDE {
                        5
                    } else if *op == exponential::POW {
                        3
                    } else if op.spelled.is_some() {
                        // A power and what it is multiplied by.
                        9
                    } else {
                        4
                    };
                }
                walk(x, depth + 1, total);
                walk(y, depth + 1, total);
            }
        }
    }
    let mut total = (0, 0, 0);
    walk(pattern, 0, &mut total);
    total
}

#[test]
fn scalar_rules_hold_and_make_things_cheaper() {
    for rule in rules::simplifications().into_iter().chain(rules::recognisers()) {
        let mut state = 12345_u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 40) as f64 / (1 << 22) as f64 - 2.0
        };
        for _ in 0..200 {
            let mut bindings = [random(), random(), random(), random(), random()];
            if ["sqrt", "x^(y - 1)", "slope of", "log(x)", "_entropy"].iter().any(|part| rule.name.contains(part)) {
                bindings[0] = bindings[0].abs();
                bindings[1] = bindings[1].abs().fract();
            }
            let (left, right) = (value(&rule.left, &bindings), value(&rule.right, &bindings));
            let fits = match rule.exactness {
                Exactness::Exact => left == right,
                Exactness::Real => (left - right).abs() <= 1e-9 * (1.0 + left.abs()),
            };
            assert!(fits, "{}: {left} and {right} at {bindings:?}", rule.name);
        }
        assert!(
            cost(&rule.right) < cost(&rule.left),
            "{}: {:?} is not below {:?}",
            rule.name,
            cost(&rule.right),
            cost(&rule.left)
        );
    }
}

/// What is exact is so where nothing is finite, too: NaN in, NaN out.
#[test]
fn exact_rules_hold_at_the_ends_of_numbers() {
    const HURTING: [f64; 12] =
        [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 5e-324, -1e308, 1e308, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let mut wrong = vec![];
    for rule in rules::simplifications().into_iter().chain(rules::recognisers()) {
        if rule.exactness == Exactness::Real {
            continue;
        }
        for at in 0..HURTING.len().pow(3) {
            let bindings = [1, 12, 144, 1, 1].map(|of| HURTING[at / of % HURTING.len()]);
            let (left, right) = (value(&rule.left, &bindings), value(&rule.right, &bindings));
            if left != right && !(left.is_nan() && right.is_nan()) {
                wrong.push(format!("{}: {left} and {right} at {bindings:?}", rule.name));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn setting() -> (Graph, NodeId, NodeId) {
    let mut g = Graph::new();
    g.inputs.push(Variable { name: "x".into(), ty: Type::real(&[4], true), span: Default::default() });
    g.parameters.push(Variable { name: "w".into(), ty: Type::real(&[3, 4], false), span: Default::default() });
    let x = g.intern(Op::Leaf(crate::graph::Leaf::Input(0)));
    let w = g.intern(Op::Leaf(crate::graph::Leaf::Parameter(0)));
    (g, w, x)
}

#[test]
fn softmax_spelled_out_is_recognised_and_its_gradient_is_p_minus_y() {
    let (mut g, w, x) = setting();
    g.inputs.push(Variable {
        name: "t".into(),
        ty: Type { shape: vec![], kind: crate::graph::Kind::Class(crate::graph::ListId(0), 3), varying: true },
        span: Default::default(),
    });
    let t = g.intern(Op::Leaf(crate::graph::Leaf::Input(1)));
    let z = g.matmul(w, x);
    let e = g.unary(&crate::op::exponential::EXP, z);
    let sum = g.sum(&[0], e);
    let wide = g.expand_to(sum, &[3]);
    let p = g.divide(e, wide);
    let picked = g.gather(p, t, 0);
    let log = g.unary(&crate::op::exponential::LOG, picked);
    let loss = g.negate(log);
    let recognised = simplify(&g, &[loss, z, w], Stage::Recognise);
    let (mut g, roots) = (recognised.graph, recognised.roots);
    let found = crate::gradient::adjoints(&mut g, roots[0], &[roots[2]]);
    let (dz, dw) = (found.of(roots[1]).unwrap(), found.of(roots[2]).unwrap());
    let simple = simplify(&g, &[dz, dw], Stage::Simplify);
    crate::graph::verify::verify(&simple.graph, &simple.roots).unwrap();
    insta::assert_snapshot!(crate::graph::show::show(&simple.graph, &simple.roots));
}

#[test]
fn views_compose_and_constants_fold() {
    let (mut g, _, x) = setting();
    let padded = g.pad(x, 0, 2, 2);
    let slice = g.slice(padded, 0, 2, 1, 4);
    let reversed = g.slice(slice, 0, 3, -1, 4);
    let again = g.slice(reversed, 0, 3, -1, 4);
    let simple = simplify(&g, &[again], Stage::Simplify);
    assert_eq!(simple.graph.len(), 1);
}

/// The first elements of a value are not the value, though they stand at the same indices: in products, in functions, in sums.
#[test]
fn a_slice_from_the_beginning_is_no_whole_value() {
    let (mut g, w, x) = setting();
    let (first, row) = (g.slice(x, 0, 0, 1, 3), g.index(w, 0, 0));
    let h = g.slice(row, 0, 0, 1, 3);
    let product = g.dot(first, h);
    let wide = g.expand_at(first, &[2, 3], &[1]);
    let value = g.unary(&crate::op::exponential::EXP, wide);
    let sum = g.sum(&[0], value);
    let table = g.slice(w, 1, 0, 1, 3);
    let matrix = g.matmul(table, first);
    let roots = [product, sum, matrix];
    let simple = simplify(&g, &roots, Stage::Simplify);
    crate::graph::verify::verify(&simple.graph, &simple.roots).unwrap();
    let env = crate::oracle::Environment::random(&g, 3, 1);
    let before = crate::oracle::evaluate(&g, &roots, &env).unwrap();
    let after = crate::oracle::evaluate(&simple.graph, &simple.roots, &env).unwrap();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.flat().len(), after.flat().len());
        assert!(before.flat().iter().zip(after.flat()).all(|(x, y)| (x - y).abs() < 1e-12));
    }
}

/// `if t then -log(s) else -log(1 - s)`, with the sign in it or before it: the gradient by the logit is `s − t`.
#[test]
fn a_logistic_loss_with_an_if_is_recognised() {
    use crate::op::{activation, exponential};
    for before in [false, true] {
        let mut g = Graph::new();
        let variable = |name: &str, kind, varying| Variable {
            name: name.into(),
            ty: Type { shape: vec![3], kind, varying },
            span: Default::default(),
        };
        g.inputs.push(variable("t", crate::graph::Kind::Bool, true));
        g.parameters.push(variable("z", crate::graph::Kind::Real, false));
        let t = g.intern(Op::Leaf(crate::graph::Leaf::Input(0)));
        let z = g.intern(Op::Leaf(crate::graph::Leaf::Parameter(0)));
        let s = g.unary(&activation::SIGMOID, z);
        let one = g.constant(1.0, &[3]);
        let rest = g.subtract(one, s);
        let (mut yes, mut no) = (g.unary(&exponential::LOG, s), g.unary(&exponential::LOG, rest));
        if !before {
            (yes, no) = (g.negate(yes), g.negate(no));
        }
        let mut loss = g.select(t, yes, no);
        if before {
            loss = g.negate(loss);
        }
        let recognised = simplify(&g, &[loss], Stage::Recognise);
        let text = crate::graph::show::show(&recognised.graph, &recognised.roots);
        assert!(text.contains("logistic_loss") && !text.contains("log "), "{text}");
        let env = crate::oracle::Environment::random(&g, 4, 5);
        let values = |g: &Graph, root| crate::oracle::evaluate(g, &[root], &env).unwrap()[0].flat();
        for (one, other) in values(&g, loss).iter().zip(values(&recognised.graph, recognised.roots[0])) {
            assert!((one - other).abs() < 1e-12);
        }
    }
}

/// The first entries of a vector are no vector as it is: the product of a part by a part keeps both.
#[test]
fn a_part_in_a_product_stays_a_part() {
    let mut g = Graph::new();
    g.parameters.push(Variable { name: "w".into(), ty: Type::real(&[5], false), span: Default::default() });
    let w = g.intern(Op::Leaf(crate::graph::Leaf::Parameter(0)));
    let (behind, before) = (g.slice(w, 0, 1, 1, 4), g.slice(w, 0, 0, 1, 4));
    let product = g.dot(behind, before);
    let simple = simplify(&g, &[product], Stage::Simplify);
    crate::graph::verify::verify(&simple.graph, &simple.roots).unwrap();
}

/// The gradient by a parameter of what a program says, as derived and simplified: the same numbers, and this text in the end.
fn gradient(loss: &str, by: u32) -> String {
    let text = format!("input k: class(4), x: [4], t\nparam a: [4, 4], z: [4], c\nloss = {loss}\n");
    let mut sources = crate::diagnostic::Sources::default();
    let file = sources.add("model.nn", &text);
    let (model, said) = crate::model::elaborate(&crate::syntax::parse(file, &text), &sources, &Default::default());
    let model = model.unwrap_or_else(|| panic!("{loss}: {:?}", said.iter().map(|d| &d.message).collect::<Vec<_>>()));
    let (of, leaf) = (model.loss.unwrap(), model.parameters[by as usize].leaf);
    let recognised = simplify(&model.graph, &[of, leaf], Stage::Recognise);
    let (mut g, roots) = (recognised.graph, recognised.roots);
    let d = crate::gradient::adjoints(&mut g, roots[0], &roots[1..]).of(roots[1]);
    let d = d.unwrap_or_else(|| g.constant(0.0, &model.graph.parameters[by as usize].ty.shape.clone()));
    let simple = simplify(&g, &[d], Stage::Simplify);
    crate::graph::verify::verify(&simple.graph, &simple.roots).unwrap();
    let env = crate::oracle::Environment::random(&g, 3, 2);
    let values = |g: &Graph, root| crate::oracle::evaluate(g, &[root], &env).unwrap()[0].flat();
    let raw = {
        let mut g = model.graph.clone();
        let d = crate::gradient::adjoints(&mut g, of, &[leaf]).of(leaf).unwrap();
        values(&g, d)
    };
    let short = values(&simple.graph, simple.roots[0]);
    assert!(raw.iter().zip(short.iter().cycle()).all(|(a, b)| (a - b).abs() < 1e-9), "{loss}: {raw:?} and {short:?}");
    crate::graph::show::show(&simple.graph, &simple.roots)
}

#[test]
fn gradients_have_nothing_too_much() {
    let all = [
        ("2 (c + t) - 2 t - 2 c", 2),
        ("(c + t)^2 - c^2 - 2 c t", 2),
        ("(c + t)^2 - c^2", 2),
        ("c / c", 2),
        ("exp(c)^exp(c)", 2),
        ("norm(a)", 0),
        ("sum(abs(a)) / norm(a)", 0),
        ("-log(softmax(z)[1])", 1),
        ("-log(softmax(a)[1, 2])", 0),
        ("logsumexp(z) * sum(softmax(z) + onehot(k))", 1),
        ("sum(log_softmax(z[1..3]))", 1),
    ];
    let said: Vec<String> = all.iter().map(|(loss, by)| format!("{loss}\n{}", gradient(loss, *by))).collect();
    insta::assert_snapshot!(said.join("\n\n"));
}
