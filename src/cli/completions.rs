//! `gradus completions`: what a shell needs to complete commands and options.
use super::{Arguments, Exit, print};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Write a shell's completions to stdout
///
/// Examples:
///   source <(gradus completions bash)
///   gradus completions zsh > ~/.zfunc/_gradus
///   gradus completions fish > ~/.config/fish/completions/gradus.fish
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Exit {
        let mut script = vec![];
        clap_complete::generate(self.shell, &mut Arguments::command(), "gradus", &mut script);
        print(&String::from_utf8_lossy(&script))
    }
}
