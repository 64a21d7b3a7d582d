//! How a first program may call what a file has.
use super::reference;
use crate::model::is_of_the_language;
use crate::syntax::is_reserved;

/// Whether a name means something to the program already.
pub fn is_known(name: &str) -> bool {
    is_reserved(name)
        || is_of_the_language(name)
        || reference::names().any(|known| known == name)
        || ["x", "t", "h", "z", "y", "loss", "off", "accuracy", "all", "except"].contains(&name)
}

/// A column as a data section names it.
pub fn quoted(name: &str) -> String {
    let mut letters = name.chars();
    let plain = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !is_reserved(name)
        && !matches!(name, "all" | "except");
    if plain { name.to_string() } else { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) }
}
