//! Finds a file, checks that the program may name it, and reads it by the kind that its name says.
use super::dataset::Options;
use super::table::Table;
use super::{csv, idx, numpy, sound, text};
use crate::diagnostic::{Diagnostic, Span};
use crate::schema::{DataPlan, FileSource, nearest};
use flate2::read::MultiGzDecoder;
use std::io::{BufReader, Cursor, ErrorKind, Read};
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
const KINDS: &str = "`.csv`, `.tsv`, `.npz`, `.npy`, `.idx`, `.txt`, `.wav`, each also with `.gz` behind it";

impl Files<'_> {
    /// The file of the section. It stands below the program's folder (E0602), or else `--data` names it.
    pub fn main(&self, source: &FileSource) -> Result<Table, Diagnostic> {
        self.read(&DataFile::main(self.options, source)?)
    }

    /// Another file that the program names: it stands below the program's folder (E0602).
    pub fn other(&self, source: &FileSource) -> Result<Table, Diagnostic> {
        let place = DataFile::inside(self.options, source);
        self.read(&place.map_err(|error| error.help("copy the file into the program's folder"))?)
    }

    /// A file that the command line names: anywhere.
    pub fn given(&self, path: &Path) -> Result<Table, Diagnostic> {
        self.read(&DataFile::given(path))
    }

    fn read(&self, place: &DataFile) -> Result<Table, Diagnostic> {
        let DataFile { path, shown, .. } = place;
        let (kind, packed) = place.kind()?;
        let table = if kind == Kind::Npz && !packed {
            let file = std::fs::File::open(path).map_err(|error| place.unreadable(&error))?;
            numpy::read_npz(BufReader::with_capacity(1 << 16, file), shown, self.wanted)
        } else {
            let mut bytes = vec![];
            place.open(false)?.read_to_end(&mut bytes).map_err(|error| place.unreadable(&error))?;
            if packed {
                bytes = unzipped(&bytes).map_err(|error| {
                    place.wrong("E0611", format!("{shown} can't be unpacked: {error}"), "this file")
                })?;
            }
            match kind {
                Kind::Csv => {
                    let reading = csv::Reading { are_texts: self.are_texts, skip_bad: self.options.skip_bad };
                    csv::read_csv(&bytes, shown, &reading)
                }
                Kind::Npz => numpy::read_npz(Cursor::new(&bytes), shown, self.wanted),
                Kind::Npy => numpy::read_npy(&bytes, shown),
                Kind::Idx => idx::read_idx(&bytes, shown),
                Kind::Text => text::read_text(&bytes, shown),
                Kind::Sound => sound::read_sound(&bytes, shown),
            }
        };
        let table = table.map_err(|text| place.refused(&text))?;
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        place.check_names(names)?;
        Ok(table)
    }
}

/// A file, or stdin.
#[derive(Clone, Debug)]
pub struct DataFile {
    path: PathBuf,
    /// The name that people see.
    pub shown: String,
    /// Where the program names it.
    span: Option<Span>,
}

impl DataFile {
    /// What the command line names; `-` is stdin.
    pub fn given(path: &Path) -> DataFile {
        let shown = if path == Path::new("-") { "stdin".to_string() } else { path.display().to_string() };
        DataFile { path: path.to_path_buf(), shown, span: None }
    }

