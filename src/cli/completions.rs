//! `gradus completions`: what a shell needs to complete commands, options, files and names. The shell asks this program itself, so
//! that there is one list of everything.
use super::{Arguments, Exit, print, reference};
use crate::pipeline;
use clap::{Args, Command, CommandFactory, ValueEnum};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter};
use clap_complete::env::{CompleteEnv, Shells};
use std::path::Path;

/// Write a shell's completions to stdout
///
/// The shell then completes commands, options and their values, programs, files of data, and the names that `explain` knows.
///
/// Examples:
///   source <(gradus completions bash)           in ~/.bashrc
///   source <(gradus completions zsh)            in ~/.zshrc, behind `compinit`
///   gradus completions fish > ~/.config/fish/completions/gradus.fish
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

/// The variable by which a shell asks.
const VARIABLE: &str = "GRADUS_COMPLETE";
const NAME: &str = "gradus";

impl Completions {
    pub fn run(self) -> Exit {
        let name = self.shell.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default();
        let mut script = vec![];
        let written = Shells::builtins()
            .completer(&name)
            .map(|shell| shell.write_registration(VARIABLE, NAME, NAME, NAME, &mut script));
        match written {
            Some(Ok(())) => print(&String::from_utf8_lossy(&script)),
            _ => Exit::Failure,
        }
    }
}

/// Answers a shell that asks, and ends the process; returns if none does.
pub fn answer() {
    CompleteEnv::with_factory(command).var(VARIABLE).bin(NAME).completer(NAME).complete();
}

/// The commands, with what their arguments may be.
fn command() -> Command {
    let commands: Vec<String> = Arguments::command().get_subcommands().map(|c| c.get_name().to_string()).collect();
    commands.into_iter().fold(Arguments::command(), |all, name| {
        all.mut_subcommand(name, |one| {
            one.mut_args(|argument| {
                let files = |endings: &'static [&'static str]| {
                    ArgValueCompleter::new(PathCompleter::file().filter(move |path| ends_in(path, endings)))
                };
                match argument.get_id().as_str() {
                    "file" | "files" => argument.add(files(&["nn"])),
                    "data" => argument.add(files(&["csv", "tsv", "npz", "npy", "idx", "txt", "wav", "gz"])),
                    "weights" | "save" => argument.add(files(&["safetensors"])),
                    "code" => argument.add(ArgValueCandidates::new(explained)),
                    _ => argument,
                }
            })
        })
    })
}

fn ends_in(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// What `explain` knows: names of the prelude, then codes.
fn explained() -> Vec<CompletionCandidate> {
    let names = reference::names().map(CompletionCandidate::new);
    let codes = pipeline::explanations().into_iter();
    names.chain(codes.map(|e| CompletionCandidate::new(e.code).help(Some(e.title.into())))).collect()
}
