//! Every row: its derivative against central differences of its value, its range against samples.
use super::sym::{Template, binary_template, unary_template};
use super::*;

fn evaluate(template: &[Template], root: usize, arguments: &[f64], answer: f64) -> f64 {
    let mut values: Vec<f64> = vec![];
    for node in template {
        values.push(match *node {
            Template::Argument(i) => arguments[i],
            Template::Answer => answer,
            Template::Adjoint => 1.0,
            Template::Constant(c) => c,
            Template::Unary(op, x) => (op.value)(values[x]),
            Template::Binary(op, x, y) => (op.value)(values[x], values[y]),
            Template::Select(c, x, y) => {
                if values[c] != 0.0 {
                    values[x]
                } else {
                    values[y]
                }
            }
        });
    }
    values[root]
}

fn points((low, high): (f64, f64)) -> impl Iterator<Item = f64> {
    (0..200).map(move |i| low + (high - low) * (i as f64 + 0.5) / 200.0)
}

fn close(x: f64, y: f64) -> bool {
    (x - y).abs() <= 1e-6 * (1.0 + x.abs().max(y.abs()))
}

#[test]
fn unary_derivatives_agree_with_central_differences() {
    for row in unary_rows() {
        let (template, root) = unary_template(UnaryOp(row));
        for x in points(row.samples).filter(|x| row.kinks.iter().all(|k| (k - x).abs() > 1e-3)) {
            let h = 1e-6 * (1.0 + x.abs());
            let difference = ((row.value)(x + h) - (row.value)(x - h)) / (2.0 * h);
            let derived = evaluate(&template, root, &[x], (row.value)(x));
            assert!(close(difference, derived), "{}'({x}): {derived}, differences say {difference}", row.name);
        }
    }
}

#[test]
fn binary_derivatives_agree_with_central_differences() {
    for row in binary_rows() {
        for argument in 0..2 {
            let (template, root) = binary_template(BinaryOp(row), argument);
            for x in points(row.samples[0]).step_by(7) {
                for y in points(row.samples[1]).step_by(7).filter(|&y| !(row.kink)(x, y)) {
                    let h = 1e-6 * (1.0 + [x, y][argument].abs());
                    let at = |s: f64| if argument == 0 { (row.value)(x + s, y) } else { (row.value)(x, y + s) };
                    let difference = (at(h) - at(-h)) / (2.0 * h);
                    let derived = evaluate(&template, root, &[x, y], (row.value)(x, y));
                    assert!(
                        close(difference, derived),
                        "{} by {argument} at {x}, {y}: {derived}, differences say {difference}",
                        row.name
                    );
                }
            }
        }
    }
}

/// The oracle's derivatives: the first against differences of the value, the second against differences of the first.
#[test]
fn slopes_agree_with_central_differences() {
    for row in unary_rows() {
        for x in points(row.samples).filter(|x| row.kinks.iter().all(|k| (k - x).abs() > 1e-3)) {
            let h = 1e-6 * (1.0 + x.abs());
            let difference = |f: &dyn Fn(f64) -> f64| (f(x + h) - f(x - h)) / (2.0 * h);
            let [first, second] = (row.slopes)(x);
            assert!(close(difference(&|x| (row.value)(x)), first), "{}'({x}): {first}", row.name);
            assert!(close(difference(&|x| (row.slopes)(x)[0]), second), "{}''({x}): {second}", row.name);
        }
    }
    for row in binary_rows() {
        for x in points(row.samples[0]).step_by(7) {
            for y in points(row.samples[1]).step_by(7).filter(|&y| !(row.kink)(x, y)) {
                let h = 1e-6 * (1.0 + x.abs().max(y.abs()));
                let by_x = |f: &dyn Fn(f64, f64) -> f64| (f(x + h, y) - f(x - h, y)) / (2.0 * h);
                let by_y = |f: &dyn Fn(f64, f64) -> f64| (f(x, y + h) - f(x, y - h)) / (2.0 * h);
                let slope = |at: usize| move |x: f64, y: f64| (row.slopes)(x, y)[at];
                let found = [by_x(&row.value), by_y(&row.value), by_x(&slope(0)), by_y(&slope(0)), by_y(&slope(1))];
                for (at, (found, stated)) in found.into_iter().zip((row.slopes)(x, y)).enumerate() {
                    assert!(close(found, stated), "{} at {x}, {y}, slope {at}: {stated}, not {found}", row.name);
                }
            }
        }
    }
}

