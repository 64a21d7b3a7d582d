//! What is saved is what is read; the bytes do not depend on the run; every way to fail says which way out there is.
use super::*;
use crate::diagnostic::{Sources, render};
use indexmap::IndexMap;
use proptest::prelude::*;

const SHAPES: &[(&str, &[usize])] = &[("h.w", &[2, 3]), ("h.b", &[2]), ("scale", &[])];

fn saved(shapes: &[(&str, &[usize])], precision: Float, facts: &Facts) -> Vec<u8> {
    let values: Vec<Vec<f64>> =
        shapes.iter().map(|(_, shape)| (0..shape.iter().product()).map(|v| v as f64 / 10.0).collect()).collect();
    let tensors: Vec<Tensor> =
        shapes.iter().zip(&values).map(|((path, shape), values)| Tensor { path, shape, values }).collect();
    to_bytes(&tensors, precision, facts).unwrap()
}

fn facts() -> Facts {
    let mut facts = Facts { split_seed: 3, ..Facts::default() };
    facts.classes.insert("t".to_string(), vec!["no".to_string(), "yes \"é\"".to_string()]);
    facts.columns.insert("x".to_string(), vec!["b".to_string(), "a".to_string()]);
    facts.columns.insert("t".to_string(), vec!["label".to_string()]);
    let both = Statistics { fill: vec![0.1, 1.0 / 3.0], mean: vec![1e-300, -2.5], deviation: vec![1.0, 0.3] };
    facts.statistics.insert("x".to_string(), both);
    facts.cells = CellType::NAMES.iter().map(|(cells, name)| (format!("a {name}"), *cells)).collect();
    facts.statistics.insert("u".to_string(), Statistics { fill: vec![7.0], ..Statistics::default() });
    facts
}

#[track_caller]
fn error(result: Result<Weights, Diagnostic>) -> String {
    render(&result.unwrap_err(), &Sources::default(), false)
}

#[test]
fn weights_and_facts_come_back() {
    let read = from_bytes(&saved(SHAPES, Float::F64, &facts()), "w", SHAPES).unwrap();
    assert_eq!(read.values, [vec![0.0, 0.1, 0.2, 0.3, 0.4, 0.5], vec![0.0, 0.1], vec![0.0]]);
    let found = read.facts.unwrap();
    let sorted = |facts: &Facts| {
        let mut facts = facts.clone();
        facts.classes.sort_keys();
        facts.columns.sort_keys();
        facts.statistics.sort_keys();
        facts.cells.sort_keys();
        facts
    };
    assert_eq!(sorted(&found), sorted(&facts()));
}

#[test]
fn single_precision_is_rounded_once() {
    let read = from_bytes(&saved(SHAPES, Float::F32, &facts()), "w", SHAPES).unwrap();
    assert_eq!(read.values[1], [0.0, f64::from(0.1f32)]);
}

#[test]
fn the_same_weights_are_the_same_bytes_whatever_the_order_of_the_facts() {
    let mut other = facts();
    other.columns = IndexMap::from_iter(facts().columns.into_iter().rev());
    other.statistics = IndexMap::from_iter(facts().statistics.into_iter().rev());
    assert_eq!(saved(SHAPES, Float::F32, &facts()), saved(SHAPES, Float::F32, &other));
    let reversed: Vec<_> = SHAPES.iter().rev().copied().collect();
    let lengths = [saved(SHAPES, Float::F32, &facts()).len(), saved(&reversed, Float::F32, &facts()).len()];
    assert_eq!(lengths[0], lengths[1]);
    insta::assert_snapshot!(metadata(&facts()));
}

#[test]
fn a_file_of_another_program_is_read_too() {
    let data = [1.5f64.to_le_bytes(), 2.5f64.to_le_bytes()].concat();
    let view = TensorView::new(Dtype::F64, vec![2], &data).unwrap();
    let bytes = safetensors::serialize([("b", view)], None).unwrap();
    let read = from_bytes(&bytes, "w", &[("b", &[2])]).unwrap();
    assert_eq!(read, Weights { values: vec![vec![1.5, 2.5]], facts: None });
}

