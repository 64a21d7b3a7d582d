//! Weights on disk: safetensors, tensors by path, and one metadata key with what the data said.
//!
//! The same weights are the same bytes: tensors are in a fixed order, the metadata is sorted JSON, no clock and no path is written.
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::Variable;
use crate::kernel::Float;
use crate::model::Model;
use crate::schema::{CellType, Facts, Statistics, nearest, shape_text};
use crate::step::Target;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

/// The metadata key. A file of another program lacks it and is read too.
const KEY: &str = "gradus";
/// Of the metadata. It grows when its meaning changes.
const VERSION: u64 = 1;

/// A parameter as it is saved: its path, its shape, its values row by row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor<'a> {
    pub path: &'a str,
    pub shape: &'a [usize],
    pub values: &'a [f64],
}

/// What a weights file holds of a model: its parameters, then the states of its layers (such as the running means of `batch_norm`).
/// An optimizer's states end with the training.
pub fn kept(model: &Model) -> Vec<(Target, &Variable)> {
    let updates = model.training.iter().flat_map(|t| &t.optimizer.updates);
    let own: Vec<u32> = updates.flat_map(|u| u.states.iter().map(|s| s.0)).collect();
    let parameters = model.graph.parameters.iter().zip(0..).map(|(v, at)| (Target::Parameter(at), v));
    let states = model.graph.states.iter().zip(0..).filter(|(_, at)| !own.contains(at));
    parameters.chain(states.map(|(v, at)| (Target::State(at), v))).collect()
}

/// A weights file that fits the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// In the order in which the parameters were asked for.
    pub values: Vec<Vec<f64>>,
    /// None in a file without the key `gradus`.
    pub facts: Option<Facts>,
}

/// Writes a weights file: wholly, or not at all. E0805 if it can't.
pub fn save(path: &Path, tensors: &[Tensor], precision: Float, facts: &Facts) -> Result<(), Diagnostic> {
    let bytes = to_bytes(tensors, precision, facts).map_err(|error| cannot_write(path, &error.to_string()))?;
    write_whole(path, &bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => cannot_write(path, "there is no such folder"),
        // The error itself names the temporary file.
        kind => cannot_write(path, &kind.to_string()),
    })
}

/// Reads a weights file for these parameters (path and shape). `named` is the place in the program that names the file, if one does.
///
/// Numbers of f32 and f64 convert. E0801 if it is no weights file, E0802 if its tensors are not the parameters, E0803 and E0804 if it can't be understood.
pub fn load(path: &Path, parameters: &[(&str, &[usize])], named: Option<Span>) -> Result<Weights, Diagnostic> {
    let shown = path.display().to_string();
    let place = |diagnostic: Diagnostic| match named {
        Some(span) => diagnostic.at(span, "this file"),
        None => diagnostic,
    };
    let bytes = std::fs::read(path).map_err(|error| place(cannot_read(&shown, &error)))?;
    from_bytes(&bytes, &shown, parameters).map_err(place)
}

/// What of a weights file fits a model, by path and shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitting {
    /// For each parameter that was asked for.
    pub values: Vec<Option<Vec<f64>>>,
    /// Why those without values have none, in words.
    pub others: Vec<String>,
}

/// Reads what fits these parameters (path and shape) from a weights file that the program names at a place. What is in the file beyond them is
/// left there.
///
/// E0801 if it is no weights file, E0803 of other numbers, E0806 if nothing in it fits.
pub fn load_fitting(path: &Path, parameters: &[(&str, &[usize])], named: Span) -> Result<Fitting, Diagnostic> {
    let shown = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let bytes = std::fs::read(path).map_err(|error| cannot_read(&shown, &error).at(named, "this file"))?;
    let no_weights = |error: SafeTensorError| {
        let error = Diagnostic::error("E0801", format!("`{shown}` is no safetensors file")).note(error.to_string());
        error.at(named, "this file").help("weights are written by `gradus run model.nn --save weights.safetensors`")
    };
    let tensors = SafeTensors::deserialize(&bytes).map_err(no_weights)?;
    let mut fitting = Fitting { values: vec![], others: vec![] };
    for (path, shape) in parameters {
        let value = match tensors.tensor(path) {
            Ok(view) if view.shape() == *shape => Some(read_numbers(&view, path, &shown)?),
            Ok(view) => {
                let (own, there) = (shape_text(shape), shape_text(view.shape()));
                fitting.others.push(format!("`{path}` is {own} here and {there} there"));
                None
            }
            Err(_) => {
                fitting.others.push(format!("`{path}` is not in the file"));
                None
            }
        };
        fitting.values.push(value);
    }
    if fitting.values.iter().all(Option::is_none) {
        let mut names = tensors.names();
        names.sort_unstable();
        let error =
            Diagnostic::error("E0806", format!("nothing in `{shown}` fits this program")).at(named, "this file");
        let error = error.note(format!("it has {}", crate::schema::quoted_list(&names)));
        return Err(
            error.help("parameters are found by their paths: give their bindings the names that they had there")
        );
    }
    Ok(fitting)
}

