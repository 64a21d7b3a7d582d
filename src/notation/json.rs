//! Derivations as JSON: each formula as text and as a tree, so that programs need not parse.
use super::derivation::{Derivation, Where};
use super::expression::{Expression as E, Part, Running};
use super::linear::{NN, TEXT, print, symbol};
use serde_json::{Value, json};

pub fn render(derivation: &Derivation) -> Value {
    let lines: Vec<Value> = derivation
        .lines
        .iter()
        .map(|line| {
            json!({
                "left": line.left.iter().map(formula).collect::<Vec<_>>(),
                "right": formula(&line.right),
                "indices": indices(&line.indices),
                "where": line.wheres.iter().map(explanation).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "lines": lines })
}

fn explanation(explained: &Where) -> Value {
    json!({
        "left": formula(&explained.left),
        "sign": explained.sign,
        "right": formula(&explained.right),
        "indices": indices(&explained.indices),
    })
}

fn indices(all: &[Running]) -> Value {
    all.iter().map(|r| json!({ "letter": r.symbol, "length": r.length })).collect()
}

fn formula(e: &E) -> Value {
    json!({ "text": print(e, &TEXT), "nn": print(e, &NN), "latex": super::latex::print(e), "tree": tree(e) })
}

/// A formula as a tree: `[kind, operand, …]`; names are strings, numbers are numbers.
pub fn tree(e: &E) -> Value {
    let all = |kind: &str, parts: &mut dyn Iterator<Item = &E>| -> Value {
        std::iter::once(json!(kind)).chain(parts.map(tree)).collect()
    };
    match e {
        E::Number(value) => json!(value),
        E::Count(n) => json!(["count", n]),
        E::Symbol(of) => json!(symbol(of)),
        E::Subscript(x, places) => json!(["at", tree(x), places.iter().map(tree).collect::<Value>()]),
        E::Index(x, parts) => {
            let parts: Value = parts
                .iter()
                .map(|part| match part {
                    Part::At(place) | Part::Beyond { at: place, .. } => tree(place),
                    Part::Range(from, to) => json!(["range", from, to]),
                })
                .collect();
            json!(["index", tree(x), parts])
        }
        E::Transpose(x) => json!(["transpose", tree(x)]),
        E::Power(x, y) => json!(["power", tree(x), tree(y)]),
        E::Call { name, arguments, options } => {
            let options: serde_json::Map<String, Value> = options.iter().map(|o| (o.0.clone(), tree(&o.1))).collect();
            json!(["call", name, arguments.iter().map(tree).collect::<Value>(), options])
        }
        E::Bars(x) => json!(["abs", tree(x)]),
        E::Bracket(x) => json!(["bracket", tree(x)]),
        E::List(parts) => all("list", &mut parts.iter()),
        E::Reshaped(x, shape) => json!(["reshape", tree(x), shape]),
        E::Product { scalars, factors } => all("product", &mut scalars.iter().chain(factors)),
        E::Negate(x) => json!(["negate", tree(x)]),
        E::Elementwise(factors) => all("elementwise", &mut factors.iter()),
        E::Fraction(x, y) => json!(["fraction", tree(x), tree(y)]),
        E::Sum(terms) => std::iter::once(json!("sum"))
            .chain(
                terms.iter().map(|(negative, term)| if *negative { json!(["negate", tree(term)]) } else { tree(term) }),
            )
            .collect(),
        E::SumOver(running, x) => json!(["sum_over", indices(running), tree(x)]),
        E::Compare(sign, x, y) => json!(["compare", sign, tree(x), tree(y)]),
        E::And(x, y) => json!(["and", tree(x), tree(y)]),
        E::Or(x, y) => json!(["or", tree(x), tree(y)]),
        E::Not(x) => json!(["not", tree(x)]),
        E::If { condition, yes, no } => json!(["if", tree(condition), tree(yes), tree(no)]),
    }
}
