//! How a sum is cut. A rounding error grows with the longest chain of additions, so a long sum is a tree: chains of terms, pieces of
//! chains, and a total of the pieces that loses nothing. The lengths of its axes alone decide where it is cut, so neither threads nor
//! the width of vectors change a bit, and what is computed beside it does not either.
//!
//! ```text
//! terms   ─ a chain of 16 (a loop over lanes has 16 of them, one a strand), or one of 32 that is all
//! chains  ─ a piece of 8 chains
//! pieces  ─ the total, as two numbers: what it is, and what its additions lost (Knuth's two-sum)
//! ```
//!
//! Terms that are alike are rounded to the same side: at worst 2.7e-7 of the sum are lost in a chain of 16 in f32, 5.0e-7 in one of 32,
//! 1.5e-7 in a piece.
//!
//! A level more above the total, for shards of the batch that other processes sum, would add the shards' pairs of numbers in the
//! order of their numbers: with one shard, as now, there is nothing to add.
use super::refusal::Outcome;
use crate::graph::BATCH;
use crate::kernel::{Extent, Loop, LoopVariable, Recorder, Reducer, Running, Value};
use crate::vector::lanes::Lanes;

/// Terms of one chain of several.
const CHAIN: usize = 16;
/// Terms of the only chain.
const ONLY: usize = 32;
/// Chains of one piece.
const PIECE: usize = 8;
/// Strands of a loop over lanes, each a chain.
const STRANDS: usize = 16;
/// Lanes of one vector, at most: what is left of a loop over lanes after whole vectors is added up term by term.
const LANES: usize = 4;

/// A loop of the nest, and where a sum of its own begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    pub axis: usize,
    pub extent: usize,
    /// It counts pieces of so many places.
    each: usize,
    /// Only those of one piece of the turn before it, so many.
    within: Option<usize>,
    /// A sum begins in front of it and is handed on behind it.
    begins: bool,
}

/// The loops over axes, the outermost first, so that no chain is too long.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    pub turns: Vec<Turn>,
    /// Whether there are more than one piece can have: the total is of two numbers.
    is_long: bool,
}

impl Cut {
    /// Of axes with their extents, the outermost first. `lanes` says that the innermost is a loop over lanes; the batch has at most
    /// so many rows.
    pub fn new(axes: &[(usize, usize)], lanes: bool, batch: usize) -> Cut {
        let is_over_lanes = |at: usize| lanes && at + 1 == axes.len();
        // What is cut around the rows of a batch must not depend on how many there may be.
        let most = |at: usize| match axes[at].1 {
            BATCH if at == 0 => batch,
            BATCH => usize::MAX,
            extent => extent,
        };
        let additions = |at: usize| if is_over_lanes(at) { Lengths::of(most(at)).all() } else { most(at) };
        let all = (0..axes.len()).fold(1_usize, |all, at| all.saturating_mul(additions(at)));
        let chain = if all <= ONLY { ONLY } else { CHAIN };
        let mut turns: Vec<Turn> = vec![];
        // The level that is being filled, how many additions its chain takes for each round, and how many terms have behind them.
        let (mut level, mut used, mut behind) = (0, 1, 0);
        for at in (0..axes.len()).rev() {
            let (axis, extent) = axes[at];
            let (mut each, mut left) = (1, most(at));
            loop {
                let room = match level {
                    0 if is_over_lanes(at) => chain * STRANDS,
                    0 => (chain - behind) / used,
                    1 => PIECE / used,
                    _ => usize::MAX,
                };
                if left <= room {
                    turns.push(Turn { axis, extent, each, within: None, begins: false });
                    if level == 0 && is_over_lanes(at) {
                        let lengths = Lengths::of(left);
                        (used, behind) = (lengths.after.min(chain), lengths.strand.min(chain - 1));
                    } else {
                        used = used.saturating_mul(left);
                    }
                    break;
                }
                if 1 < room {
                    turns.push(Turn { axis, extent, each, within: Some(room), begins: true });
                    (each, left) = (each * room, left.div_ceil(room));
                } else if let Some(last) = turns.last_mut() {
                    last.begins = true;
                }
                (level, used, behind) = (level + 1, 1, 0);
            }
        }
        turns.reverse();
        Cut { turns, is_long: 1 < level }
    }
}

/// The additions of a loop over so many lanes.
struct Lengths {
    /// Of one strand, before all of them are put together.
    strand: usize,
    /// Of the sum around the loop: the strands together, and what is left after whole vectors.
    after: usize,
}

impl Lengths {
    fn of(extent: usize) -> Lengths {
        let strand = extent.div_ceil(STRANDS);
        let after = usize::from(LANES <= extent) + extent % LANES;
        Lengths { strand: if extent < LANES { 0 } else { strand }, after: after.max(1) }
    }
    fn all(&self) -> usize {
        self.strand + self.after
    }
}