    /// The file that the rows of a plan come from, if they come from one.
    pub fn of(plan: &DataPlan, options: &Options) -> Result<Option<DataFile>, Diagnostic> {
        match (&options.data, &plan.file) {
            (Some(path), _) => Ok(Some(DataFile::given(path))),
            (None, Some(file)) => DataFile::main(options, file).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The file of the section.
    pub fn main(options: &Options, source: &FileSource) -> Result<DataFile, Diagnostic> {
        let way_out = format!("to read it, say so on the command line: `--data {}`", source.path);
        DataFile::inside(options, source).map_err(|error| error.help(way_out))
    }

    /// A file that the program names.
    fn inside(options: &Options, source: &FileSource) -> Result<DataFile, Diagnostic> {
        let written = Path::new(&source.path);
        let stays = written.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let path = options.folder.join(written);
        // A link may lead out of the folder too.
        let leads_out = match (path.canonicalize(), options.folder_path().canonicalize()) {
            (Ok(path), Ok(folder)) => !path.starts_with(folder),
            _ => false,
        };
        if stays && !leads_out {
            return Ok(DataFile { path, shown: source.path.clone(), span: Some(source.span) });
        }
        Err(Diagnostic::error("E0602", format!("`{}` is outside of the program's folder", source.path))
            .at(source.span, "leads out of the folder")
            .note("a program reads only files below its own folder, so that running one that you were given is safe"))
    }

    /// Where another file than one of data stands that the program names: below the program's folder (E0602).
    pub fn beside(options: &Options, source: &FileSource) -> Result<PathBuf, Diagnostic> {
        Ok(DataFile::inside(options, source)?.path)
    }

    fn is_stdin(&self) -> bool {
        self.span.is_none() && self.path == Path::new("-")
    }

    fn wrong(&self, code: &'static str, text: String, label: &str) -> Diagnostic {
        match self.span {
            Some(span) => Diagnostic::error(code, text).at(span, label),
            None => Diagnostic::error(code, text),
        }
    }

    /// What its name says that it is, and whether it is packed.
    fn kind(&self) -> Result<(Kind, bool), Diagnostic> {
        if self.is_stdin() {
            return Ok((Kind::Csv, false));
        }
        let name = self.path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let inner = name.strip_suffix(".gz").unwrap_or(&name);
        let kind = match inner.rsplit_once('.').map_or(inner, |(_, extension)| extension) {
            "csv" | "tsv" => Kind::Csv,
            "npz" => Kind::Npz,
            "npy" => Kind::Npy,
            "idx" => Kind::Idx,
            _ if inner.ends_with("-ubyte") => Kind::Idx,
            "txt" => Kind::Text,
            "wav" => Kind::Sound,
            _ => {
                let error =
                    self.wrong("E0601", format!("what kind of file is `{}`?", self.shown), "not known by its name");
                return Err(error.help(format!("kinds are {KINDS}")));
            }
        };
        Ok((kind, inner != name))
    }

    /// Its bytes, unpacked if that is asked for.
    fn open(&self, unpacked: bool) -> Result<Box<dyn Read>, Diagnostic> {
        if self.is_stdin() {
            return Ok(Box::new(std::io::stdin().lock()));
        }
        if self.path.is_dir() {
            return Err(self.unreadable(&ErrorKind::IsADirectory.into()));
        }
        let file = std::fs::File::open(&self.path).map_err(|error| self.unreadable(&error))?;
        Ok(if unpacked { Box::new(MultiGzDecoder::new(BufReader::new(file))) } else { Box::new(file) })
    }

    /// Its text as it comes, if it is one of rows.
    pub fn text(&self) -> Result<Option<Box<dyn Read>>, Diagnostic> {
        match self.kind()? {
            (Kind::Csv, packed) => self.open(packed).map(Some),
            _ => Ok(None),
        }
    }

    /// How many samples a second a sound has.
    pub fn sample_rate(&self) -> Option<u32> {
        let (Kind::Sound, packed) = self.kind().ok()? else { return None };
        let mut bytes = vec![];
        self.open(packed).ok()?.read_to_end(&mut bytes).ok()?;
        sound::sample_rate(&bytes)
    }

    /// E0611: what it holds can't be read.
    pub fn refused(&self, text: &str) -> Diagnostic {
        let error = self.wrong("E0611", format!("{}: {text}", self.shown), "can't be read as it stands");
        error.help(if text.contains("UTF-16") {
            "save it as UTF-8 (in Excel: `CSV UTF-8`), or convert it: `iconv -f UTF-16 -t UTF-8 old.csv > new.csv`"
        } else if text.contains("UTF-8") {
            "save it as UTF-8 (in Excel: `CSV UTF-8`), or convert it: `iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv`"
        } else {
            "correct the file, or save it anew"
        })
    }

    /// E0616: two columns have one name.
    pub fn check_names(&self, mut names: Vec<&str>) -> Result<(), Diagnostic> {
        names.sort_unstable();
        let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) else { return Ok(()) };
        let text = format!("{} has two columns named `{}`", self.shown, pair[0]);
        Err(self.wrong("E0616", text, "this file").help("rename one of them in the file"))
    }

    fn unreadable(&self, error: &std::io::Error) -> Diagnostic {
        let DataFile { path, shown, span } = self;
        let (text, missing) = match error.kind() {
            ErrorKind::NotFound => (format!("there is no file `{shown}`"), true),
            ErrorKind::PermissionDenied => (format!("`{shown}` may not be read"), false),
            ErrorKind::IsADirectory => (format!("`{shown}` is a folder"), false),
            _ => (format!("`{shown}` can't be read: {error}"), false),
        };
        let diagnostic = self.wrong("E0601", text, if missing { "no such file" } else { "can't be read" });
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

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Csv,
    Npz,
    Npy,
    Idx,
    Text,
    Sound,
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
