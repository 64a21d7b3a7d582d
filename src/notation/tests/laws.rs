//! Laws of what is printed: it reads back as the same formula, and nothing in it is noise.
use super::setting::Setting;
use crate::graph::{Leaf, Op};
use crate::notation::expression::{Expression as E, Part, elementwise, fraction, product, sum};
use crate::notation::linear::{NN, print};
use crate::notation::{Form, definition_text, gradient, latex, text};
use crate::syntax::{NodeKind, ProductSign, Relation, StatementKind, SumSign, Tree, TreeId, parse};
use proptest::prelude::*;

/// A formula of the language in normal form.
fn read(tree: &Tree, id: TreeId) -> E {
    let all = |ids: &[TreeId]| ids.iter().map(|id| read(tree, *id)).collect::<Vec<E>>();
    match tree.kind(id) {
        NodeKind::Name(name) => E::name(name.clone()),
        NodeKind::Number(value) => E::Number(*value),
        NodeKind::Paren(inner) => read(tree, *inner),
        NodeKind::List(items) => match &items[..] {
            [one] if matches!(tree.kind(*one), NodeKind::Compare { .. }) => E::Bracket(Box::new(read(tree, *one))),
            _ => E::List(all(items)),
        },
        NodeKind::Negate(inner) => read(tree, *inner).negated(),
        NodeKind::Sum { first, rest } => {
            let mut terms = vec![(false, read(tree, *first))];
            terms.extend(rest.iter().map(|(sign, id)| (*sign == SumSign::Minus, read(tree, *id))));
            sum(terms)
        }
        NodeKind::Product { first, rest } => {
            // -x * y is -(x * y).
            let (negative, first) = match tree.kind(*first) {
                NodeKind::Negate(inner) => (true, read(tree, *inner)),
                _ => (false, read(tree, *first)),
            };
            let mut above = vec![first];
            let mut result: Option<E> = None;
            for (sign, id) in rest {
                let next = read(tree, *id);
                match sign {
                    ProductSign::Over => {
                        let numerator = result.take().unwrap_or_else(|| elementwise(std::mem::take(&mut above)));
                        result = Some(fraction(numerator, next));
                    }
                    _ => match result.take() {
                        Some(quotient) => result = Some(elementwise(vec![quotient, next])),
                        None => above.push(next),
                    },
                }
            }
            let product = result.unwrap_or_else(|| elementwise(above));
            if negative { product.negated() } else { product }
        }
        NodeKind::Juxtaposition(factors) => {
            let factors = all(factors);
            let numbers = factors.iter().take_while(|f| matches!(f, E::Number(_))).count();
            product(factors[..numbers].to_vec(), factors[numbers..].to_vec())
        }
        NodeKind::Power { base, exponent } => read(tree, *base).power(read(tree, *exponent)),
        NodeKind::Ticks { of, .. } => read(tree, *of).transposed(),
        NodeKind::Compare { first, rest } => {
            let (sign, second) = rest[0];
            let sign = match sign {
                Relation::Equal => "==",
                Relation::NotEqual => "!=",
                Relation::Less => "<",
                Relation::LessEqual => "<=",
                Relation::Greater => ">",
                Relation::GreaterEqual => ">=",
            };
            E::Compare(sign, Box::new(read(tree, *first)), Box::new(read(tree, second)))
        }
        NodeKind::Call { callee, arguments } => {
            let NodeKind::Name(name) = tree.kind(*callee) else { panic!("a call of no name") };
            E::call(name.clone(), arguments.iter().map(|a| read(tree, a.value)).collect())
        }
        NodeKind::Index { of, at } => {
            let parts = at
                .iter()
                .map(|id| match tree.kind(*id) {
                    NodeKind::Range { from: None, to: None } => Part::Range(None, None),
                    _ => Part::At(read(tree, *id)),
                })
                .collect();
            read(tree, *of).index(parts)
        }
        NodeKind::If { condition, then, otherwise } => E::If {
            condition: Box::new(read(tree, *condition)),
            yes: Box::new(read(tree, *then)),
            no: Box::new(read(tree, *otherwise)),
        },
        other => panic!("{other:?}"),
    }
}

