//! Files of other kinds than CSV, and the data of the examples.
use super::{Case, example, f32s, numbers};
use crate::kernel::Float;
use npyz::{WriteOptions, WriterBuilder};
use std::io::Cursor;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// An NPZ file of arrays: name, shape, values. The first is stored, as `numpy.savez` does, the others deflated.
macro_rules! npz {
    ($($name:literal: [$($size:literal),*] = $values:expr),* $(,)?) => {{
        let mut archive = ZipWriter::new(Cursor::new(vec![]));
        let mut method = CompressionMethod::Stored;
        $({
            let shape: &[u64] = &[$($size),*];
            archive.start_file(concat!($name, ".npy"), SimpleFileOptions::default().compression_method(method)).unwrap();
            let mut array = WriteOptions::new().default_dtype().shape(shape).writer(&mut archive).begin_nd().unwrap();
            array.extend($values).unwrap();
            array.finish().unwrap();
            method = CompressionMethod::Deflated;
        })*
        let _ = method;
        archive.finish().unwrap().into_inner()
    }};
}

#[test]
fn arrays_that_bear_the_names_of_inputs_need_no_line() {
    let npz = npz! {
        "x": [3, 2] = [1f32, 2.0, 3.0, 4.0, 5.0, 6.0],
        "t": [3] = [0i64, 2, 1],
        "n": [3, 1] = [0.5f64, 1.5, 2.5],
        "b": [3] = [true, false, true],
        "unused": [7] = [1u8; 7],
    };
    let program = "input x: [2]\ninput n\ninput b: bool\ntarget t: class(3)\ndata \"train.npz\"";
    let case = Case::new(program).file("train.npz", npz).options(|options| options.precision = Float::F32);
    let dataset = case.load();
    assert_eq!(f32s(dataset.column("x").unwrap()), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(f32s(dataset.column("n").unwrap()), [0.5, 1.5, 2.5]);
    assert_eq!((numbers(&dataset, "b"), numbers(&dataset, "t")), (vec![1.0, 0.0, 1.0], vec![0.0, 2.0, 1.0]));
}

#[test]
fn an_image_is_a_row_of_an_array_and_may_be_computed_with() {
    let npz = npz! { "pixels": [2, 2, 3] = 0u8..12, "digit": [2] = [3i32, 4] };
    let load = |program| Case::new(program).file("d.npz", &npz).load();
    let dataset = load("input x: [6]\ntarget t: class(10)\ndata \"d.npz\" { x = pixels / 2; t = digit }");
    assert_eq!(numbers(&dataset, "x")[..4], [0.0, 0.5, 1.0, 1.5]);
    let dataset = load("input x: [2, 3, 1]\ndata \"d.npz\" { x = pixels }");
    assert_eq!(dataset.column("x").unwrap().shape, [2, 3, 1]);
    let dataset = load("input x: [3]\ndata \"d.npz\" { x = pixels[-1] }");
    assert_eq!(numbers(&dataset, "x"), [3.0, 4.0, 5.0, 9.0, 10.0, 11.0]);
}

/// The bytes of an NPY file with this header.
fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{{header}, }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

#[test]
fn arrays_may_be_stored_by_column_big_endian_or_as_text() {
    let load = |program, bytes: Vec<u8>| Case::new(program).file("a.npy", bytes).load();
    let fortran = npy("'descr': '>i2', 'fortran_order': True, 'shape': (2, 3)", &[0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6]);
    let dataset = load("input x: [3]\ndata \"a.npy\" { x = values }", fortran);
    assert_eq!(numbers(&dataset, "x"), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let text: Vec<u8> = "héa\0".chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
    let words = npy("'descr': '<U2', 'fortran_order': False, 'shape': (2,)", &text);
    let dataset = load("target t: class(2)\ndata \"a.npy\" { t = values }", words);
    assert_eq!(dataset.facts.class_names("t").unwrap(), ["a", "hé"]);
}

#[test]
fn another_files_array_is_a_column_and_gz_is_unpacked() {
    let images = [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2][..], &[0, 51, 102, 255]].concat();
    let labels = [0, 0, 8, 1, 0, 0, 0, 2, 7, 9];
    let mut packed = flate2::read::GzEncoder::new(&labels[..], flate2::Compression::fast());
    let mut gz = vec![];
    std::io::Read::read_to_end(&mut packed, &mut gz).unwrap();
    let program = "input x: [1, 2]\ntarget t: class(10)\ndata {\n x = file(\"images.idx\") / 255\n t = file(\"labels-ubyte.gz\")\n}";
    let dataset = Case::new(program).file("images.idx", images).file("labels-ubyte.gz", gz).load();
    assert_eq!((numbers(&dataset, "x"), numbers(&dataset, "t")), (vec![0.0, 0.2, 0.4, 1.0], vec![7.0, 9.0]));
}

#[test]
fn iris_is_what_the_example_says() {
    let program = "input x: [4]\ntarget t: class(3)\ndata \"iris.csv\" {\n    x = [sepal_length, sepal_width, petal_length, petal_width]\n    t = species\n    standardize x\n    test 0.2\n}";
    let dataset = Case::new(program).file("iris.csv", std::fs::read(example("iris.csv")).unwrap()).load();
    assert_eq!((dataset.rows, dataset.parts.train.len(), dataset.parts.test.len()), (150, 120, 30));
    assert_eq!(dataset.facts.class_names("t").unwrap(), ["setosa", "versicolor", "virginica"]);
    let t = numbers(&dataset, "t");
    for class in 0..3 {
        assert_eq!(dataset.parts.test.iter().filter(|row| t[**row as usize] == f64::from(class)).count(), 10);
    }
    let mean = dataset.facts.mean("x").unwrap();
    assert!((mean[0] - 5.84).abs() < 0.1 && (mean[2] - 3.76).abs() < 0.2, "{mean:?}");
}

#[test]
fn the_other_examples_load_as_their_readme_says() {
    let load = |program, name: &str| Case::new(program).file(name, std::fs::read(example(name)).unwrap()).load();
    let digits = load(
        "input x: [64]\ntarget t: class(10)\ndata \"digits.csv\" { x = [pixel_0 .. pixel_63] / 16; t = digit }",
        "digits.csv",
    );
    assert_eq!((digits.rows, digits.column("x").unwrap().range()), (1797, Some((0.0, 1.0))));
    let program = "input x: [30]\ntarget t: bool\ndata \"cancer.csv\" { x = all except diagnosis; t = diagnosis == \"malignant\" }";
    let cancer = load(program, "cancer.csv");
    assert_eq!((cancer.rows, numbers(&cancer, "t").iter().sum::<f64>()), (569, 212.0));
    let program = "input x: [4]\ntarget t: class(3)\ndata \"penguins.csv\" { x = [bill_length_mm .. body_mass_g]; t = species; fill x with mean }";
    let penguins = load(program, "penguins.csv");
    assert_eq!(penguins.rows, 344);
    assert_eq!(penguins.facts.class_names("t").unwrap(), ["Adelie", "Chinstrap", "Gentoo"]);
}
