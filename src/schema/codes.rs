//! The codes of errors about data and weights, each explained and with a text that has the error and one that has not: `gradus explain E0607`.
use crate::diagnostic::{Explanation, explain};

#[rustfmt::skip]
pub static CODES: &[Explanation] = &[
    explain("E0601", "there is no data to read",
        "A `data` section names a file below the program's folder, lists the examples, or draws them; `--data FILE` replaces any of these. \
         The kind of a file is told by its name: `.csv`, `.tsv`, `.npz`, `.npy`, `.idx`, each also with `.gz` behind it.",
        "data \"iris.xlsx\" { x = length }", "data \"iris.csv\" { x = length }"),
    explain("E0602", "a file outside of the program's folder",
        "A program reads only files below its own folder, so that running one that you were given is safe. What the command line names \
         may stand anywhere: `--data ../iris.csv`.",
        "data \"../iris.csv\" { x = length }", "data \"data/iris.csv\" { x = length }"),
    explain("E0603", "a column that the data does not have",
        "A name in a `data` section is a column of the file, by its header; a name with spaces stands in quotes. A CSV file has no header if \
         its first row has a number and no text above numbers: its columns are `column_0`, `column_1`, …. An array of an NPZ file is a column by its name.",
        "data \"iris.csv\" { x = sepal_lenght }", "data \"iris.csv\" { x = sepal_length }"),
    explain("E0604", "data of another shape",
        "Each row gives an input the numbers that its declaration says. Columns in a list stand one after another; a flat row of n numbers fits \
         every shape of n numbers, row by row.",
        "input x: [3]\ndata \"d.csv\" { x = [a, b] }", "input x: [2]\ndata \"d.csv\" { x = [a, b] }"),
    explain("E0605", "a word where a number should be",
        "A column that an input reads as a number has a cell that is none. The message names the row and the line. Numbers have a decimal point, or \
         a decimal comma where the file shows it (W0606), and no unit. A missing value is an \
         empty cell, `NA`, `N/A`, `n/a`, `#N/A`, `<NA>`, `NaN`, `nan`, `null`, `NULL` or `?`; in a column of numbers or truth values also `-`, `--` \
         or `None`.",
        "data \"penguins.csv\" { x = sex }", "data \"penguins.csv\" { x = sex == \"male\" }"),
    explain("E0606", "a missing value",
        "Nothing is guessed: a missing value is filled where the section says so, and that travels with the weights. A number is filled with `mean`, \
         `most_frequent` (both of the training part) or a number; a truth value with `most_frequent`, `true` or `false`; a class with \
         `most_frequent`, an index, or a text, as in `fill sex with \"unknown\"`, which counts as one class more if no cell has it.",
        "data \"penguins.csv\" { x = bill_length_mm }", "data \"penguins.csv\" { x = bill_length_mm; fill x with mean }"),
    explain("E0607", "a class that is out of range",
        "`class(k)` holds k classes. Whole numbers are their indices, from 0, and are never renumbered; texts are sorted, and the first is 0. \
         With weights, their classes hold.",
        "target t: class(3)\ndata \"d.csv\" { t = label }    // 1, 2, 3", "target t: class(3)\ndata \"d.csv\" { t = label - 1 }"),
    explain("E0608", "texts, numbers and truth values that don't fit",
        "A truth value comes from `true` and `false`, from 0 and 1, or from a comparison. A text is compared with a column of texts, by `==` and `!=`.",
        "target t: bool\ndata \"cancer.csv\" { t = diagnosis }", "target t: bool\ndata \"cancer.csv\" { t = diagnosis == \"malignant\" }"),
    explain("E0609", "a directive that can't be followed",
        "`standardize` takes inputs and targets that are numbers. `fill … with` takes `mean`, `most_frequent` or a number for a number, \
         `most_frequent`, `true` or `false` for a truth value, `most_frequent`, a text or an index for a class. Each directive stands once.",
        "data \"d.csv\" { x = a; fill x with median }", "data \"d.csv\" { x = a; fill x with mean }"),
    explain("E0610", "a split that can't be made",
        "`test 0.2` takes a share of the rows by chance, `test last 0.2` those at the end, `test by part` those whose word is `test`, or for which \
         an expression is true; `validation` likewise. A part that was asked for has a row.",
        "data \"d.csv\" { x = a; test 20 }", "data \"d.csv\" { x = a; test 0.2 }"),
    explain("E0611", "a file that can't be read as it stands",
        "The file is damaged, its rows have different numbers of values, or its arrays different numbers of rows. The message says where.",
        "data \"cut-off.npz\"", "data \"whole.npz\""),
    explain("E0612", "listed examples that don't fit together",
        "`x: 0, 1, 2` lists one value for each row. All rows of an input have one shape and one kind, and all inputs have the same number of rows. \
         A section with listed rows names no file.",
        "data { x: 0, 1, 2; t: 1, 3 }", "data { x: 0, 1, 2; t: 1, 3, 5 }"),
    explain("E0613", "drawn columns that can't be drawn",
        "`x ~ uniform(0, 1)` and `x ~ normal(0, 1)` draw a column, and `rows 2000` says how long it is.",
        "data { x ~ uniform(0, 1) }", "data { x ~ uniform(0, 1); rows 2000 }"),
    explain("E0615", "an input without values, or values without an input",
        "Each input and target has one line, `name = …` or `name: …`, or a column that bears its name.",
        "input x\ntarget t\ndata \"d.csv\" { y = a }", "input x\ntarget t\ndata \"d.csv\" { x = a; t = b }"),
    explain("E0616", "two columns of one name",
        "Columns are told apart by their names; a file with two of one name is ambiguous.",
        "data \"twice.csv\" { x = a }    // a,b,a", "data \"once.csv\" { x = a }    // a,b,c"),
    explain("E0617", "no rows to train on",
        "The file has no rows, or `train where`, `test` and `validation` leave none for training.",
        "data \"d.csv\" { x = a; train where a > 1e9 }", "data \"d.csv\" { x = a; train where a > 0 }"),
    explain("E0618", "a number that is not finite",
        "The file holds an infinite number, an expression has no finite value for a row, or a number is too large for f32.",
        "data \"d.csv\" { x = log(a) }    // a is 0", "data \"d.csv\" { x = log1p(a) }"),
    explain("E0619", "not an expression over columns",
        "A line of a `data` section has columns, numbers, lists, ranges, `all`, `+ - * / ^`, comparisons and functions such as `log`, element by element.",
        "data \"d.csv\" { x = a b }", "data \"d.csv\" { x = a * b }"),
    explain("E0801", "no weights file",
        "Weights are safetensors files, as `--save` writes them.",
        "gradus predict model.nn --weights model.npz", "gradus predict model.nn --weights model.safetensors"),
    explain("E0802", "weights of another model",
        "Each parameter is a tensor, by its path and of its shape, and nothing else is in the file. The message names all that differ. \
         Renaming a binding renames its parameters.",
        "hidden = dense(x, 16)    // the file has `h.w`", "h = dense(x, 16)"),
    explain("E0803", "weights of another type of number",
        "F32 and F64 are read, and convert.",
        "a file with I64 or BF16 tensors", "a file with F32 tensors"),
    explain("E0804", "metadata that can't be understood",
        "The metadata key `gradus` holds classes, columns and statistics as JSON, with a version. It is damaged, or a newer gradus wrote it.",
        "{}", "{\"version\": 1}"),
    explain("E0805", "weights that can't be written",
        "The file is written beside its place and then moved there, so its folder must exist and be writable.",
        "gradus run model.nn --save no/such/folder/w.safetensors", "gradus run model.nn --save w.safetensors"),
    explain("E0806", "weights of which nothing fits",
        "`start` takes each parameter that the file has by the same path and of the same shape, and leaves the others as they begin. Here there is \
         none. Paths come from the names of bindings.",
        "features = dense(x, 16)    // the file has `h.w`\ntrain { start \"base.safetensors\" }", "h = dense(x, 16)\ntrain { start \"base.safetensors\" }"),
    explain("W0801", "parameters that begin anew",
        "`start` found some parameters in the file, and not these: they begin as they would without it.",
        "train { start \"base.safetensors\" }    // which has another last layer", "train { start \"base.safetensors\" }    // which has all"),
    explain("E0621", "a window that fits nowhere",
        "`window 25` makes one example of each 25 successive rows. A window stays within one part of the data, within one file, and with `by person` \
         within the rows that follow each other of one person. Nowhere are there so many.",
        "data \"d.csv\" { window 100; x = [a[0..99]]; t = a[99] }    // of 80 rows", "data \"d.csv\" { window 10; x = [a[0..9]]; t = a[9] }"),
    explain("E0622", "a program that can't write on",
        "`gradus predict --steps 20` writes on: the last rows of one column go in, and what comes out becomes its next row. For that the data needs a \
         window, inputs that look at one column, a target that looks one place further, and an output that says it: probabilities of classes, or a \
         number; an output that bears the column's name is in the column's own unit.",
        "data \"d.csv\" { x = a; t = b }    // with `gradus predict --steps 20`", "data \"d.csv\" { window 25; x = a[0..24]; t = a[24] }"),
    explain("E0623", "weights that are none",
        "`weight = column` says how much each row counts in the objective, which becomes a weighted mean: 0 or more, and not 0 for all rows of a \
         part. `weight balanced t` makes the classes of `t` count equally, however many rows each has.",
        "data \"d.csv\" { x = a; t = b; weight = log(c) }    // c is 0.5", "data \"d.csv\" { x = a; t = b; weight = c }"),
    explain("E0624", "sequences of a length that does not fit",
        "`input x: [t <= 100, 6]` has another length in each row: that of the recording, of the text, or what `x.length` or a line `t = column` \
         says. It is at most what is declared, and long enough for what the program looks at.",
        "input x: [t <= 3]\ndata \"d.npz\"    // x.length is 5 in a row", "input x: [t <= 5]\ndata \"d.npz\""),
    explain("E0620", "two lists of classes that are compared",
        "A class is known by its name. The classes of a column of texts are its words, in order, so the same place in the lists of two columns \
         says nothing. `same classes p, q` makes one list of both columns, which is learned from both; its number of classes is that of all \
         their words. Whole numbers are indices without names, and are compared as they are.",
        "input p, q: class(3)\nm = p == q\ndata \"d.csv\"", "input p, q: class(4)\nm = p == q\ndata \"d.csv\" { same classes p, q }"),
    explain("W0601", "fewer classes than declared",
        "`class(k)` has outputs that no row of the data uses.",
        "target t: class(4)\ndata \"iris.csv\" { t = species }", "target t: class(3)\ndata \"iris.csv\" { t = species }"),
    explain("W0602", "a word that no row has",
        "A column is compared with a text that none of its cells is: the comparison has one answer for all rows.",
        "data \"cancer.csv\" { t = diagnosis == \"malignent\" }", "data \"cancer.csv\" { t = diagnosis == \"malignant\" }"),
    explain("W0603", "a target that is standardized",
        "The loss and what is predicted count deviations from the mean of the training part: 0 is the mean, 1 a deviation above it.",
        "target t\ndata \"d.csv\" { t = price; standardize t }", "target t\ndata \"d.csv\" { t = log(price) }"),
    explain("W0604", "weights that bring their statistics",
        "Means, deviations and the names of classes were learned with the weights and hold with them, whatever data is read now.",
        "gradus run model.nn --weights w.safetensors --data new.csv", "gradus run model.nn --data new.csv"),
    explain("W0605", "a series that is split at random",
        "A column of the data tells the time, and the rows follow each other by it. Rows drawn from the midst are close to rows that are \
         trained on, so the model looks better than it will be on the time to come. `test last` takes the last rows.",
        "data \"sunspots.csv\" { x = spots; test 0.2 }", "data \"sunspots.csv\" { x = spots; test last 0.2 }"),
    explain("W0606", "commas in numbers",
        "In a file that is separated by `;` or tabs, a column has decimal commas if all of its cells are numbers that allow it and one shows it: \
         `3,14`, `0,123` or `1.234,5`. A column has commas between thousands if all of its cells allow that and one shows it: `1,234,567` or \
         `1,234.5`. `1,234` alone is what the other columns show: more than a thousand beside decimal points, less than two beside decimal \
         commas. Where nothing decides, such a column has texts, and using it as a number is E0605.",
        "height\tweight\n1,82\t74,5", "height\tweight\n1.82\t74.5"),
    explain("W0607", "recordings that come again",
        "With `window … by id`, successive rows of one `id` are a recording. Where an `id` comes again further down, as in a log that is sorted by time, \
         its rows lie in several stretches, and each is a recording of its own. Sorted by `id`, and by the time within, each is one.",
        "id,u\na,1\nb,1\na,2\nb,2", "id,u\na,1\na,2\nb,1\nb,2"),
];