/// A sum of floats that is being made.
#[derive(Clone, Copy)]
pub enum Sum<'k> {
    Chain(Running<'k>),
    /// What it is, and what its additions lost.
    Total(Running<'k>, Running<'k>),
}

impl<'k> Sum<'k> {
    /// The sum of all terms of a cut.
    pub fn of(recorder: &'k Recorder, cut: &Cut) -> Sum<'k> {
        if cut.is_long {
            return Sum::Total(recorder.accumulate(Reducer::Replace, recorder.number(0.0)), recorder.sum());
        }
        Sum::Chain(recorder.sum())
    }

    pub fn put(self, value: Value<'k>) {
        match self {
            Sum::Chain(chain) => chain.put(value),
            Sum::Total(total, lost) => {
                let before = total.total();
                let after = before + value;
                let added = after - before;
                lost.put((before - (after - added)) + (value - added));
                total.put(after);
            }
        }
    }

    /// Adds a product, fused.
    pub fn put_product(self, value: Value<'k>, factor: Value<'k>) {
        match self {
            Sum::Chain(chain) => chain.put_product(value, factor),
            Sum::Total(..) => self.put(value * factor),
        }
    }

    pub fn total(self) -> Value<'k> {
        match self {
            Sum::Chain(chain) => chain.total(),
            Sum::Total(total, lost) => {
                let (total, lost) = (total.total(), lost.total());
                // Of what is infinite, nothing that is a number is lost.
                Value::select(lost.equal(lost), total + lost, total)
            }
        }
    }
}

/// Writes the loops of a cut, and at each place `term`, which puts something into the sum that it is given. The innermost loop is
/// made by `innermost`.
pub fn summed<'k>(
    recorder: &'k Recorder,
    turns: &[Turn],
    innermost: &dyn Fn(Loop) -> Loop,
    sum: Sum<'k>,
    at: &mut Vec<(usize, LoopVariable)>,
    piece: Option<LoopVariable>,
    term: &mut dyn FnMut(&[(usize, LoopVariable)], Sum<'k>) -> Outcome<()>,
) -> Outcome<()> {
    let Some((turn, rest)) = turns.split_first() else { return term(at, sum) };
    let own = if turn.begins { Sum::Chain(recorder.sum()) } else { sum };
    let extent = if turn.extent == BATCH { Extent::Batch } else { Extent::Fixed(turn.extent) };
    let mut over = Loop::over(extent).pieces(turn.each);
    if let (Some(size), Some(piece)) = (turn.within, piece) {
        over = over.within(piece, size);
    }
    if rest.is_empty() {
        over = innermost(over);
    }
    let mut result = Ok(());
    recorder.for_each(over, |variable| {
        if turn.each != 1 {
            result = summed(recorder, rest, innermost, own, at, Some(variable), term);
            return;
        }
        at.push((turn.axis, variable));
        result = summed(recorder, rest, innermost, own, at, None, term);
        at.pop();
    });
    if turn.begins {
        sum.put(own.total());
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most additions that a term goes through before it is in the total, if that is of one number, else in a piece.
    fn longest(cut: &Cut, lanes: bool) -> usize {
        let (mut chains, mut own) = (vec![], 1);
        for (at, turn) in cut.turns.iter().enumerate().rev() {
            let rounds = turn.within.unwrap_or(turn.extent.div_ceil(turn.each));
            if lanes && at + 1 == cut.turns.len() {
                let lengths = Lengths::of(rounds);
                chains.push(lengths.strand);
                own = lengths.after;
            } else {
                own *= rounds;
            }
            if turn.begins {
                chains.push(own);
                own = 1;
            }
        }
        if !cut.is_long {
            chains.push(own);
        }
        chains.iter().sum()
    }

    #[test]
    fn no_chain_is_long() {
        let extents = [1, 2, 3, 7, 15, 31, 32, 33, 100, 255, 256, 257, 5000, 1_000_003];
        for lanes in [false, true] {
            for (first, second) in extents.into_iter().flat_map(|first| extents.map(|second| (first, second))) {
                for third in extents {
                    let axes = [(0, first), (1, second), (2, third)];
                    let cut = Cut::new(&axes, lanes, 1);
                    let longest = longest(&cut, lanes);
                    // Beside the strands of a loop over lanes, what is left of it.
                    assert!(longest <= (CHAIN + PIECE + LANES).max(ONLY), "{axes:?}: {longest}, {cut:?}");
                }
            }
        }
    }

    /// A batch of few rows is added in the same order, however many there may be.
    #[test]
    fn the_room_for_rows_does_not_matter() {
        let of = |batch| Cut::new(&[(0, 10), (1, BATCH), (2, 5)], false, batch);
        assert_eq!(of(3), of(1_000_000));
        // The only rows: one piece, or more.
        let turns = |batch| Cut::new(&[(0, BATCH)], false, batch).turns.len();
        assert_eq!([turns(32), turns(33), turns(128), turns(129)], [1, 2, 2, 3]);
    }
}
