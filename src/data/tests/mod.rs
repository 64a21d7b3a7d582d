//! Programs with files beside them, loaded whole: what comes out, and what is said when nothing can.
mod errors;
mod files;
mod sections;

use super::{Column, Dataset, Options, Values, load};
use crate::diagnostic::{Diagnostic, Sources, render};
use crate::graph::Kind;
use crate::schema::{Declared, Role, default_plan, plan};
use crate::syntax::{DeclareKind, Element, NodeKind, StatementKind, Tree, TreeId, parse};
use indexmap::IndexMap;
use std::path::Path;

/// A program and the files of its folder.
pub struct Case<'a> {
    program: &'a str,
    folder: tempfile::TempDir,
    settings: IndexMap<String, f64>,
    change: fn(&mut Options),
}

impl<'a> Case<'a> {
    pub fn new(program: &'a str) -> Case<'a> {
        let folder = tempfile::tempdir().unwrap();
        Case { program, folder, settings: IndexMap::new(), change: |_| {} }
    }
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }
    pub fn setting(mut self, name: &str, value: f64) -> Self {
        self.settings.insert(name.to_string(), value);
        self
    }
    pub fn options(mut self, change: fn(&mut Options)) -> Self {
        self.change = change;
        self
    }
    pub fn try_load(&self) -> Result<Dataset, Vec<Diagnostic>> {
        let mut options = Options::new(self.folder.path());
        options.precision = crate::kernel::Float::F64;
        (self.change)(&mut options);
        if let Some(path) = options.data.take() {
            options.data = Some(self.folder.path().join(path));
        }
        self.load_with(&options)
    }
    pub fn load_with(&self, options: &Options) -> Result<Dataset, Vec<Diagnostic>> {
        let parsed = parse(0, self.program);
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        let mut declared = vec![];
        let mut section = None;
        for statement in &parsed.root {
            match &statement.kind {
                StatementKind::Declare { kind, items } => {
                    let role = if *kind == DeclareKind::Input { Role::Input } else { Role::Target };
                    declared.extend(items.iter().map(|item| declare(&parsed.tree, item, role)));
                }
                StatementKind::Section(found) => section = Some((found, statement.span)),
                _ => {}
            }
        }
        let plan = match section {
            Some((section, span)) => plan(&parsed.tree, section, span, &declared, &self.settings)?,
            None => default_plan(&declared, &self.settings),
        };
        load(&plan, options)
    }
    #[track_caller]
    pub fn load(&self) -> Dataset {
        self.try_load().unwrap_or_else(|errors| panic!("{}", self.rendered(&errors)))
    }
    /// What the user reads, without the path of the folder.
    pub fn errors(&self) -> String {
        match self.try_load() {
            Ok(dataset) => format!("no error; {}", self.rendered(&[dataset.warnings, dataset.notes].concat())),
            Err(errors) => self.rendered(&errors),
        }
    }
    pub fn rendered(&self, diagnostics: &[Diagnostic]) -> String {
        let mut sources = Sources::default();
        sources.add("model.nn", self.program);
        let all: Vec<String> = diagnostics.iter().map(|diagnostic| render(diagnostic, &sources, false)).collect();
        let text: String = all.join("\n\n").lines().map(|line| format!("{}\n", line.trim_end())).collect();
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

fn declare(tree: &Tree, item: &crate::syntax::Declared, role: Role) -> Declared {
    let number = |id: TreeId| match tree.kind(id) {
        NodeKind::Number(number) => *number as usize,
        _ => 0,
    };
    let ty = item.ty.as_ref();
    let kind = match ty.map(|ty| ty.element) {
        Some(Element::Class(count)) => Kind::Class(crate::graph::ListId(item.name.span.start), number(count)),
        Some(Element::Bool) => Kind::Bool,
        _ => Kind::Real,
    };
    let shape = ty.map_or(vec![], |ty| ty.shape.iter().map(|size| number(*size)).collect());
    Declared { name: item.name.name.clone(), role, shape, kind, span: item.name.span, length: None, least: 1 }
}

/// The numbers of a column of f64, or the indices of a class.
#[track_caller]
pub fn numbers(dataset: &Dataset, name: &str) -> Vec<f64> {
    dataset.column(name).unwrap_or_else(|| panic!("no column {name}")).to_f64()
}

pub fn f32s(column: &Column) -> &[f32] {
    match &column.values {
        Values::F32(values) => values,
        _ => panic!("not f32"),
    }
}

/// The folder of the data that comes with the examples.
pub fn example(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data").join(name)
}
