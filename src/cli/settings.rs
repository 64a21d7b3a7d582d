//! `--set name=value`: other numbers for the settings of a program.
use crate::model::Options;
use clap::Args;

/// What the command line says about settings.
#[derive(Args, Clone, Debug, Default)]
pub struct Settings {
    /// A setting of the program (a top-level `name = number`) takes this value
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parse)]
    set: Vec<(String, f64)>,
}

impl Settings {
    pub fn options(&self) -> Options {
        Options { settings: self.set.clone(), ..Options::default() }
    }
}

fn parse(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or("write `name=value`, as in `--set rate=0.1`")?;
    let number = value.trim().parse().map_err(|_| format!("`{value}` is no number"))?;
    Ok((name.trim().to_string(), number))
}