fn formula() -> impl Strategy<Value = E> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["x", "w", "h", "δz", "σ"]).prop_map(E::name),
        prop::sample::select(vec![2.0, 3.0, 0.5, 2e-4]).prop_map(E::Number),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let value = inner.clone().prop_filter("a value", |e| !matches!(e.clone().unsigned().1, E::Number(_)));
        let plain = value.clone().prop_map(|e| e.unsigned().1);
        // Fractions and products within products have been put together by whoever builds them.
        let factor = plain.clone().prop_filter("a factor", |e| !matches!(e, E::Elementwise(_) | E::Fraction(..)));
        let single = factor
            .clone()
            .prop_filter("no product", |e| !matches!(e, E::Product { scalars, .. } if !scalars.is_empty()));
        prop_oneof![
            inner.clone().prop_map(E::negated),
            plain.clone().prop_map(E::transposed),
            (value.clone(), 2..4u32).prop_map(|(x, n)| x.power(E::Number(f64::from(n)))),
            prop::collection::vec((any::<bool>(), inner.clone()), 2..4).prop_map(sum),
            prop::collection::vec(single.clone(), 2..4).prop_map(|factors| product(vec![], factors)),
            single.clone().prop_map(|factor| product(vec![E::Number(2.0)], vec![factor])),
            prop::collection::vec(factor.clone(), 2..4).prop_map(elementwise),
            (factor, plain.clone()).prop_map(|(a, b)| fraction(a, b)),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| E::Bracket(Box::new(E::Compare(
                ">=",
                Box::new(a),
                Box::new(b)
            )))),
            inner.clone().prop_map(|x| E::call("tanh", vec![x])),
            (plain, inner).prop_map(|(x, place)| x.index(vec![Part::Range(None, None), Part::At(place)])),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(e in formula()) {
        let printed = print(&e, &NN);
        let parsed = parse(0, &format!("q = {printed}"));
        prop_assert!(parsed.diagnostics.is_empty(), "{printed}: {:?}", parsed.diagnostics);
        let StatementKind::Binding { value, .. } = &parsed.root[0].kind else { panic!("{printed}") };
        prop_assert_eq!(read(&parsed.tree, *value), e, "{}", printed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Whatever the graph is, there is a derivation, and each of its formulas has a reading.
    #[test]
    fn any_graph_has_a_reading(script in prop::collection::vec(any::<u8>(), 4..60)) {
        let random = crate::draw::graph::random_graph(&script);
        let mut g = random.graph;
        let sums: Vec<_> = random.roots.iter().map(|&root| g.sum_all(root)).collect();
        let loss = sums.into_iter().reduce(|a, b| g.add(a, b)).unwrap();
        let by: Vec<_> = (0..g.parameters.len() as u32)
            .map(|i| (g.parameters[i as usize].name.clone(), g.intern(Op::Leaf(Leaf::Parameter(i)))))
            .collect();
        let of = [("loss".into(), loss)];
        let derivation = gradient(&g, &of, &by, Form::Paper);
        prop_assert_eq!(derivation.lines.is_empty(), by.is_empty());
        let program = gradient(&g, &of, &by, Form::Program);
        let printed = text::render(&derivation, 100, false) + &crate::notation::nn::render(&program);
        prop_assert!(!printed.contains('…'), "{}", printed);
        let latex = latex::render(&derivation);
        prop_assert!(is_balanced(&latex), "{}", latex);
        let length = definition_text(&g, loss).chars().count();
        prop_assert!((1..100_000).contains(&length), "{} characters in a message", length);
    }
}

/// Braces, and parentheses that grow, in LaTeX.
fn is_balanced(latex: &str) -> bool {
    let mut depth = 0_i32;
    for c in latex.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && latex.matches(r"\left").count() == latex.matches(r"\right").count()
}

/// What no person writes.
const NOISE: [&str; 14] =
    ["1 ·", "− −", "+ −", "- -", "+ -", "((", "¹ ", "--", "−−", "= +", "⊙ 1 ", " 0 +", "− (−", "…"];

#[test]
fn nothing_is_noise() {
    let programs = [
        "input x: [4]\ntarget t: class(3)\nh = relu(dense(x, 16))\nz = dense(h, 3)\ny = softmax(z)\nloss = cross_entropy(y, t)",
        "input x: [5]\ntarget t: [3]\nh = gelu(dense(x, 6))\ny = layer_norm(dense(h, 3))\nloss = mean(abs(y - t))",
        "input x: [12, 2], t: [12]\nh = rnn(x, 5)\ny = neuron(h)\nloss = sum((y - t)^2)",
        "input x: [12, 2]\ntarget t: [10, 3]\ny = sigmoid(conv1d(x, 3, 3))\nloss = sum((y - t)^4)",
        "input x: [4]\ntarget t: bool\ny = sigmoid(neuron(silu(dense(x, 8))))\nloss = binary_cross_entropy(y, t)",
    ];
    for program in programs {
        let (setting, loss) = Setting::of_source(program);
        let derivation = setting.gradient(loss).paper;
        let printed = text::render(&derivation, 100, false);
        for noise in NOISE {
            assert!(!printed.contains(noise), "{noise:?} in\n{printed}");
        }
        assert!(is_balanced(&latex::render(&derivation)));
    }
}
