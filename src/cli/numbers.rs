//! Whole numbers of the command line, and what is said of those that are none.
use std::num::NonZeroUsize;

/// A number that may be 0: of epochs, of steps.
pub fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| wanted(text, 0))
}

/// A number that is 1 or more: of rows, of threads.
pub fn positive(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| wanted(text, 1))
}

/// A seed.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| wanted(text, 0))
}

/// A temperature.
pub fn temperature(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && 0.0 <= *number);
    number.ok_or_else(|| "it takes a number, 0 or more".to_string())
}

fn wanted(text: &str, least: u32) -> String {
    match text.parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && number >= f64::from(least) && !text.contains(['.', 'e', 'E']) => {
            "this number is too large".to_string()
        }
        _ => format!("it takes a whole number, {least} or more"),
    }
}