/// What a file says of its data, if it can be read and says anything: enough to read the program that its tensors belong to.
pub fn facts(path: &Path) -> Option<Facts> {
    let bytes = std::fs::read(path).ok()?;
    let (_, header) = SafeTensors::read_metadata(&bytes).ok()?;
    let text = header.metadata().as_ref()?.get(KEY)?;
    read_metadata(text, &path.display().to_string()).ok()
}

/// The bytes of a weights file.
pub fn to_bytes(tensors: &[Tensor], precision: Float, facts: &Facts) -> Result<Vec<u8>, SafeTensorError> {
    let (dtype, data): (Dtype, Vec<Vec<u8>>) = match precision {
        Float::F32 => (
            Dtype::F32,
            tensors.iter().map(|tensor| little_endian(tensor.values, |v| (v as f32).to_le_bytes())).collect(),
        ),
        Float::F64 => {
            (Dtype::F64, tensors.iter().map(|tensor| little_endian(tensor.values, f64::to_le_bytes)).collect())
        }
    };
    let views = tensors
        .iter()
        .zip(&data)
        .map(|(tensor, data)| Ok((tensor.path, TensorView::new(dtype, tensor.shape.to_vec(), data)?)));
    let views = views.collect::<Result<Vec<_>, SafeTensorError>>()?;
    safetensors::serialize(views, Some(HashMap::from([(KEY.to_string(), metadata(facts))])))
}

/// Reads the bytes of a weights file that is shown under this name.
pub fn from_bytes(bytes: &[u8], shown: &str, parameters: &[(&str, &[usize])]) -> Result<Weights, Diagnostic> {
    let no_weights = |error: SafeTensorError| {
        Diagnostic::error("E0801", format!("`{shown}` is no safetensors file"))
            .note(error.to_string())
            .help("weights are written by `gradus run model.nn --save weights.safetensors`")
    };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(no_weights)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(no_weights)?;
    let facts = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
    let facts = facts.map(|text| read_metadata(text, shown)).transpose()?;
    check_tensors(&tensors, shown, parameters)?;
    let values = parameters.iter().map(|(path, _)| match tensors.tensor(path) {
        Ok(view) => read_numbers(&view, path, shown),
        Err(error) => Err(no_weights(error)),
    });
    Ok(Weights { values: values.collect::<Result<_, _>>()?, facts })
}

/// Names every tensor that is missing, too many or of another shape (E0802).
fn check_tensors(tensors: &SafeTensors, shown: &str, parameters: &[(&str, &[usize])]) -> Result<(), Diagnostic> {
    let mut extra: Vec<&str> =
        tensors.names().into_iter().filter(|name| parameters.iter().all(|(path, _)| path != name)).collect();
    extra.sort_unstable();
    let mut problems = vec![];
    for (path, shape) in parameters {
        match tensors.tensor(path) {
            Err(_) => {
                let near = nearest(path, &extra).map_or(String::new(), |near| format!("; the file has `{near}`"));
                problems.push(format!("`{path}` {} is not in the file{near}", of_shape(shape)));
            }
            Ok(view) if view.shape() != *shape => {
                problems.push(format!(
                    "`{path}` is {} in the model and {} in the file",
                    shape_text(shape),
                    shape_text(view.shape())
                ));
            }
            Ok(_) => {}
        }
    }
    problems.extend(extra.iter().map(|name| format!("`{name}` is in the file and is no parameter of the model")));
    if problems.is_empty() {
        return Ok(());
    }
    let error = Diagnostic::error("E0802", format!("the weights in `{shown}` are not those of this model"));
    let error = problems.into_iter().fold(error, Diagnostic::note);
    Err(error.help("a parameter is named by the bindings it stands in: use the program that the weights were trained with, or train anew"))
}

fn of_shape(shape: &[usize]) -> String {
    if shape.is_empty() { "(a number)".to_string() } else { format!("of shape {}", shape_text(shape)) }
}

fn read_numbers(view: &TensorView, path: &str, shown: &str) -> Result<Vec<f64>, Diagnostic> {
    let data = view.data();
    match view.dtype() {
        Dtype::F32 => Ok(data.as_chunks().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect()),
        Dtype::F64 => Ok(data.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()),
        other => Err(Diagnostic::error("E0803", format!("`{path}` in `{shown}` has numbers of the type {other:?}"))
            .help("weights are F32 or F64: convert the file")),
    }
}

fn little_endian<const N: usize>(values: &[f64], bytes: impl Fn(f64) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(|value| bytes(*value)).collect()
}

