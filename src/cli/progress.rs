//! How training is shown to a person: one line that changes where a terminal is, plain lines where there is none.
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// The progress of a run.
pub struct Progress {
    silent: bool,
    terminal: bool,
    epochs: usize,
    shown: Option<Instant>,
    last: Option<String>,
}

/// A line on the terminal is not drawn anew more often than this.
const PAUSE: Duration = Duration::from_millis(80);
/// Without a terminal there are about this many lines a run.
const LINES: usize = 10;

impl Progress {
    pub fn new(silent: bool, epochs: usize) -> Progress {
        Progress { silent, terminal: std::io::stderr().is_terminal(), epochs, shown: None, last: None }
    }

    /// Whether `tell` would show it: what is not shown need not be computed.
    pub fn wants(&self, kind: &str, epoch: usize) -> bool {
        if self.silent {
            return false;
        }
        if self.terminal && kind == "epoch" {
            return epoch == self.epochs || self.shown.is_none_or(|at| at.elapsed() >= PAUSE);
        }
        let every = (self.epochs / LINES).max(1);
        kind == "step" || epoch.is_multiple_of(every) || epoch == 1 || epoch == self.epochs
    }

    /// A step or an epoch, and what is known of it.
    pub fn tell(&mut self, kind: &str, step: usize, epoch: usize, values: &[(String, f64)]) {
        let numbers: String = values.iter().map(|(name, value)| format!("  {name} {}", number(*value))).collect();
        let width = self.epochs.to_string().len();
        let head =
            if kind == "epoch" { format!("epoch {epoch:>width$}/{}", self.epochs) } else { format!("step {step}") };
        let line = format!("{head}{numbers}");
        if self.terminal && kind == "epoch" {
            let _ = write!(anstream::stderr(), "\r\x1b[2K{line}");
            let _ = anstream::stderr().flush();
            self.shown = Some(Instant::now());
            self.last = Some(line);
        } else {
            let _ = writeln!(anstream::stderr(), "{line}");
        }
    }

    /// Leaves the last line standing.
    pub fn finish(&mut self) {
        if let Some(line) = self.last.take() {
            let _ = writeln!(anstream::stderr(), "\r\x1b[2K{line}");
        }
    }
}

/// Four digits behind the point, or in all where that says too little.
pub fn number(value: f64) -> String {
    if value != 0.0 && (value.abs() < 1e-3 || value.abs() >= 1e5) {
        format!("{value:.3e}")
    } else {
        format!("{value:.4}")
    }
}

/// What is being done, where a terminal is. The line goes away with this.
pub struct Waiting {
    terminal: bool,
}

impl Waiting {
    pub fn new() -> Waiting {
        Waiting { terminal: std::io::stderr().is_terminal() }
    }

    pub fn tell(&self, what: &str) {
        if self.terminal {
            let _ = write!(anstream::stderr(), "\r\x1b[2K{what} …");
            let _ = anstream::stderr().flush();
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.terminal {
            let _ = write!(anstream::stderr(), "\r\x1b[2K");
        }
    }
}
