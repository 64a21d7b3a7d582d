//! The formatter by example, on every program of the project, and whatever the spaces.
use super::format;
use insta::assert_snapshot;

/// The formatted text, which formatting again leaves as it is.
fn once(text: &str) -> String {
    let formatted = format(text).expect("the tokens stay");
    assert_eq!(format(&formatted).as_deref(), Some(formatted.as_str()), "formatting twice is formatting once");
    formatted
}

#[test]
fn spaces_around_operators_and_none_inside_brackets() {
    assert_snapshot!(once(
        "y=w*x+b-1   \nz =  relu( dense( x ,16 ) )\nloss=(y-t)^2+ -3 a'b\nu = if x>0 then -1 else - x\nv=x[ 1 ..3 ]\ng=∂ y/∂x  ;h = a / b"
    ), @r"
    y = w * x + b - 1
    z = relu(dense(x, 16))
    loss = (y - t)^2 + -3 a'b
    u = if x > 0 then -1 else -x
    v = x[1 ..3]
    g = ∂y/∂x; h = a / b
    ");
}

#[test]
fn a_factor_stands_apart_from_parentheses() {
    assert_eq!(
        once("∂loss/∂w = (y - t)x'\nz = 2x + f(x)a (b + c)d\n"),
        "∂loss/∂w = (y - t) x'\nz = 2x + f(x) a (b + c) d\n"
    );
}

#[test]
fn blocks_are_indented_and_lines_that_go_on_further() {
    assert_snapshot!(once(
        "layer dense(x: [n], m){\nparam w: [m, n]~glorot\n  // bias\n param b: [m]\nw x\n+ b\n}\n\n\n\ntrain {\nminimize loss\n   optimizer adam(\nrate = 1e-3\n)\n}\n"
    ), @r"
    layer dense(x: [n], m) {
        param w: [m, n] ~ glorot
        // bias
        param b: [m]
        w x
            + b
    }

    train {
        minimize loss
        optimizer adam(
            rate = 1e-3
        )
    }
    ");
}

#[test]
fn columns_made_by_hand_stay() {
    let text = "\
input  x
target t
param  w, b

loss  = inner² + 10 begin²  // plucked
      + 10 still²           // and at rest

data {
    x: 0,   1,   2,   3
    t: 1.1, 2.9, 5.2, 7.1
}
";
    assert_eq!(once(text), text);
}

#[test]
fn columns_of_numbers_may_be_aligned_by_their_ends() {
    let text = "data {\n    x:  1, 10,  -3\n    t: 12,  9, 100\n}\n";
    assert_eq!(once(text), text);
}

#[test]
fn columns_move_together() {
    assert_snapshot!(once("a=1         // one\nbcd = x+y*z  // two\n"), @r"
    a = 1         // one
    bcd = x + y * z  // two
    ");
    assert_snapshot!(once("input   x\ntarget  t\nlonger_name  = 1\ny            = 2\n"), @r"
    input   x
    target  t
    longer_name  = 1
    y            = 2
    ");
}

#[test]
fn line_ends_and_marks_of_the_file_stay() {
    assert_eq!(once("\u{feff}a=1\r\n\r\nb=2"), "a = 1\r\n\r\nb = 2\r\n");
    assert_eq!(once(""), "");
    assert_eq!(once("\n\n// only a comment  \n\n"), "// only a comment\n");
}

#[test]
fn every_program_is_formatted_once_for_all_and_says_the_same() {
    let mut seen = 0;
    for folder in ["examples", "benches/models", "src/prelude"] {
        let files = std::fs::read_dir(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
        for path in files.map(|f| f.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "nn")) {
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(once(&text), text, "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 10);
}

#[test]
fn a_line_of_a_hundred_thousand_numbers() {
    let row = |name: &str| format!("{name}: {}", vec!["1"; 100_000].join(", "));
    let text = format!("data {{\n    {}\n    {}\n}}\n", row("x"), row("t"));
    assert_eq!(format(&text).as_deref(), Some(text.as_str()));
}

proptest::proptest! {
    #[test]
    fn whatever_the_spaces(seed in proptest::collection::vec(0usize..4, 200)) {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/wave.nn")).unwrap();
        let mut at = 0;
        let mangled: String = text.split(' ').flat_map(|word| {
            at += 1;
            [word.to_string(), " ".repeat(1 + seed[at % seed.len()])]
        }).collect();
        once(&mangled);
    }
}
