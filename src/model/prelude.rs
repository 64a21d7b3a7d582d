//! The prelude: definitions in Gradus itself, read once and elaborated only where they are used.
use super::Elaborator;
use super::path::Frames;
use super::scope::{Scopes, Slot};
use super::value::{Defined, Function, Value};
use crate::syntax::{Parsed, StatementKind, parse};
use std::sync::OnceLock;

/// The number of the prelude's text in spans; no `Sources` has it. Diagnostics speak of the call in the user's file instead.
pub const FILE: u32 = u32::MAX;

pub const TEXT: &str = concat!(
    include_str!("../prelude/layers.nn"),
    include_str!("../prelude/activations.nn"),
    include_str!("../prelude/losses.nn"),
    include_str!("../prelude/optimizers.nn"),
    include_str!("../prelude/schedules.nn"),
);

/// The prelude's tree.
pub fn parsed() -> &'static Parsed {
    static PARSED: OnceLock<Parsed> = OnceLock::new();
    PARSED.get_or_init(|| parse(FILE, TEXT))
}

impl Elaborator<'_> {
    /// Makes the prelude's definitions known.
    pub(super) fn load_prelude(&mut self) {
        let prelude = parsed();
        for statement in &prelude.root {
            if let StatementKind::Definition(definition) = &statement.kind {
                let defined = Defined { definition, tree: &prelude.tree, scope: Scopes::PRELUDE, frame: Frames::ROOT };
                let slot = Slot::Value(Value::Function(Function::Defined(defined)));
                self.scopes.set(Scopes::PRELUDE, &definition.name.name, slot, definition.name.span);
            }
        }
    }
}
