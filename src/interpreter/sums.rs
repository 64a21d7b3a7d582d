//! Sums that lose nothing: chains of few terms, and their total as two numbers, what it is and what its additions lost.
use super::real::Real;

/// Terms of one chain.
pub const CHAIN: usize = 16;
/// Elements of a slice that is summed in sixteen strands, each a chain.
pub const SLICE: usize = 16 * CHAIN;

/// Knuth's two-sum: `lost` takes what the addition rounds away.
#[inline]
pub fn add<T: Real>(total: &mut T, lost: &mut T, value: T) {
    let before = *total;
    let after = before + value;
    let added = after - before;
    *lost += (before - (after - added)) + (value - added);
    *total = after;
}

/// The two numbers as one. Of what is infinite, nothing that is a number is lost.
#[inline]
pub fn settled<T: Real>(total: T, lost: T) -> T {
    if lost.to_f64().is_nan() { total } else { total + lost }
}

/// The sum of one element.
pub struct Total<T> {
    total: T,
    lost: T,
    chain: T,
    terms: usize,
}

impl<T: Real> Total<T> {
    pub fn new() -> Total<T> {
        Total { total: T::ZERO, lost: T::ZERO, chain: T::ZERO, terms: 0 }
    }
    /// Adds what is a sum of few terms.
    #[inline]
    pub fn add(&mut self, value: T) {
        add(&mut self.total, &mut self.lost, value);
    }
    /// Adds one term.
    #[inline]
    pub fn term(&mut self, value: T) {
        self.chain += value;
        self.terms += 1;
        if self.terms == CHAIN {
            self.end_chain();
        }
    }
    #[inline]
    fn end_chain(&mut self) {
        let chain = std::mem::replace(&mut self.chain, T::ZERO);
        self.add(chain);
        self.terms = 0;
    }
    #[inline]
    pub fn value(mut self) -> T {
        if self.terms > 0 {
            self.end_chain();
        }
        settled(self.total, self.lost)
    }
}

/// The sums of a row of elements, which get their terms together.
pub struct Row<'a, T> {
    chain: &'a mut [T],
    lost: &'a mut [T],
    terms: usize,
    chains: usize,
}

impl<'a, T: Real> Row<'a, T> {
    /// Sums of so many elements, with room that it lends.
    pub fn new([chain, lost]: &'a mut [Vec<T>; 2], length: usize) -> Row<'a, T> {
        for room in [&mut *chain, &mut *lost] {
            if room.len() < length {
                room.resize(length, T::ZERO);
            }
        }
        chain[..length].fill(T::ZERO);
        Row { chain: &mut chain[..length], lost: &mut lost[..length], terms: 0, chains: 0 }
    }
    /// Where one more term of each is added. `out` is where the sums will be: the elements from `start` on, `stride` apart.
    #[inline]
    pub fn next(&mut self, out: &mut [T], start: isize, stride: isize) -> &mut [T] {
        if self.terms == CHAIN {
            self.end_chain(out, start, stride);
        }
        self.terms += 1;
        self.chain
    }
    fn end_chain(&mut self, out: &mut [T], start: isize, stride: isize) {
        let first = self.chains == 0;
        for (k, (chain, lost)) in self.chain.iter_mut().zip(self.lost.iter_mut()).enumerate() {
            let out = &mut out[(start + k as isize * stride) as usize];
            if first {
                (*out, *lost) = (*chain, T::ZERO);
            } else {
                add(out, lost, *chain);
            }
            *chain = T::ZERO;
        }
        self.chains += 1;
        self.terms = 0;
    }
    /// Leaves the sums in `out`; the next ones may begin.
    pub fn finish(&mut self, out: &mut [T], start: isize, stride: isize) {
        self.end_chain(out, start, stride);
        if self.chains > 1 {
            for (k, lost) in self.lost.iter().enumerate() {
                let out = &mut out[(start + k as isize * stride) as usize];
                *out = settled(*out, *lost);
            }
        }
        self.chains = 0;
    }
}