#[test]
fn conventions_at_kinks() {
    let at = |name: &str, x: f64| {
        let row = unary_by_name(name).unwrap();
        let (template, root) = unary_template(row);
        evaluate(&template, root, &[x], (row.value)(x))
    };
    assert_eq!(at("relu", 0.0), 0.0);
    assert_eq!(at("abs", 0.0), 0.0);
    let of_two = |row: &'static Binary, argument| {
        let (template, root) = binary_template(BinaryOp(row), argument);
        evaluate(&template, root, &[1.0, 1.0], 1.0)
    };
    assert_eq!((of_two(&arithmetic::MAX, 0), of_two(&arithmetic::MAX, 1)), (0.0, 1.0));
    assert_eq!((of_two(&arithmetic::MIN, 0), of_two(&arithmetic::MIN, 1)), (0.0, 1.0));
}

#[test]
fn values_stay_in_the_stated_range() {
    for row in unary_rows() {
        let range = (row.range)(Interval::new(row.samples.0, row.samples.1));
        for x in points(row.samples) {
            assert!(range.contains((row.value)(x)), "{}({x}) = {} is not in {range:?}", row.name, (row.value)(x));
        }
    }
    for row in binary_rows() {
        let range = (row.range)(
            Interval::new(row.samples[0].0, row.samples[0].1),
            Interval::new(row.samples[1].0, row.samples[1].1),
        );
        for (x, y) in points(row.samples[0]).flat_map(|x| points(row.samples[1]).step_by(9).map(move |y| (x, y))) {
            assert!(range.contains((row.value)(x, y)), "{}({x}, {y}) is not in {range:?}", row.name);
        }
    }
}

/// What a row says of signs, multiples and sums is what its values say, and it says all of it.
#[test]
fn parity_and_linearity_are_those_of_the_values() {
    const POINTS: [f64; 6] = [-2.3, -0.7, -0.4, 0.3, 0.9, 1.6];
    for row in unary_rows() {
        // Where there is no value on either side, nothing speaks against it.
        let same = |a: f64, b: f64| a == b || a.is_nan() && b.is_nan() || close(a, b);
        let with_zero = || POINTS.iter().chain(&[0.0]);
        let holds = |factor: f64| with_zero().all(|&x| same((row.value)(-x), factor * (row.value)(x)));
        let parity = match (holds(-1.0), holds(1.0)) {
            (true, _) => Parity::Odd,
            (_, true) => Parity::Even,
            _ => Parity::Neither,
        };
        assert_eq!(row.parity, parity, "{}", row.name);
        // In value and in slope, which is that of a constant where the row stops derivatives.
        let scale = (row.value)(1.0);
        let multiple = |&x: &f64| close((row.value)(x), scale * x) && close((row.slopes)(x)[0], scale);
        assert_eq!(row.scale, with_zero().all(multiple).then_some(scale), "{}", row.name);
        assert!(!row.stops || POINTS.iter().all(|&x| (row.value)(x) == x), "{}", row.name);
    }
    for row in binary_rows() {
        let all = |law: &dyn Fn(f64, f64, f64) -> bool| {
            POINTS.iter().all(|&x| POINTS.iter().all(|&y| POINTS.iter().all(|&z| law(x, y, z))))
        };
        let f = row.value;
        let first = all(&|x, y, z| close(f(x + z, y), f(x, y) + f(z, y)));
        let second = all(&|x, y, z| close(f(x, y + z), f(x, y) + f(x, z)));
        let together = all(&|x, y, _| close(f(x, y), f(x, 0.0) + f(0.0, y)));
        let linear = match (first, second) {
            _ if together && f(1.0, 0.0) == 1.0 && all(&|x, y, _| close(f(x, y), x + f(0.0, 1.0) * y)) => {
                Linearity::Sum(f(0.0, 1.0))
            }
            (true, true) => Linearity::Each,
            (true, false) => Linearity::First,
            (false, _) => Linearity::No,
        };
        assert_eq!(row.linear, linear, "{}", row.name);
    }
}

