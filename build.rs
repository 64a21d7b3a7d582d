//! Turns `grammar/` into the parser's tables. A conflict in the grammar stops the build here.
fn main() {
    println!("cargo:rerun-if-changed=grammar");
    println!("cargo:rerun-if-changed=build.rs");
    if let Err(error) = lalrpop::Configuration::new().emit_rerun_directives(false).process_dir("grammar") {
        eprintln!("the grammar can't be turned into a parser: {error}");
        std::process::exit(1);
    }
}
