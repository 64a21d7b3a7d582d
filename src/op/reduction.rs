//! Reductions over axes.
use super::Interval;

/// A reduction. Those that pick an element take the first of equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReduceOp {
    Sum,
    Mean,
    Max,
    Min,
    Product,
    /// The index of the first greatest element.
    Argmax,
    Argmin,
}

/// Every fact about one reduction.
pub struct Reduction {
    pub name: &'static str,
    pub doc: &'static str,
    /// The value over no elements.
    pub initial: f64,
    pub combine: fn(f64, f64) -> f64,
    /// The range of the result over `n` elements of a range; `n` is `None` for the batch.
    pub range: fn(Interval, Option<usize>) -> Interval,
}

impl ReduceOp {
    pub const ALL: [ReduceOp; 7] = [
        ReduceOp::Sum,
        ReduceOp::Mean,
        ReduceOp::Max,
        ReduceOp::Min,
        ReduceOp::Product,
        ReduceOp::Argmax,
        ReduceOp::Argmin,
    ];

    pub fn row(self) -> &'static Reduction {
        match self {
            ReduceOp::Sum => &SUM,
            ReduceOp::Mean => &MEAN,
            ReduceOp::Max => &MAX,
            ReduceOp::Min => &MIN,
            ReduceOp::Product => &PRODUCT,
            ReduceOp::Argmax => &ARGMAX,
            ReduceOp::Argmin => &ARGMIN,
        }
    }
    /// Whether the result is an index, not a value of the elements' kind.
    pub fn picks_index(self) -> bool {
        matches!(self, ReduceOp::Argmax | ReduceOp::Argmin)
    }
    pub fn by_name(name: &str) -> Option<ReduceOp> {
        ReduceOp::ALL.into_iter().find(|op| op.row().name == name)
    }
}

static SUM: Reduction = Reduction {
    name: "sum",
    doc: "the sum of the elements",
    initial: 0.0,
    combine: |x, y| x + y,
    range: |x, n| match n {
        Some(n) => x.times(Interval::point(n as f64)),
        None => Interval::new(
            if x.low < 0.0 { f64::NEG_INFINITY } else { 0.0 },
            if x.high > 0.0 { f64::INFINITY } else { 0.0 },
        ),
    },
};
static MEAN: Reduction =
    Reduction { name: "mean", doc: "the mean of the elements", initial: 0.0, combine: |x, y| x + y, range: |x, _| x };
static MAX: Reduction = Reduction {
    name: "max",
    doc: "the greatest element; its derivative goes to the first of equals",
    initial: f64::NEG_INFINITY,
    combine: f64::max,
    range: |x, _| x,
};
static MIN: Reduction = Reduction {
    name: "min",
    doc: "the least element; its derivative goes to the first of equals",
    initial: f64::INFINITY,
    combine: f64::min,
    range: |x, _| x,
};
static PRODUCT: Reduction = Reduction {
    name: "prod",
    doc: "the product of the elements",
    initial: 1.0,
    combine: |x, y| x * y,
    range: |x, _| {
        if x.within(Interval::UNIT) {
            Interval::UNIT
        } else if x.low >= 0.0 {
            Interval::NONNEGATIVE
        } else {
            Interval::ALL
        }
    },
};
static ARGMAX: Reduction = Reduction {
    name: "argmax",
    doc: "the index of the greatest element, the first of equals",
    initial: f64::NEG_INFINITY,
    combine: f64::max,
    range: |_, n| Interval::new(0.0, n.map_or(f64::INFINITY, |n| n.saturating_sub(1) as f64)),
};
static ARGMIN: Reduction = Reduction {
    name: "argmin",
    doc: "the index of the least element, the first of equals",
    initial: f64::INFINITY,
    combine: f64::min,
    range: |_, n| Interval::new(0.0, n.map_or(f64::INFINITY, |n| n.saturating_sub(1) as f64)),
};
