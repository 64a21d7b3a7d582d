//! Finds a file, checks that the program may name it, and reads it by the kind that its name says.
use super::dataset::Options;
use super::table::Table;
use super::{csv, idx, numpy};
use crate::diagnostic::{Diagnostic, Span};
use crate::schema::{FileSource, nearest};
use flate2::read::MultiGzDecoder;
use std::io::{BufReader, Cursor, Read};
use std::path::{Component, Path, PathBuf};

/// Reads tables for one run.
pub struct Files<'a> {
    pub options: &'a Options,
    /// Whether an array of this name is needed.
    pub wanted: &'a dyn Fn(&str) -> bool,
    /// Whether a column is of texts, though in this file they may all look like numbers.
    pub are_texts: &'a dyn Fn(&str) -> bool,
}

/// The kinds of files that hold rows.
const KINDS: &str = "`.csv`, `.tsv`, `.npz`, `.npy`, `.idx`, each also with `.gz` behind it";

impl Files<'_> {
    /// The file of the section. It stands below the program's folder (E0602), or else `--data` names it.
    pub fn main(&self, source: &FileSource) -> Result<Table, Diagnostic> {
        let way_out = format!("to read it, say so on the command line: `--data {}`", source.path);
        self.named(source).map_err(|error| if error.code == "E0602" { error.help(way_out) } else { error })
    }

    /// Another file that the program names: it stands below the program's folder (E0602).
    pub fn other(&self, source: &FileSource) -> Result<Table, Diagnostic> {
        let way_out = "copy the file into the program's folder";
        self.named(source).map_err(|error| if error.code == "E0602" { error.help(way_out) } else { error })
    }

    fn named(&self, source: &FileSource) -> Result<Table, Diagnostic> {
        let path = self.inside(source)?;
        self.read(&path, &source.path, Some(source.span))
    }

    /// A file that the command line names: anywhere.
    pub fn given(&self, path: &Path) -> Result<Table, Diagnostic> {
        if path == Path::new("-") {
            let mut bytes = vec![];
            let failed = |text: String| Diagnostic::error("E0611", text);
            std::io::stdin().read_to_end(&mut bytes).map_err(|error| failed(format!("can't read stdin: {error}")))?;
            let table = self.csv(&bytes, "stdin").map_err(|text| failed(format!("stdin: {text}")))?;
            return match duplicate(&table) {
                Some(name) => Err(twice("stdin", name)),
                None => Ok(table),
            };
        }
        self.read(path, &path.display().to_string(), None)
    }

    fn inside(&self, source: &FileSource) -> Result<PathBuf, Diagnostic> {
        let written = Path::new(&source.path);
        let stays = written.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let path = self.options.folder.join(written);
        // A link may lead out of the folder too.
        let leads_out = match (path.canonicalize(), self.options.folder_path().canonicalize()) {
            (Ok(path), Ok(folder)) => !path.starts_with(folder),
            _ => false,
        };
        if stays && !leads_out {
            return Ok(path);
        }
        Err(Diagnostic::error("E0602", format!("`{}` is outside of the program's folder", source.path))
            .at(source.span, "leads out of the folder")
            .note("a program reads only files below its own folder, so that running one that you were given is safe"))
    }

    fn read(&self, path: &Path, shown: &str, span: Option<Span>) -> Result<Table, Diagnostic> {
        let wrong = |code, text: String, label: &str| match span {
            Some(span) => Diagnostic::error(code, text).at(span, label),
            None => Diagnostic::error(code, text),
        };
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let inner = name.strip_suffix(".gz").unwrap_or(&name);
        let kind = match inner.rsplit_once('.').map_or(inner, |(_, extension)| extension) {
            "csv" | "tsv" => Kind::Csv,
            "npz" => Kind::Npz,
            "npy" => Kind::Npy,
            "idx" => Kind::Idx,
            _ if inner.ends_with("-ubyte") => Kind::Idx,
            "txt" => {
                let error = wrong("E0614", "text files are not supported yet".to_string(), "a text file");
                return Err(error.help("columns may come from `.csv` (also separated by tabs) and `.npz` files"));
            }
            _ => {
                let error = wrong("E0601", format!("what kind of file is `{shown}`?"), "not known by its name");
                return Err(error.help(format!("kinds are {KINDS}")));
            }
        };
        let unreadable = |error: std::io::Error| self.unreadable(path, shown, span, &error);
        let packed = name.ends_with(".gz");
        let table = if kind == Kind::Npz && !packed {
            let file = std::fs::File::open(path).map_err(unreadable)?;
            numpy::read_npz(BufReader::with_capacity(1 << 16, file), shown, self.wanted)
        } else {
            let bytes = std::fs::read(path).map_err(unreadable)?;
            let bytes = match packed {
                false => bytes,
                true => unzipped(&bytes)
                    .map_err(|error| wrong("E0611", format!("{shown} can't be unpacked: {error}"), "this file"))?,
            };
            match kind {
                Kind::Csv => self.csv(&bytes, shown),
                Kind::Npz => numpy::read_npz(Cursor::new(&bytes), shown, self.wanted),
                Kind::Npy => numpy::read_npy(&bytes, shown),
                Kind::Idx => idx::read_idx(&bytes, shown),
            }
        };
        let table = table.map_err(|text| {
            let error = wrong("E0611", format!("{shown}: {text}"), "can't be read as it stands");
            error.help(if text.contains("UTF-16") {
                "save it as UTF-8 (in Excel: `CSV UTF-8`), or convert it: `iconv -f UTF-16 -t UTF-8 old.csv > new.csv`"
            } else if text.contains("UTF-8") {
                "save it as UTF-8 (in Excel: `CSV UTF-8`), or convert it: `iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv`"
            } else {
                "correct the file, or save it anew"
            })
        })?;
        match (duplicate(&table), span) {
            (None, _) => Ok(table),
            (Some(name), Some(span)) => Err(twice(shown, name).at(span, "this file")),
            (Some(name), None) => Err(twice(shown, name)),
        }
    }

    fn csv(&self, bytes: &[u8], shown: &str) -> Result<Table, String> {
        csv::read_csv(bytes, shown, &csv::Reading { are_texts: self.are_texts, skip_bad: self.options.skip_bad })
    }

    fn unreadable(&self, path: &Path, shown: &str, span: Option<Span>, error: &std::io::Error) -> Diagnostic {
        let (text, missing) = match error.kind() {
            std::io::ErrorKind::NotFound => (format!("there is no file `{shown}`"), true),
            std::io::ErrorKind::PermissionDenied => (format!("`{shown}` may not be read"), false),
            std::io::ErrorKind::IsADirectory => (format!("`{shown}` is a folder"), false),
            _ => (format!("`{shown}` can't be read: {error}"), false),
        };
        let diagnostic = Diagnostic::error("E0601", text);
        let diagnostic = match span {
            Some(span) => diagnostic.at(span, if missing { "no such file" } else { "can't be read" }),
            None => diagnostic,
        };
        let neighbours = path.parent().map(neighbours).unwrap_or_default();
        let neighbours: Vec<&str> = neighbours.iter().map(String::as_str).collect();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let diagnostic = match nearest(&name, &neighbours) {
            Some(near) if missing => {
                let found = format!("there is `{near}` in that folder");
                // The path as it was written, with another name at its end.
                match span.filter(|_| shown.ends_with(&name)) {
                    Some(span) => {
                        let path = format!("\"{}{near}\"", &shown[..shown.len() - name.len()]);
                        diagnostic.edit(found, span, path, false)
                    }
                    None => diagnostic.help(found),
                }
            }
            _ => diagnostic,
        };
        match span {
            Some(_) if missing => diagnostic.note("a path is relative to the folder of the program"),
            _ => diagnostic,
        }
    }
}

/// E0616.
fn twice(shown: &str, name: &str) -> Diagnostic {
    let error = Diagnostic::error("E0616", format!("{shown} has two columns named `{name}`"));
    error.help("rename one of them in the file")
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Csv,
    Npz,
    Npy,
    Idx,
}

fn neighbours(folder: &Path) -> Vec<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn unzipped(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut unpacked = vec![];
    MultiGzDecoder::new(bytes).read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

fn duplicate(table: &Table) -> Option<&str> {
    let mut names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}
