//! What is said when data can't be loaded: one golden text for each way. The name of a test begins with its code.
use super::Case;

/// Each program and its files, and what the user reads about it.
macro_rules! errors {
    ($($name:ident: $program:literal $(, $file:literal = $content:expr)*;)*) => {
        $(#[test]
        #[allow(non_snake_case)]
        fn $name() {
            let case = Case::new($program)$(.file($file, $content))*;
            insta::assert_snapshot!(case.errors());
        })*
    };
}

errors! {
    E0601_no_file: "input x\ndata \"irs.csv\" { x = a }", "iris.csv" = "a\n1\n";
    E0601_unknown_kind: "input x\ndata \"iris.xlsx\" { x = a }";
    E0601_no_source: "input x\ndata { test 0.2 }";
    E0602_outside: "input x\ndata \"../iris.csv\" { x = a }";
    E0602_absolute: "input x\ndata \"/etc/passwd.csv\" { x = a }";
    E0602_test_file: "input x\ndata \"d.csv\" { x = a; test \"../later.csv\" }", "d.csv" = "a\n1\n";
    E0603_near: "input x: [2]\ndata \"d.csv\" { x = [sepal_lenght, b] }", "d.csv" = "sepal_length,b\n1,2\n";
    E0603_headerless: "input x\ndata \"d.csv\" { x = length }", "d.csv" = "1,2\n3,4\n";
    E0603_order: "input x: [2]\ndata \"d.csv\" { x = [b .. a] }", "d.csv" = "a,b\n1,2\n";
    E0604_width: "input x: [4]\ndata \"d.csv\" { x = [a, b] }", "d.csv" = "a,b\n1,2\n";
    E0604_onehot: "target t: class(3)\ndata \"d.csv\" { t = [a .. c] }", "d.csv" = "a,b,c\n1,0,0\n";
    E0604_elementwise: "input x: [2]\ndata \"d.csv\" { x = [a, b] + [a, b, c] }", "d.csv" = "a,b,c\n1,0,0\n";
    E0605_word: "input x: [2]\ndata \"d.csv\" { x = [a, b] }", "d.csv" = "a,b\n1,2\n3,4.5.6\n";
    E0605_decimal_comma: "input a\ndata \"d.csv\"", "d.csv" = "a;b\n1.5;2\n3,5;4\n";
    E0605_thousands_or_decimal: "input a\ndata \"d.csv\"", "d.csv" = "a;b\n1,234;2\n3,500;4\n";
    E0605_thousands_beside_commas: "input a\ndata \"d.csv\"", "d.csv" = "a;b\n1.234;2,5\n3.500;4\n";
    E0605_commas_between_commas: "input a\ndata \"d.csv\"", "d.csv" = "a,b\n\"3,14\",2\n\"3,5\",4\n";
    E0605_thousands: "input a\ndata \"d.csv\"", "d.csv" = "a,b\n\"1,234\",2\n\"3,500\",4\n";
    E0605_per_cent: "input a\ndata \"d.csv\"", "d.csv" = "a,b\n12%,2\n3.5 %,4\n";
    E0605_gaps: "input a\ndata \"d.csv\"", "d.csv" = "a,b\n12 345.5,2\n3'500,4\n";
    E0605_unit: "input a\ndata \"d.csv\"", "d.csv" = "a,b\n12 kg,2\n3.5 kg,4\n";
    E0605_currency: "input a\ndata \"d.csv\"", "d.csv" = "a,b\n$12,2\n$5,4\n";
    E0605_words: "input x\ndata \"d.csv\" { x = sex }", "d.csv" = "a,sex\n1,male\n2,female\n";
    E0606_number: "input x: [2]\ndata \"d.csv\" { x = [a, b] }", "d.csv" = "a,b\n1,2\n3,\n";
    E0606_class: "target t: class(2)\ndata \"d.csv\" { t = sex }", "d.csv" = "a,sex\n1,male\n2,NA\n3,female\n";
    E0606_bool: "target t: bool\ndata \"d.csv\" { t = ok }", "d.csv" = "ok\ntrue\n-\nfalse\n";
    E0606_never_there: "input x: class(2)\ndata \"d.csv\" { x = k; fill x with most_frequent; test last 0.5 }", "d.csv" = "k,b\n,1\na,2\n";
    E0606_computed: "input x\ndata \"d.csv\" { x = log(a) + b }", "d.csv" = "a,b\n1,2\n3,\n";
    E0606_nothing_to_fill_with: "input x: [2]\ndata \"d.csv\" { x = [a, b]; fill x with mean; test last 0.5 }", "d.csv" = "a,b\n1,\n3,4\n";
    E0607_from_one: "target t: class(3)\ndata \"d.csv\" { t = label }", "d.csv" = "label\n1\n3\n2\n";
    E0607_from_one_by_name: "target t: class(3)\ndata \"d.csv\"", "d.csv" = "t\n1\n3\n2\n";
    E0607_out_of_range: "target t: class(3)\ndata \"d.csv\" { t = label }", "d.csv" = "label\n0\n1\n7\n";
    E0607_fraction: "target t: class(3)\ndata \"d.csv\" { t = label / 2 }", "d.csv" = "label\n0\n1\n2\n";
    E0607_filled: "target t: class(2)\ndata \"d.csv\" { t = kind; fill t with \"none\" }", "d.csv" = "kind\na\nb\n?\n";
    E0607_words: "target t: class(2)\ndata \"d.csv\" { t = kind }", "d.csv" = "kind\na\nb\nc\n";
    E0608_bool_words: "target t: bool\ndata \"d.csv\" { t = diagnosis }", "d.csv" = "diagnosis\nmalignant\nbenign\n";
    E0608_bool_number: "target t: bool\ndata \"d.csv\" { t = age }", "d.csv" = "age\n0\n37\n";
    E0608_text_of_numbers: "target t: bool\ndata \"d.csv\" { t = age == \"37\" }", "d.csv" = "age\n0\n37\n";
    E0608_text_of_truths: "target t: bool\ndata \"d.csv\" { t = ok == \"true\" }", "d.csv" = "ok\ntrue\n";
    E0609_class: "input x\ntarget t: class(2)\ndata \"d.csv\" { standardize x, t }";
    E0609_fill_with: "input x\ndata \"d.csv\" { fill x with median }";
    E0609_mean_of_a_class: "input sex: class(2)\ndata \"d.csv\" { fill sex with mean }";
    E0609_text_for_a_number: "input x\ndata \"d.csv\" { fill x with \"unknown\" }";
    E0609_number_for_a_bool: "input ok: bool\ndata \"d.csv\" { fill ok with 2 }";
    E0609_index: "input k: class(3)\ndata \"d.csv\" { fill k with 3 }";
    E0609_text_for_indices: "input k: class(3)\ndata \"d.csv\" { fill k with \"none\" }", "d.csv" = "k\n0\n\n2\n";
    E0609_twice: "input x\ndata \"d.csv\" { test 0.1; standardize x; test 0.2; standardize x }";
    E0610_share: "input x\ndata \"d.csv\" { test 20 }";
    E0610_empty: "input a\ndata \"d.csv\" { test 0.1 }", "d.csv" = "a\n1\n2\n";
    E0610_by_word: "input a\ndata \"d.csv\" { test by part }", "d.csv" = "a,part\n1,one\n2,two\n";
    E0610_by_number: "input a\ndata \"d.csv\" { test by fold }", "d.csv" = "a,fold\n1,1\n2,2\n";
    E0611_lengths: "input a\ndata \"d.csv\"", "d.csv" = "a,b\n1,2\n3\n";
    E0611_npz: "input a\ndata \"d.npz\"", "d.npz" = "not a zip";
    E0611_test_file: "input a\ndata \"d.csv\" { test \"e.csv\" }", "d.csv" = "a,b\n1,2\n", "e.csv" = "b\n1\n";
    E0612_shape: "input x: [2]\ndata { x: [0, 1], [2], [3, 4] }";
    E0612_lengths: "input x, t\ndata { x: 0, 1, 2; t: 1, 3 }";
    E0612_kinds: "input x\ndata { x: 0, \"one\" }";
    E0612_beside_file: "input x\ndata \"d.csv\" { x: 0, 1 }";
    E0613_rows: "input x\ndata { x ~ uniform(0, 1) }";
    E0613_distribution: "input x\ndata { x ~ glorot; rows 3 }";
    E0613_bounds: "input x\ndata { x ~ uniform(1, 0); rows 3 }";
    E0615_no_line: "input x\ntarget label\ndata \"d.csv\" { x = a }", "d.csv" = "a,labels\n1,2\n";
    E0615_unknown: "input x\ndata \"d.csv\" { y = a }";
    E0615_twice: "input x\ndata \"d.csv\" { x = a; x = b }";
    E0616_names: "input a\ndata \"d.csv\"", "d.csv" = "a,b,a\n1,2,3\n";
    E0617_no_rows: "input a\ndata \"d.csv\"", "d.csv" = "a,b\n";
    E0611_encoding: "input a\ndata \"d.csv\"", "d.csv" = b"a,b\n1,caf\xe9\n";
    E0617_none_for_training: "input a\ndata \"d.csv\" { train where a > 5 }", "d.csv" = "a\n1\n2\n";
    E0618_log: "input x\ndata \"d.csv\" { x = log(a) }", "d.csv" = "a\n1\n0\n";
    E0618_infinite: "input a\ndata \"d.csv\"", "d.csv" = "a\n1\ninf\n";
    E0618_infinite_in_a_list: "input x: [2]\ndata \"d.csv\" { x = [a, b] }", "d.csv" = "a,b\n1,2\n3,inf\n";
    E0619_function: "input x\ndata \"d.csv\" { x = sqr(a) }";
    E0619_product: "input x\ndata \"d.csv\" { x = a b }";
    E0619_two_names: "input x, t\ndata \"d.csv\" { (x, t) = a }";
    E0619_seed: "input x\ndata \"d.csv\" { split seed 1.5 }";
    E0901_deep: "input x\ndata \"d.csv\" { x = a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a^a }", "d.csv" = "a\n1\n";
    W0601_fewer: "target t: class(4)\ndata \"d.csv\" { t = kind }", "d.csv" = "kind\na\nb\nc\n";
    W0602_word: "target t: bool\ndata \"d.csv\" { t = kind == \"malignent\" }", "d.csv" = "kind\nmalignant\nbenign\n";
    W0605_series: "input spots\ndata \"d.csv\" { test 0.2 }", "d.csv" = "year,spots\n1,5\n2,8\n3,1\n4,1\n5,1\n6,4\n7,1\n8,1\n9,1\n10,2\n";
    W0605_dates: "input spots\ndata \"d.csv\" { validation 0.2 }", "d.csv" = "when,spots\n2024-01-05,5\n2024-01-06,8\n2024-01-07,1\n2024-02-01,1\n2024-02-02,1\n2024-02-03,4\n2024-02-04,1\n2024-02-05,1\n2024-02-06,1\n2024-02-07,2\n";
    W0606_commas: "input a\ndata \"d.csv\"", "d.csv" = "a;b\n1,25;2\n3,5;4\n";
    W0606_thousands: "input a\ndata \"d.csv\"", "d.csv" = "a,b\n\"1,234,567\",2\n\"3,500\",4\n";
    W0603_target: "target t\ndata \"d.csv\" { t = price; standardize t }", "d.csv" = "price\n1\n2\n4\n";
}

#[test]
#[allow(non_snake_case)]
fn W0604_weights() {
    use crate::schema::{Facts, Statistics};
    let program = "input x\ntarget t: class(2)\ndata \"d.csv\" { t = kind; standardize x }";
    let case = Case::new(program).file("d.csv", "x,kind\n1,a\n2,b\n").options(|options| {
        let statistics = Statistics { fill: vec![], mean: vec![0.0], deviation: vec![2.0] };
        options.facts = Some(Facts {
            classes: [("t".to_string(), vec!["b".to_string(), "a".to_string()])].into(),
            statistics: [("x".to_string(), statistics)].into(),
            ..Facts::default()
        });
    });
    insta::assert_snapshot!(case.errors());
}