#[test]
fn a_file_is_written_whole_and_replaces_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    std::fs::write(&path, "old").unwrap();
    let tensor = Tensor { path: "b", shape: &[2], values: &[1.0, -2.0] };
    save(&path, &[tensor], Float::F32, &Facts::default()).unwrap();
    assert_eq!(load(&path, &[("b", &[2])], None).unwrap().values, [[1.0, -2.0]]);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names, ["w.safetensors"]);
}

#[test]
fn e0801_no_weights() {
    insta::assert_snapshot!(error(from_bytes(b"PK\x03\x04 a zip file", "model.npz", SHAPES)));
    insta::assert_snapshot!(error(load(Path::new("missing.safetensors"), SHAPES, None)));
}

#[test]
fn e0802_names_every_tensor_that_does_not_fit() {
    let file: &[(&str, &[usize])] = &[("h.w", &[3, 2]), ("h.bias", &[2]), ("z.w", &[1, 2])];
    insta::assert_snapshot!(error(from_bytes(&saved(file, Float::F32, &facts()), "old.safetensors", SHAPES)));
}

#[test]
fn e0803_other_numbers() {
    let view = TensorView::new(Dtype::I64, vec![1], &[0; 8]).unwrap();
    let bytes = safetensors::serialize([("b", view)], None).unwrap();
    insta::assert_snapshot!(error(from_bytes(&bytes, "w.safetensors", &[("b", &[1])])));
}

#[test]
fn e0804_metadata() {
    let with = |text: &str| {
        let metadata = HashMap::from([(KEY.to_string(), text.to_string())]);
        let none: [(&str, TensorView); 0] = [];
        error(from_bytes(&safetensors::serialize(none, Some(metadata)).unwrap(), "w.safetensors", &[]))
    };
    insta::assert_snapshot!(with("{\"version\": 2}"));
    insta::assert_snapshot!(with("{\"version\": 1, \"fill\": {\"x\": [\"a\"]}}"));
    insta::assert_snapshot!(with("{}"));
}

#[test]
fn e0805_not_written() {
    let result = save(Path::new("no/such/folder/w.safetensors"), &[], Float::F32, &Facts::default());
    insta::assert_snapshot!(render(&result.unwrap_err(), &Sources::default(), false));
}

proptest! {
    #[test]
    fn doubles_come_back_to_the_last_bit(values in proptest::collection::vec(any::<f64>().prop_filter("finite", |v| v.is_finite()), 1..40)) {
        let tensor = Tensor { path: "w", shape: &[values.len()], values: &values };
        let mut facts = Facts::default();
        facts.statistics.insert("x".to_string(), Statistics { fill: values.clone(), ..Statistics::default() });
        let bytes = to_bytes(&[tensor], Float::F64, &facts).unwrap();
        let read = from_bytes(&bytes, "w", &[("w", &[values.len()])]).unwrap();
        prop_assert_eq!(&read.values[0], &values);
        prop_assert_eq!(read.facts, Some(facts));
    }

    #[test]
    fn damaged_files_are_refused_and_never_crash(at in 0usize..400, byte: u8, cut in 0usize..400) {
        let mut bytes = saved(SHAPES, Float::F32, &facts());
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length - cut % length);
        let _ = from_bytes(&bytes, "w", SHAPES);
    }
}

#[test]
fn a_file_that_says_nothing_of_cells_is_read() {
    let text = metadata(&facts());
    let begin = text.find("\"cells\":{").unwrap();
    let end = begin + text[begin..].find("},").unwrap() + 2;
    let older = format!("{}{}", &text[..begin], &text[end..]);
    let found = read_metadata(&older, "w").unwrap();
    assert!(found.cells.is_empty() && found.classes.len() == 1, "{older}");
}
