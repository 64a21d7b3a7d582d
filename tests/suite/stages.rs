//! One small program through all stages of the compiler, as `gradus show` prints them.
use std::path::Path;
use std::process::Command;

/// What a stage makes of `examples/line.nn`, but with a vector, so that there is a product.
const PROGRAM: &str = "input  x: [2]
target t
param  w: [2] ~ normal(0.1), b

y    = w' x + b
loss = (y - t)^2

train {
    minimize  loss + 0.5 * w' w
    optimizer sgd(rate = 0.05)
    batch     4
    epochs    1
}
";

#[test]
fn a_small_program_through_all_stages() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("small.nn"), PROGRAM).unwrap();
    let show = |folder: &Path, stage: &str| {
        let arguments = ["show", "small.nn", "--stage", stage, "--batch", "4"];
        let output = Command::new(env!("CARGO_BIN_EXE_gradus")).args(arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots/stages" }, {
        for stage in ["tokens", "tree", "graph", "gradient", "simplified", "batched", "step", "plan", "kernels"] {
            insta::assert_snapshot!(stage, show(folder.path(), stage));
        }
    });
}