#[test]
fn what_repeats_a_row_gives_its_whole_powers() {
    for row in binary_rows() {
        let Some(times) = row.repeats else { continue };
        for x in points(row.samples[0]).step_by(7) {
            let mut value = x;
            for n in 2..=8 {
                value = (times.value)(value, x);
                let whole = (row.value)(x, f64::from(n));
                assert!((value - whole).abs() <= 1e-14 * whole.abs(), "{} of {x}, {n}", row.name);
            }
        }
    }
}

/// A row is told by where it stands, so there is one of each.
#[test]
fn a_row_is_itself_alone() {
    let unary: Vec<UnaryOp> = unary_rows().map(UnaryOp).collect();
    let binary: Vec<BinaryOp> = binary_rows().map(BinaryOp).collect();
    for (at, row) in unary.iter().enumerate() {
        assert_eq!(unary.iter().position(|other| other == row), Some(at), "{}", row.name);
    }
    for (at, row) in binary.iter().enumerate() {
        assert_eq!(binary.iter().position(|other| other == row), Some(at), "{}", row.name);
    }
    assert!(UnaryOp(&arithmetic::NEGATE) == arithmetic::NEGATE && UnaryOp(&arithmetic::NEGATE) != arithmetic::ABS);
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = unary_rows().map(|r| r.name).chain(binary_rows().map(|r| r.name)).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// `lower` against `value`, on every path of this machine: f32 to some units in the last place, f64 to the bit or nearly.
#[test]
fn lowerings_agree_with_values() {
    use crate::vector::machine::Path;
    for path in Path::available() {
        for row in unary_rows() {
            let xs: Vec<f64> = points(row.samples).collect();
            let singles: Vec<f32> = xs.iter().map(|x| *x as f32).collect();
            let (mut doubles_out, mut singles_out) = (vec![0.0; xs.len()], vec![0.0; xs.len()]);
            (row.lower.map_f64)(path, &xs, &mut doubles_out);
            (row.lower.map_f32)(path, &singles, &mut singles_out);
            for (at, x) in xs.iter().enumerate() {
                let wanted = (row.value)(*x);
                assert!(
                    (doubles_out[at] - wanted).abs() <= 1e-14 * (1.0 + wanted.abs()),
                    "{} of {x} in f64: {}",
                    row.name,
                    doubles_out[at]
                );
                let wanted = (row.value)(f64::from(singles[at]));
                let got = f64::from(singles_out[at]);
                assert!(
                    (got - wanted).abs() <= 8.0 * f64::from(f32::EPSILON) * (1e-3 + wanted.abs()),
                    "{} of {x} in f32: {got}, not {wanted}",
                    row.name
                );
            }
        }
        for row in binary_rows() {
            let pairs: Vec<(f64, f64)> = points(row.samples[0])
                .step_by(5)
                .flat_map(|x| points(row.samples[1]).step_by(5).map(move |y| (x, y)))
                .collect();
            let xs: Vec<f32> = pairs.iter().map(|p| p.0 as f32).collect();
            let ys: Vec<f32> = pairs.iter().map(|p| p.1 as f32).collect();
            let mut out = vec![0.0; xs.len()];
            (row.lower.map_f32)(path, &xs, &ys, &mut out);
            for at in 0..xs.len() {
                let wanted = (row.value)(f64::from(xs[at]), f64::from(ys[at]));
                let got = f64::from(out[at]);
                let near = (row.kink)(f64::from(xs[at]), f64::from(ys[at]));
                assert!(
                    near || (got - wanted).abs() <= 3e-6 * (1.0 + wanted.abs()),
                    "{} of {}, {} in f32: {got}, not {wanted}",
                    row.name,
                    xs[at],
                    ys[at]
                );
            }
        }
    }
}
