//! The command line: one file a command. Results go to stdout, what is said about them to stderr.
mod answers;
mod bench;
mod check;
mod completions;
mod computing;
mod explain;
mod fix;
mod forecast;
mod format;
mod formula;
mod goal;
mod grad;
mod gradients;
mod look;
mod naming;
mod new;
mod numbers;
mod paragraph;
mod predict;
mod prepare;
mod processor;
mod progress;
mod reference;
mod run;
mod settings;
mod show;
mod source;
mod table;
mod writing;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// How a command ends: language reference, "Files and exits".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Success,
    /// The source, the data, the weights, input and output, divergence, a check that failed.
    Failure,
    Usage,
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
        })
    }
}

/// A small language for neural networks: readable gradients, native training.
#[derive(Parser)]
#[command(name = "gradus", version, arg_required_else_help = true, after_help = processor::HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    New(new::New),
    Run(run::Run),
    Predict(predict::Predict),
    Grad(grad::Grad),
    Check(check::Check),
    Bench(bench::Bench),
    Show(show::Show),
    Fmt(format::Fmt),
    Explain(explain::Explain),
    Completions(completions::Completions),
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    completions::answer();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no mistakes.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Success };
            let _ = error.print();
            return exit.into();
        }
    };
    if let Err(exit) = processor::choose() {
        return exit.into();
    }
    let exit = match arguments.command {
        Command::Check(command) => command.run(),
        Command::Run(command) => command.run(),
        Command::Grad(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Show(command) => command.run(),
        Command::Predict(command) => command.run(),
        Command::New(command) => command.run(),
        Command::Fmt(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Completions(command) => command.run(),
    };
    exit.into()
}

/// Writes to stdout. A pipe that was closed is no failure: whoever reads has seen enough.
pub fn print(text: &str) -> Exit {
    write(text).err().unwrap_or(Exit::Success)
}

/// The same for who has more to write; the error says how to end.
pub fn write(text: &str) -> Result<(), Exit> {
    use std::io::Write;
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        std::io::ErrorKind::BrokenPipe => Exit::Success,
        _ => Exit::Failure,
    })
}
