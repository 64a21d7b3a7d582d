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
