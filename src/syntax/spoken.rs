//! The places that the layout has reported: what comes after it is silent about them, so that one mistake is one error.
use crate::diagnostic::{Diagnostic, Span};

pub struct Spoken {
    /// Sorted by their start.
    places: Vec<Span>,
    /// The furthest end of the places up to each.
    furthest: Vec<u32>,
}

impl Spoken {
    pub fn new(diagnostics: &[Diagnostic]) -> Spoken {
        let mut places: Vec<Span> = diagnostics.iter().filter_map(Diagnostic::span).collect();
        places.sort_by_key(|span| span.start);
        let furthest = places.iter().scan(0, |furthest, span| {
            *furthest = span.end.max(*furthest);
            Some(*furthest)
        });
        Spoken { furthest: furthest.collect(), places }
    }

    /// Does a place that counts begin in `from..=to`?
    pub fn starts_between(&self, from: usize, to: usize, counts: impl Fn(usize) -> bool) -> bool {
        let first = self.places.partition_point(|span| (span.start as usize) < from);
        self.places[first..].iter().map(|span| span.start as usize).take_while(|start| *start <= to).any(counts)
    }

    /// Does a place overlap this one, or touch it?
    pub fn overlaps(&self, span: Span) -> bool {
        let count = self.places.partition_point(|place| place.start <= span.end);
        count > 0 && self.furthest[count - 1] >= span.start
    }
}
