//! Columns: words that were aligned by hand with those of the next line stay aligned.
use super::lines::{Line, Word};
use rustc_hash::FxHashMap;

/// A word by its line and its number there.
type WordPlace = (usize, usize);

/// Gives each word its column.
pub fn place(lines: &mut [Line]) {
    let groups = groups(lines);
    let mut of: FxHashMap<WordPlace, usize> = FxHashMap::default();
    for (number, group) in groups.iter().enumerate() {
        of.extend(group.members.iter().map(|&m| (m, number)));
    }
    let mut placer = Placer { done: vec![0; lines.len()], lines, of, targets: vec![None; groups.len()], groups };
    // From left to right: where a group stands depends on what is left of it.
    for number in 0..placer.groups.len() {
        placer.targets[number] = placer.target(number);
    }
    for line in 0..placer.lines.len() {
        placer.advance(line, usize::MAX);
    }
}

struct Placer<'l> {
    lines: &'l mut [Line],
    /// How many words of each line have their column.
    done: Vec<usize>,
    groups: Vec<Group>,
    of: FxHashMap<WordPlace, usize>,
    /// The columns of groups, as far as they are known.
    targets: Vec<Option<usize>>,
}

impl Placer<'_> {
    /// As far left as all members can stand, but not further left than they stood.
    fn target(&mut self, number: usize) -> Option<usize> {
        let mut wanted = 0;
        for (line, word) in self.groups[number].members.clone() {
            self.advance(line, word);
            let here = &self.lines[line];
            let width = if self.groups[number].by_end { here.words[word].width() } else { 0 };
            let stood = (here.words[word].source + here.indent).saturating_sub(here.words[0].source) + width;
            wanted = wanted.max(self.natural(line, word) + width).max(if word == 0 { 0 } else { stood });
        }
        Some(wanted)
    }

    /// Gives the words of a line before this one their columns.
    fn advance(&mut self, line: usize, to: usize) {
        for word in self.done[line]..self.lines[line].words.len().min(to) {
            let mut column = self.natural(line, word);
            if let Some((number, target)) = self.of.get(&(line, word)).and_then(|&n| Some((n, self.targets[n]?))) {
                let width = if self.groups[number].by_end { self.lines[line].words[word].width() } else { 0 };
                column = column.max(target.saturating_sub(width));
            }
            self.lines[line].words[word].column = column;
            self.done[line] = word + 1;
        }
    }

    /// Where a word stands if nothing aligns it; the words before it have their columns.
    fn natural(&self, line: usize, word: usize) -> usize {
        let words = &self.lines[line].words;
        match word.checked_sub(1) {
            // What a person put between a line and its comment stays.
            Some(before) => {
                let space = if words[word].comment { words[word].space.max(1) } else { 1 };
                words[before].column + words[before].width() + space
            }
            // A line that goes on is aligned with the one above, wherever that stands.
            None if self.of.contains_key(&(line, 0)) => 0,
            None => self.lines[line].indent,
        }
    }
}

/// Words that stand in one column, by their beginnings or by their ends.
struct Group {
    members: Vec<WordPlace>,
    by_end: bool,
    source: usize,
}

fn groups(lines: &[Line]) -> Vec<Group> {
    let mut groups: Vec<Group> = vec![];
    let mut of: FxHashMap<WordPlace, usize> = FxHashMap::default();
    for by_end in [false, true] {
        for below in 1..lines.len() {
            let above = below - 1;
            for (i, upper) in lines[above].words.iter().enumerate() {
                let Ok(j) = lines[below].words.binary_search_by_key(&edge(upper, by_end), |w| edge(w, by_end)) else {
                    continue;
                };
                let lower = &lines[below].words[j];
                let follows = i > 0 || of.contains_key(&(above, i));
                let goes_on = j == 0 && follows && !lines[below].begins && !lines[below].closes && !lower.comment;
                let apart = upper.space.min(lower.space) > 0 && upper.space.max(lower.space) > 1;
                let both_inside = i > 0 && j > 0 && apart;
                let numbers = upper.is_number() && lower.is_number() && both_inside;
                if by_end && !numbers || !goes_on && !both_inside || of.contains_key(&(below, j)) {
                    continue;
                }
                let number = match of.get(&(above, i)) {
                    Some(&number) if groups[number].by_end == by_end => number,
                    Some(_) => continue,
                    None => {
                        groups.push(Group { members: vec![(above, i)], by_end, source: edge(upper, by_end) });
                        of.insert((above, i), groups.len() - 1);
                        groups.len() - 1
                    }
                };
                groups[number].members.push((below, j));
                of.insert((below, j), number);
            }
        }
    }
    groups.sort_by_key(|group| group.source);
    groups
}

/// The side by which a word is aligned, where it stood.
fn edge(word: &Word, by_end: bool) -> usize {
    word.source + if by_end { word.width() } else { 0 }
}

impl Word {
    fn is_number(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '−' | '['))
    }
}
