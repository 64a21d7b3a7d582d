//! Every layer, cell, norm, activation and loss of the prelude: its value and all of its gradients are PyTorch's, by native code and by
//! the interpreter, to 1e-10 in f64 and 1e-5 in f32. `layers/reference.py` made PyTorch's numbers.
use crate::values::{Way, trained_from};
use gradus::kernel::Float;
use serde_json::Value;

/// As `value` in `reference.py`.
fn value(at: usize, count: usize, modulus: u64) -> Vec<f64> {
    (0..count as u64).map(|k| 2.0 * (389 * (k + 31 * at as u64 + 1) % modulus) as f64 / modulus as f64 - 1.0).collect()
}

/// All that the answer is made of are parameters, and one step of rate 1 takes the gradient off each.
fn check(case: &Value, way: Way) {
    let (name, gradus) = (case["name"].as_str().unwrap(), case["gradus"].as_str().unwrap());
    let shapes = case["shapes"].as_object().unwrap();
    let modulus = case["modulus"].as_u64().unwrap();
    let declared: String = shapes
        .iter()
        .filter(|(path, _)| !path.contains('.'))
        .map(|(path, shape)| match shape.to_string().as_str() {
            "[]" => format!("param {path}\n"),
            shape => format!("param {path}: {shape}\n"),
        })
        .collect();
    let beside = case["beside"].as_str().unwrap();
    let text =
        format!("{beside}{declared}y = {gradus}\ntrain {{ minimize sum(c * y); optimizer sgd(rate = 1); steps 1 }}\n");
    // JSON's objects are sorted here; the file has the order in which they were drawn.
    let order = case["order"].as_array().unwrap();
    let start = |path: &str, count: usize| {
        let at = order.iter().position(|own| own == path)?;
        Some(value(at, count, modulus))
    };
    let tolerance = if way.float == Float::F64 { 1e-10 } else { 1e-5 };
    let after = trained_from(&text, way, &start);
    let mut compared = 0;
    for (path, after) in after {
        let Some(wanted) = case["gradients"][&path].as_array() else {
            assert!(["center", "spread"].iter().any(|state| path.ends_with(state)), "{name}: {path} is not compared");
            continue;
        };
        let before = start(&path, after.len()).unwrap();
        assert_eq!(wanted.len(), after.len(), "{name}: {path}");
        for (k, ((before, after), wanted)) in before.iter().zip(&after).zip(wanted).enumerate() {
            let (found, wanted) = (before - after, wanted.as_f64().unwrap());
            let away = (found - wanted).abs() / (1.0 + wanted.abs());
            assert!(away <= tolerance, "{name}, {way:?}: ∂/∂{path}, element {k}: {found}, PyTorch: {wanted}");
        }
        compared += 1;
    }
    assert_eq!(compared, shapes.len(), "{name}");
}

#[test]
fn every_layer_and_its_gradients_are_pytorchs() {
    let reference: Value = serde_json::from_str(include_str!("layers/reference.json")).unwrap();
    let cases = reference["cases"].as_array().unwrap();
    for case in cases {
        for way in Way::in_f64().into_iter().chain(Way::in_f32()) {
            check(case, way);
        }
    }
    assert!(cases.len() > 80);
}
