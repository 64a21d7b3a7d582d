//! The lines of a `data` section, each with what it makes of a small file.
use super::{Case, f32s, numbers};
use crate::data::{Targets, Values};
use crate::kernel::Float;
use crate::schema::{Facts, Statistics};

const PHONE: &str = "id,a,b,\"heart rate\",label,ok\n1,1,10,60,walk,true\n2,2,20,70,sit,false\n3,3,30,80,walk,true\n4,4,40,90,run,true\n";

#[track_caller]
fn check_x(shape: &str, line: &str, expected: &[f64]) {
    let program = format!("input x{shape}\ndata \"phone.csv\" {{ {line} }}");
    let dataset = Case::new(&program).file("phone.csv", PHONE).setting("two", 2.0).load();
    assert_eq!(numbers(&dataset, "x"), expected);
}

#[test]
fn columns_ranges_quoted_names_and_all() {
    check_x("", "x = a", &[1.0, 2.0, 3.0, 4.0]);
    check_x(": [2]", "x = [b, a]", &[10.0, 1.0, 20.0, 2.0, 30.0, 3.0, 40.0, 4.0]);
    check_x(": [2]", "x = a .. b", &[1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0]);
    check_x("", "x = \"heart rate\"", &[60.0, 70.0, 80.0, 90.0]);
    check_x(": [3]", "x = [a .. \"heart rate\"] / 10", &[0.1, 1.0, 6.0, 0.2, 2.0, 7.0, 0.3, 3.0, 8.0, 0.4, 4.0, 9.0]);
    check_x(": [2]", "x = all except [id, \"heart rate\" .. ok]", &[1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0]);
    check_x(
        ": [5]",
        "x = all except label",
        &[1., 1., 10., 60., 1., 2., 2., 20., 70., 0., 3., 3., 30., 80., 1., 4., 4., 40., 90., 1.],
    );
    check_x(": [1]", "x = a", &[1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn arithmetic_functions_settings_and_comparisons_go_element_by_element() {
    check_x("", "x = 2 * a + b - 1", &[11.0, 23.0, 35.0, 47.0]);
    check_x("", "x = 2a^2 / two", &[1.0, 4.0, 9.0, 16.0]);
    check_x("", "x = -max(a, 3) + abs(-1)", &[-2.0, -2.0, -2.0, -3.0]);
    check_x("", "x = log(exp(a))", &[1.0, 2.0, 3.0, 4.0]);
    check_x("", "x = label == \"walk\"", &[1.0, 0.0, 1.0, 0.0]);
    check_x("", "x = \"walk\" != label and not (a > 3)", &[0.0, 1.0, 0.0, 0.0]);
    check_x("", "x = 10 < \"heart rate\" <= 70", &[1.0, 1.0, 0.0, 0.0]);
    check_x(": [2]", "x = [a, b] - a", &[0.0, 9.0, 0.0, 18.0, 0.0, 27.0, 0.0, 36.0]);
    check_x("", "x = (a .. \"heart rate\")[-1]", &[60.0, 70.0, 80.0, 90.0]);
    check_x(": [2]", "x = (id .. b)[1..]", &[1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0]);
}

#[test]
fn columns_that_bear_the_names_need_no_line() {
    let dataset = Case::new("input a\ntarget ok: bool\ndata \"phone.csv\"").file("phone.csv", PHONE).load();
    assert_eq!(numbers(&dataset, "a"), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(numbers(&dataset, "ok"), [1.0, 0.0, 1.0, 1.0]);
    assert_eq!(dataset.parts.train, [0, 1, 2, 3]);
    assert_eq!(dataset.source, "phone.csv");
}

#[test]
fn classes_of_text_are_sorted_and_keep_their_names() {
    let dataset = Case::new("target t: class(3)\ndata \"phone.csv\" { t = label }").file("phone.csv", PHONE).load();
    assert_eq!(dataset.column("t").unwrap().values, Values::Classes(vec![2, 1, 2, 0]));
    assert_eq!(dataset.facts.class_names("t").unwrap(), ["run", "sit", "walk"]);
    assert_eq!(dataset.facts.columns["t"], ["label"]);
}

#[test]
fn classes_of_numbers_are_indices_as_they_stand() {
    let case = |program| Case::new(program).file("d.csv", "n,m\n1,0\n2,1\n4,3\n");
    let dataset = case("target t: class(5)\ndata \"d.csv\" { t = n }").load();
    assert_eq!(numbers(&dataset, "t"), [1.0, 2.0, 4.0]);
    assert_eq!(dataset.facts.class_names("t"), None);
    let dataset = case("target t: [2] class(4)\ndata \"d.csv\" { t = [n - 1, m] }").load();
    assert_eq!(dataset.column("t").unwrap().values, Values::Classes(vec![0, 0, 1, 1, 3, 3]));
}

#[test]
fn rows_may_stand_in_the_program() {
    let xor = "input x: [2]\ntarget t: bool\ndata { x: [0, 0], [0, 1], [1, 0], [1, 1]; t: 0, 1, 1, 0 }";
    let dataset = Case::new(xor).load();
    assert_eq!(numbers(&dataset, "x"), [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
    assert_eq!(numbers(&dataset, "t"), [0.0, 1.0, 1.0, 0.0]);
    assert_eq!(dataset.rows, 4);
    let mixed = "input x: [2, 1]\ninput t: bool\ntarget u: class(2)\ndata {\n x: [[-1], [1/2]], [[3], [2^2]]\n t: true, false\n u: \"b\", \"a\"\n}";
    let dataset = Case::new(mixed).load();
    assert_eq!(numbers(&dataset, "x"), [-1.0, 0.5, 3.0, 4.0]);
    assert_eq!(numbers(&dataset, "t"), [1.0, 0.0]);
    assert_eq!(numbers(&dataset, "u"), [1.0, 0.0]);
    let helper = "input x\ndata { a: 1, 2; x = a / 2 }";
    assert_eq!(numbers(&Case::new(helper).load(), "x"), [0.5, 1.0]);
}

#[test]
fn drawn_columns_depend_on_their_name_and_the_split_seed_alone() {
    let load = |program| Case::new(program).load();
    let a = load("input x, t\ndata { x ~ uniform(-1, 3); t ~ normal(5, 0.1); rows 2000; test 0.25 }");
    let b = load("input t, x\ndata { t ~ normal(5, 0.1); x ~ uniform(-1, 3); rows 2000 }");
    let c = load("input x\ndata { x ~ uniform(-1, 3); rows 2000; split seed 1 }");
    let x = numbers(&a, "x");
    assert_eq!((x.len(), a.parts.test.len()), (2000, 500));
    assert!(x.iter().all(|x| -1.0 < *x && *x <= 3.0));
    let mean = numbers(&a, "t").iter().sum::<f64>() / 2000.0;
    assert!((mean - 5.0).abs() < 0.01, "{mean}");
    assert_eq!((&x, numbers(&a, "t")), (&numbers(&b, "x"), numbers(&b, "t")));
    assert_ne!(x, numbers(&c, "x"));
    let solved = load("input x: [2]\ntarget t\ndata { x ~ uniform(0, 1); rows 3; t = x[0] + x[1] }");
    let x = numbers(&solved, "x");
    assert_eq!(numbers(&solved, "t"), [x[0] + x[1], x[2] + x[3], x[4] + x[5]]);
}

#[test]
fn standardize_takes_its_statistics_from_the_training_part() {
    let program = "input x: [2]\ntarget t\ndata \"d.csv\" { x = [a, c]; t = b; standardize x, t; test last 0.5 }";
    let dataset = Case::new(program).file("d.csv", "a,b,c\n1,10,7\n3,30,7\n100,50,7\n5,10,8\n").load();
    assert_eq!(dataset.parts.train, [0, 1]);
    assert_eq!(numbers(&dataset, "x"), [-1.0, 0.0, 1.0, 0.0, 98.0, 0.0, 3.0, 1.0]);
    let expected = Statistics { fill: vec![], mean: vec![2.0, 7.0], deviation: vec![1.0, 1.0] };
    assert_eq!(dataset.facts.statistics["x"], expected);
    assert_eq!((dataset.facts.mean("t"), dataset.facts.deviation("t")), (Some(&[20.0][..]), Some(&[10.0][..])));
    let [note] = &dataset.notes[..] else { panic!("{:?}", dataset.notes) };
    assert_eq!(note.message, "`t` is standardized: what is predicted for `t` counts deviations from its mean");
    assert_eq!(note.notes, ["its mean is 20, its deviation 10"]);
}

#[test]
fn missing_values_are_filled_with_the_training_mean_or_a_number() {
    let csv = "a,b\n1,4\nNA,5\n3,\n?,100\n";
    let load = |lines: &str| {
        let program = format!("input x: [2]\ndata \"d.csv\" {{ x = [a, b]; test last 0.25; {lines} }}");
        Case::new(&program).file("d.csv", csv).load()
    };
    let mean = load("fill x with mean");
    assert_eq!(numbers(&mean, "x"), [1.0, 4.0, 2.0, 5.0, 3.0, 4.5, 2.0, 100.0]);
    assert_eq!(mean.facts.statistics["x"].fill, [2.0, 4.5]);
    assert_eq!(numbers(&load("fill x with -1"), "x"), [1.0, 4.0, -1.0, 5.0, 3.0, -1.0, -1.0, 100.0]);
    let both = load("fill x with mean; standardize x");
    assert_eq!(both.facts.statistics["x"].mean, [2.0, 4.5]);
}

#[test]
fn train_where_leaves_rows_out_of_the_training_part_alone() {
    let program = "input a\ndata \"phone.csv\" { train where a > 1 and label != \"run\"; test last 0.25 }";
    let dataset = Case::new(program).file("phone.csv", PHONE).load();
    assert_eq!((dataset.parts.train, dataset.parts.test), (vec![1, 2], vec![3]));
    let truth = Case::new("input a\ndata \"phone.csv\" { train where not ok }").file("phone.csv", PHONE).load();
    assert_eq!(truth.parts.train, [1]);
}

#[test]
fn parts_may_be_named_by_a_column_or_be_files_of_their_own() {
    let by = |line: &str| {
        let csv = "a,part,fold\n1,train,0\n2,test,1\n3,validation,2\n4,test,1\n";
        let program = format!("input a\ndata \"d.csv\" {{ {line} }}");
        Case::new(&program).file("d.csv", csv).load().parts
    };
    let named = by("test by part; validation by part");
    assert_eq!((named.train, named.validation, named.test), (vec![0], vec![2], vec![1, 3]));
    assert_eq!(by("test by fold == 2").test, [2]);
    let csv = "label,a,more\nwalk,9,1\ncrawl,8,1\n";
    let program = "input a\ntarget t: class(4)\ndata \"phone.csv\" { t = label; validation \"later.csv\"; test 0.5 }";
    let dataset = Case::new(program).file("phone.csv", PHONE).file("later.csv", csv).load();
    assert_eq!(numbers(&dataset, "a"), [1.0, 2.0, 3.0, 4.0, 9.0, 8.0]);
    assert_eq!(dataset.facts.class_names("t").unwrap(), ["crawl", "run", "sit", "walk"]);
    assert_eq!((dataset.parts.validation.as_slice(), dataset.parts.test.len()), (&[4, 5][..], 2));
}

#[test]
fn another_file_replaces_the_source_and_keeps_the_lines() {
    let other = "a,b\n7,70\n8,80\n";
    let program = "input x\ndata \"phone.csv\" { x = a + b }";
    let case = Case::new(program).file("other.csv", other).options(|options| options.data = Some("other.csv".into()));
    assert_eq!(numbers(&case.load(), "x"), [77.0, 88.0]);
    // Listed rows are replaced whole, but for the parts.
    let program = "input a\ndata { a: 1, 2; standardize a; test last 0.5 }";
    let case = Case::new(program).file("other.csv", other).options(|options| options.data = Some("other.csv".into()));
    let dataset = case.load();
    assert_eq!((numbers(&dataset, "a"), dataset.parts.test), (vec![7.0, 8.0], vec![1]));
    let case =
        Case::new("input a, b").file("other.csv", other).options(|options| options.data = Some("other.csv".into()));
    assert_eq!(numbers(&case.load(), "b"), [70.0, 80.0]);
}

#[test]
fn what_came_with_weights_holds() {
    let program = "input x\ntarget t: class(3)\ndata \"d.csv\" { x = a; t = label; standardize x }";
    let case = Case::new(program).file("d.csv", "a,label\n1,walk\n3,sit\n").options(|options| {
        let mut facts = Facts::default();
        facts.classes.insert("t".to_string(), ["sit", "stand", "walk"].map(str::to_string).to_vec());
        let statistics = Statistics { fill: vec![], mean: vec![10.0], deviation: vec![2.0] };
        facts.statistics.insert("x".to_string(), statistics);
        options.facts = Some(facts);
    });
    let dataset = case.load();
    assert_eq!((numbers(&dataset, "x"), numbers(&dataset, "t")), (vec![-4.5, -3.5], vec![2.0, 0.0]));
    assert_eq!(dataset.warnings, []);
}

#[test]
fn targets_may_be_absent_when_predicting() {
    let program = "input a\ntarget t: class(3)\ntarget u\ndata \"d.csv\" { t = label }";
    let case = Case::new(program).file("d.csv", "a\n1\n2\n").options(|options| options.targets = Targets::Optional);
    let absent: Vec<bool> = case.load().columns.iter().map(|column| column.is_absent()).collect();
    assert_eq!(absent, [false, true, true]);
}

#[test]
fn the_precision_is_the_one_that_was_asked_for() {
    let case = Case::new("input a\ndata \"phone.csv\"").file("phone.csv", PHONE);
    assert_eq!(
        f32s(case.options(|options| options.precision = Float::F32).load().column("a").unwrap()),
        [1.0, 2.0, 3.0, 4.0]
    );
}

#[test]
fn the_split_is_stratified_and_knows_no_training_seed() {
    let rows: String =
        (0..200).map(|row| format!("{row},{}\n", if row % 10 == 0 { "rare" } else { "often" })).collect();
    let program = "input x\ntarget t: class(2)\ndata \"d.csv\" { test 0.2; validation 0.1 }";
    let dataset = Case::new(program).file("d.csv", format!("x,t\n{rows}")).load();
    let rare = |part: &[u32]| part.iter().filter(|row| *row % 10 == 0).count();
    let parts = &dataset.parts;
    assert_eq!((parts.test.len(), parts.validation.len(), parts.train.len()), (40, 20, 140));
    assert_eq!((rare(&parts.test), rare(&parts.validation)), (4, 2));
    let bools = "input x\ntarget u: bool\ndata \"d.csv\" { u = t == \"rare\"; test 0.2; validation 0.1 }";
    let dataset = Case::new(bools).file("d.csv", format!("x,t\n{rows}")).load();
    assert_eq!(rare(&dataset.parts.test), 4);
}

/// Rows for training are the first four.
const SURVEY: &str =
    "sex,smoker,age,kind\nmale,true,30,2\nfemale,-,,1\nmale,false,50,\n,true,50,1\nfemale,false,20,0\nfemale,,,\n";

#[track_caller]
fn check_fill(declared: &str, line: &str, expected: &[f64], fill: &[f64]) {
    let program = format!("input {declared}\ndata \"d.csv\" {{ {line}; test last 0.34 }}");
    let dataset = Case::new(&program).file("d.csv", SURVEY).load();
    let name = declared.split(':').next().unwrap();
    assert_eq!(numbers(&dataset, name), expected);
    assert_eq!(dataset.facts.statistics[name].fill, fill);
    // What came with weights holds, whatever these rows would say.
    let mut options = crate::data::Options::new("");
    options.facts = Some(dataset.facts.clone());
    options.precision = Float::F64;
    let later = "sex,smoker,age,kind\n,,,\nfemale,false,1,0\nfemale,false,1,0\n";
    let other = Case::new(&program).file("d.csv", later);
    options.folder = other.folder.path().to_path_buf();
    let again = other.load_with(&options).unwrap();
    assert_eq!(numbers(&again, name)[..1], *fill);
}

#[test]
fn classes_truths_and_numbers_are_filled_from_the_training_part() {
    check_fill("sex: class(2)", "fill sex with most_frequent", &[1., 0., 1., 1., 0., 0.], &[1.]);
    check_fill("sex: class(3)", "fill sex with \"unknown\"", &[1., 0., 1., 2., 0., 0.], &[2.]);
    check_fill("sex: class(2)", "fill sex with \"female\"", &[1., 0., 1., 0., 0., 0.], &[0.]);
    check_fill("kind: class(3)", "fill kind with most_frequent", &[2., 1., 1., 1., 0., 1.], &[1.]);
    check_fill("kind: class(4)", "fill kind with 3", &[2., 1., 3., 1., 0., 3.], &[3.]);
    check_fill("smoker: bool", "fill smoker with most_frequent", &[1., 1., 0., 1., 0., 1.], &[1.]);
    check_fill("smoker: bool", "fill smoker with false", &[1., 0., 0., 1., 0., 0.], &[0.]);
    check_fill("age", "fill age with most_frequent", &[30., 50., 50., 50., 20., 50.], &[50.]);
}

#[test]
fn what_stands_for_a_missing_text_is_a_class_where_none_is_missing_too() {
    let program = "input k: class(3)\ndata \"d.csv\" { fill k with \"b\" }";
    let dataset = Case::new(program).file("d.csv", "k,n\nc,1\na,2\n").load();
    assert_eq!(dataset.facts.class_names("k").unwrap(), ["a", "b", "c"]);
    assert!(dataset.warnings.is_empty());
    // Of equals the first in order is taken.
    let program = "input k: class(2)\ndata \"d.csv\" { fill k with most_frequent }";
    let dataset = Case::new(program).file("d.csv", "k,n\nc,1\n,2\na,3\n").load();
    assert_eq!(numbers(&dataset, "k"), [1.0, 0.0, 0.0]);
}

#[test]
fn texts_of_the_weights_are_texts_though_they_look_like_numbers() {
    let program = "input k: class(3)\ndata \"d.csv\"";
    let facts = Case::new(program).file("d.csv", "k\n1\n01\nx\n").load().facts;
    assert_eq!(facts.class_names("k").unwrap(), ["01", "1", "x"]);
    let later = Case::new(program).file("d.csv", "k\n1\n01\n");
    let mut options = crate::data::Options::new(later.folder.path());
    options.facts = Some(facts);
    assert_eq!(numbers(&later.load_with(&options).unwrap(), "k"), [1.0, 0.0]);
    // Likewise of a column that is compared with a text.
    let program = "input x\ndata \"d.csv\" { x = k == \"01\" }";
    let facts = Case::new(program).file("d.csv", "k\n1\n01\nx\n").load().facts;
    let later = Case::new(program).file("d.csv", "k\n1\n01\n");
    let mut options = crate::data::Options::new(later.folder.path());
    options.facts = Some(facts);
    assert_eq!(numbers(&later.load_with(&options).unwrap(), "x"), [0.0, 1.0]);
    // And of the texts of a part of its own.
    let program = "input k: class(3)\ndata \"d.csv\" { test \"e.csv\" }";
    let case = Case::new(program).file("d.csv", "k\n1\n01\nx\n").file("e.csv", "k\n01\n1\n");
    assert_eq!(numbers(&case.load(), "k"), [1.0, 0.0, 2.0, 0.0, 1.0]);
}

#[test]
fn rows_that_cannot_be_read_are_left_out_where_that_is_asked_for() {
    let program = "input x: [2], sex: class(2), ok: bool, k: class(2)\ntarget t\n\
        data \"d.csv\" { x = [log(a), b]; test last 0.5 }";
    let rows = "a,b,sex,ok,k\n1,2,male,true,0\n0,2,male,true,0\n1,x,male,true,0\n1,2,,true,0\n1,2,other,true,0\n\
        1,2,male,maybe,0\n1,2,male,0,7\n1,2,male\n1,1e300,female,FALSE,1\n1,4,female,FALSE,1\n";
    let case = Case::new(program).file("d.csv", rows).options(|options| {
        options.precision = Float::F32;
        options.targets = Targets::Unread;
        let facts = Facts {
            classes: [("sex".to_string(), vec!["female".to_string(), "male".to_string()])].into(),
            ..Facts::default()
        };
        options.facts = Some(facts);
        options.skip_bad = true;
    });
    let dataset = case.load();
    let why: Vec<String> =
        dataset.skipped.iter().map(|(row, why)| format!("{row} {} {}", why.code, why.message)).collect();
    insta::assert_snapshot!(why.join("\n").replace(&format!("{}/", case.folder.path().display()), ""));
    assert_eq!(numbers(&dataset, "sex")[..1], [1.0]);
    assert_eq!((numbers(&dataset, "ok")[9], numbers(&dataset, "k")[9], numbers(&dataset, "x")[19]), (0.0, 1.0, 4.0));
}