/// Sorted JSON. `BTreeMap` sorts, whatever features `serde_json` was built with.
fn metadata(facts: &Facts) -> String {
    let sorted = |entries: Vec<(String, Value)>| json!(BTreeMap::from_iter(entries));
    let lists = |map: &indexmap::IndexMap<String, Vec<String>>| {
        sorted(map.iter().map(|(slot, names)| (slot.clone(), json!(names))).collect())
    };
    let statistics = |of: fn(&Statistics) -> Value| {
        let entries = facts.statistics.iter().map(|(slot, statistics)| (slot.clone(), of(statistics)));
        sorted(entries.filter(|(_, value)| !value.is_null()).collect())
    };
    let fill = statistics(|s| if s.fill.is_empty() { Value::Null } else { json!(s.fill) });
    let standardize = statistics(|s| match s.mean.is_empty() {
        true => Value::Null,
        false => json!(BTreeMap::from([("deviation", &s.deviation), ("mean", &s.mean)])),
    });
    let name = |cells: &CellType| CellType::NAMES.iter().find(|(known, _)| known == cells).map(|(_, name)| json!(name));
    let cells = facts.cells.iter().filter_map(|(column, cells)| Some((column.clone(), name(cells)?)));
    let all = BTreeMap::from([
        ("cells", sorted(cells.collect())),
        ("classes", lists(&facts.classes)),
        ("columns", lists(&facts.columns)),
        ("fill", fill),
        ("split_seed", json!(facts.split_seed)),
        ("standardize", standardize),
        ("version", json!(VERSION)),
    ]);
    json!(all).to_string()
}

fn read_metadata(text: &str, shown: &str) -> Result<Facts, Diagnostic> {
    let malformed = |what: &str| {
        Diagnostic::error("E0804", format!("the metadata of `{shown}` can't be read: {what}"))
            .help("the file is damaged: train anew, or take its metadata key `gradus` out to read plain tensors")
    };
    let value: Value = serde_json::from_str(text).map_err(|error| malformed(&error.to_string()))?;
    match value["version"].as_u64() {
        Some(VERSION) => {}
        Some(newer) if VERSION < newer => {
            return Err(Diagnostic::error("E0804", format!("`{shown}` was written by a newer version of gradus"))
                .note(format!("its metadata has the version {newer}, this gradus knows {VERSION}"))
                .help("use the newer gradus"));
        }
        _ => return Err(malformed("it has no version")),
    }
    let mut facts = Facts { split_seed: value["split_seed"].as_u64().unwrap_or(0), ..Facts::default() };
    for (key, map) in [("classes", &mut facts.classes), ("columns", &mut facts.columns)] {
        for (slot, names) in value[key].as_object().into_iter().flatten() {
            let names = names.as_array().into_iter().flatten().map(|name| name.as_str().map(str::to_string));
            map.insert(
                slot.clone(),
                names.collect::<Option<_>>().ok_or_else(|| malformed(&format!("`{key}` is not of texts")))?,
            );
        }
    }
    let numbers = |value: &Value, key: &str| -> Result<Vec<f64>, Diagnostic> {
        let numbers = value.as_array().into_iter().flatten().map(Value::as_f64);
        numbers.collect::<Option<_>>().ok_or_else(|| malformed(&format!("`{key}` is not of numbers")))
    };
    for (slot, fill) in value["fill"].as_object().into_iter().flatten() {
        facts.statistics.entry(slot.clone()).or_default().fill = numbers(fill, "fill")?;
    }
    for (slot, both) in value["standardize"].as_object().into_iter().flatten() {
        let statistics = facts.statistics.entry(slot.clone()).or_default();
        statistics.mean = numbers(&both["mean"], "standardize")?;
        statistics.deviation = numbers(&both["deviation"], "standardize")?;
    }
    // Files of earlier versions say nothing of cells. What another version calls otherwise is not known.
    for (column, cells) in value["cells"].as_object().into_iter().flatten() {
        let known = CellType::NAMES.iter().find(|(_, name)| cells == name);
        facts.cells.extend(known.map(|(cells, _)| (column.clone(), *cells)));
    }
    Ok(facts)
}

/// Writes beside the file and puts it in place at the end, so that a crash leaves the old file whole.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // As any new file: what the user's mask allows. A temporary file is its owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.prefix(".gradus-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn cannot_write(path: &Path, why: &str) -> Diagnostic {
    let error = Diagnostic::error("E0805", format!("the weights can't be written to `{}`", path.display()));
    error.note(why.to_string()).help("name a file in a folder that exists and that you may write to")
}

fn cannot_read(shown: &str, error: &std::io::Error) -> Diagnostic {
    match error.kind() {
        std::io::ErrorKind::NotFound => Diagnostic::error("E0801", format!("there is no weights file `{shown}`"))
            .help("weights are written by `gradus run model.nn --save weights.safetensors`"),
        _ => Diagnostic::error("E0801", format!("`{shown}` can't be read"))
            .note(error.to_string())
            .help("is it a file that you may read?"),
    }
}

#[cfg(test)]
mod tests;
