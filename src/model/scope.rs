//! Which name means what, block by block.
use super::value::Value;
use crate::diagnostic::Span;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScopeId(usize);

/// What a name of a block is.
#[derive(Clone, Debug)]
pub enum Slot<'a> {
    Value(Value<'a>),
    /// It could not be made; that was reported.
    Broken,
    /// The block binds it, further down.
    Below,
}

#[derive(Clone, Debug)]
pub struct Entry<'a> {
    pub slot: Slot<'a>,
    pub span: Span,
}

#[derive(Clone, Debug, Default)]
struct Scope<'a> {
    parent: Option<ScopeId>,
    names: IndexMap<String, Entry<'a>, FxBuildHasher>,
}

/// All blocks' names. A block's scope lives as long as the elaboration, for functions refer to the scope that they stand in.
#[derive(Clone, Debug)]
pub struct Scopes<'a>(Vec<Scope<'a>>);

impl<'a> Scopes<'a> {
    /// The prelude's scope, around all others.
    pub const PRELUDE: ScopeId = ScopeId(0);

    pub fn new() -> Scopes<'a> {
        Scopes(vec![Scope::default()])
    }
    pub fn inside(&mut self, parent: ScopeId) -> ScopeId {
        self.0.push(Scope { parent: Some(parent), names: IndexMap::default() });
        ScopeId(self.0.len() - 1)
    }
    /// The entry of this very block.
    pub fn own(&self, scope: ScopeId, name: &str) -> Option<&Entry<'a>> {
        self.0[scope.0].names.get(name)
    }
    pub fn set(&mut self, scope: ScopeId, name: &str, slot: Slot<'a>, span: Span) {
        self.0[scope.0].names.insert(name.to_string(), Entry { slot, span });
    }
    /// The entry that a name means here: the nearest that is bound by now; else one that is bound further down.
    pub fn find(&self, scope: ScopeId, name: &str) -> Option<(ScopeId, &Entry<'a>)> {
        let mut below = None;
        let mut at = Some(scope);
        while let Some(id) = at {
            if let Some(entry) = self.0[id.0].names.get(name) {
                match entry.slot {
                    Slot::Below => below = below.or(Some((id, entry))),
                    _ => return Some((id, entry)),
                }
            }
            at = self.0[id.0].parent;
        }
        below
    }
    /// Whether a block is another one, or stands in it.
    pub fn is_within(&self, scope: ScopeId, outer: ScopeId) -> bool {
        let mut at = Some(scope);
        while let Some(id) = at.filter(|id| *id != outer) {
            at = self.0[id.0].parent;
        }
        at.is_some()
    }
    /// All names that can be seen from here, inner ones first.
    pub fn visible(&self, scope: ScopeId) -> impl Iterator<Item = (&str, &Entry<'a>)> {
        let mut all = vec![];
        let mut at = Some(scope);
        while let Some(id) = at {
            all.extend(self.0[id.0].names.iter().map(|(name, entry)| (name.as_str(), entry)));
            at = self.0[id.0].parent;
        }
        all.into_iter()
    }
}
