//! `GRADUS_CPU`: narrower vectors than the processor has, to see what another machine would do.
use super::Exit;
use super::source::complain;
use crate::vector::Path;
use std::sync::OnceLock;

/// What the variable says in `--help`.
pub const HELP: &str = "Environment:\n  GRADUS_CPU=avx512|avx2|portable  Vectors of 512, 256 or 128 bits, instead of the widest of this processor";

const VARIABLE: &str = "GRADUS_CPU";

static CHOSEN: OnceLock<Path> = OnceLock::new();

/// Reads the variable, once for the whole process. A value that names no path, or one that this processor lacks, is a mistake of usage.
pub fn choose() -> Result<(), Exit> {
    let path = match std::env::var_os(VARIABLE) {
        Some(value) if !value.is_empty() => wanted(&value.to_string_lossy(), &Path::available()).map_err(|why| {
            complain(&format!("error: {why}"));
            Exit::Usage
        })?,
        _ => Path::detect(),
    };
    CHOSEN.get_or_init(|| path);
    Ok(())
}

/// The vectors to compute with.
pub fn path() -> Path {
    *CHOSEN.get_or_init(Path::detect)
}

/// The path of that name, if it is one of those.
fn wanted(name: &str, available: &[Path]) -> Result<Path, String> {
    let names: Vec<&str> = available.iter().map(|path| path.name()).collect();
    let names = match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    };
    match Path::by_name(name) {
        None => Err(format!("{VARIABLE} is `{name}`, and there are no such vectors; this processor has {names}")),
        Some(path) if !available.contains(&path) => {
            Err(format!("{VARIABLE} is `{name}`, which this processor lacks; it has {names}"))
        }
        Some(path) => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_processor_lacks_is_refused_with_what_it_has() {
        let narrow = [Path::Avx2, Path::Portable];
        assert_eq!(wanted("avx2", &narrow), Ok(Path::Avx2));
        assert_eq!(wanted("portable", &narrow), Ok(Path::Portable));
        let lacking = "GRADUS_CPU is `avx512`, which this processor lacks; it has avx2 and portable";
        assert_eq!(wanted("avx512", &narrow).unwrap_err(), lacking);
        let lacking = "GRADUS_CPU is `avx2`, which this processor lacks; it has portable";
        assert_eq!(wanted("avx2", &[Path::Portable]).unwrap_err(), lacking);
        let unknown =
            "GRADUS_CPU is `sse`, and there are no such vectors; this processor has avx512, avx2 and portable";
        assert_eq!(wanted("sse", &Path::ALL).unwrap_err(), unknown);
    }
}
