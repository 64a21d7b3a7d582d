//! The binary: everything it does is in `cli`.
fn main() -> std::process::ExitCode {
    gradus::cli::run()
}
