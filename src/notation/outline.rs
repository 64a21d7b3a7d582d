//! Which values get a line, which a letter, and in which order the lines come.
//!
//! A derivative gets a line where it is used twice, or where it is that of a named value and feeds a parameter. A forward value
//! without a name gets a letter where its adjoint has a line and it is used itself, or where it is used twice and not trivial.
use super::derivation::{Left, Request};
use super::expression::Symbol;
use super::names::{Kind, Multiple, Names};
use super::reading::Reading;
use super::scans::Scans;
use crate::graph::{Graph, Leaf, NodeId, Op};
use rustc_hash::FxHashSet;

/// One line to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub node: NodeId,
    /// What it defines, by one sign or more.
    pub symbols: Vec<Symbol>,
    /// The forward value whose adjoint it is, if that has a letter: the letter is explained here.
    pub letter: Option<NodeId>,
}

/// Plans the lines; what gets a line or a letter is entered in `names`.
pub fn outline(graph: &Graph, request: &Request, scans: &Scans, names: &mut Names) -> Vec<Entry> {
    let outline = Outline { reading: Reading::new(graph, request, names, scans), graph, request };
    let mut lines = outline.multiples(names);
    outline.lines(names, &mut lines);
    outline.break_circles(names, &mut lines);
    lines.sort();
    outline.letters(names, &lines);
    outline.entries(names, lines)
}

/// So many operations are too long for one line.
const LONG: usize = 12;

struct Outline<'a> {
    reading: Reading<'a>,
    graph: &'a Graph,
    request: &'a Request,
}

impl Outline<'_> {
    /// Adjoints that are a number times what is used elsewhere, too: `δ = 2 (y − t)`. What is used elsewhere is then said by δ.
    fn multiples(&self, names: &mut Names) -> Vec<NodeId> {
        let mut lines = vec![];
        let mut all = self.reading.reached.clone();
        all.extend(self.request.titles.keys());
        all.sort();
        all.dedup();
        for id in all {
            let Some((core, factor, transposed)) = self.reading.core(id, names) else { continue };
            let Some(forward) = self.reading.own_forward(id, names) else { continue };
            let named = |f: Option<NodeId>| f.is_some_and(|f| names.is_given(f));
            let known = names.has(id) || self.reading.forward.contains(&id) || names.multiple_of(core).is_some();
            let better = !names.is_given(forward) && self.reading.own_forward(core, names).is_some();
            if known
                || better
                || named(self.reading.own_forward(core, names))
                || self.reading.cost(core, names) == 0
                || factor == 0.0
            {
                continue;
            }
            // How often the core is used beside the adjoint.
            let through = match (self.reading.users.contains_key(&id), self.reading.is_transparent(id)) {
                (false, _) => 0,
                (true, true) => self.reading.uses(id),
                (true, false) => 1,
            };
            let uses = self.reading.uses(id) + self.reading.uses(core).saturating_sub(through);
            let worth = names.is_given(forward) || self.reading.cost(core, names) >= 4;
            if uses >= 2 || (worth && (self.reading.feeds(id) || self.reading.feeds(core))) {
                names.give_multiple(core, Multiple { line: id, factor: 1.0 / factor, transposed });
                self.reserve(names, &mut lines, id);
            }
        }
        lines
    }

    fn lines(&self, names: &mut Names, lines: &mut Vec<NodeId>) {
        let reading = &self.reading;
        for &id in &reading.reached {
            let known = names.has(id) || names.multiple_of(id).is_some();
            if reading.forward.contains(&id) || known || reading.is_transparent(id) {
                continue;
            }
            let (uses, cost) = (reading.uses(id), reading.cost(id, names));
            if cost == 0 {
                continue;
            }
            let forward = reading.own_forward(id, names);
            let named = forward.is_some_and(|f| names.is_given(f));
            let shared = uses >= 2 && (forward.is_some() || reading.results.contains_key(&id) || cost >= 3);
            let fed = forward.is_some() && (named || cost >= 4) && reading.feeds(id);
            if shared || fed || (forward.is_some() && reading.own_cost(id, names) >= LONG) {
                self.reserve(names, lines, id);
            }
        }
    }
    /// A line of its own; what it is called is settled when all lines are known.
    fn reserve(&self, names: &mut Names, lines: &mut Vec<NodeId>, id: NodeId) {
        names.give_line(id, Symbol::Adjoint(String::new()));
        lines.push(id);
    }

    /// What a backward loop carries must go through a line, or it would be written without end.
    fn break_circles(&self, names: &mut Names, lines: &mut Vec<NodeId>) {
        loop {
            let circle = self.reading.reached.iter().copied().find_map(|id| {
                let Op::Leaf(Leaf::Binder(of, index)) = *self.graph.op(id) else { return None };
                let next = self.graph.looped(of).binders[index as usize].next;
                // What a forward loop carries gets a letter.
                let is_forward = self.reading.forward.contains(&next);
                (!names.has(next) && !is_forward && self.comes_back(next, id, names)).then_some(next)
            });
            match circle {
                Some(next) => self.reserve(names, lines, next),
                None => return,
            }
        }
    }
    fn comes_back(&self, from: NodeId, to: NodeId, names: &Names) -> bool {
        let mut seen = FxHashSet::default();
        let mut todo = vec![from];
        while let Some(id) = todo.pop() {
            if id == to {
                return true;
            }
            if !names.has(id) && seen.insert(id) {
                todo.extend(self.reading.children(id, names));
            }
        }
        false
    }

    fn letters(&self, names: &mut Names, lines: &[NodeId]) {
        let reading = &self.reading;
        let free = |names: &Names, id: NodeId| {
            let known = names.has(id) || names.multiple_of(id).is_some();
            !known && !matches!(self.graph.op(id), Op::Leaf(_))
        };
        for &line in lines {
            let Some(forward) = reading.forward_of(line, names).filter(|&f| free(names, f)) else { continue };
            let cost = reading.cost(forward, names);
            // `δ = 2 (w x − t)` says it without a letter.
            let plain = reading.uses(forward) == 1 && reading.cost(line, names) <= cost + 1;
            if cost > 0 && reading.users.contains_key(&forward) && !plain {
                names.give_letter(self.graph, forward);
            }
        }
        for &id in &reading.reached {
            if let Op::Leaf(Leaf::Binder(of, index)) = *self.graph.op(id) {
                let next = self.graph.looped(of).binders[index as usize].next;
                if reading.forward.contains(&next) && free(names, next) {
                    names.give_letter(self.graph, next);
                }
            }
        }
        let inner =
            |names: &Names, id: NodeId| reading.forward.contains(&id) && free(names, id) && !reading.is_transparent(id);
        // Outer values first: what they are made of is then used by them alone.
        for &id in reading.reached.iter().rev() {
            if inner(names, id) && reading.uses(id) >= 2 && reading.cost(id, names) >= 2 {
                names.give_letter(self.graph, id);
            }
        }
        // Long formulas in pieces, from the inside.
        for &id in &reading.reached {
            if inner(names, id) && reading.cost(id, names) >= LONG / 2 {
                names.give_letter(self.graph, id);
            }
        }
    }

    fn entries(&self, names: &mut Names, lines: Vec<NodeId>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = lines.iter().map(|&node| self.entry(node, names)).collect();
        let unnamed = Symbol::Adjoint(String::new());
        let several = entries.iter().filter(|e| e.symbols[0] == unnamed).count() > 1;
        for entry in entries.iter_mut().filter(|e| several && e.symbols[0] == unnamed) {
            // Told apart by letters for the values that they are the adjoints of.
            if let Some(forward) = self
                .reading
                .own_forward(entry.node, names)
                .filter(|&f| !names.has(f) && self.reading.cost(f, names) > 0)
            {
                names.give_letter(self.graph, forward);
                *entry = self.entry(entry.node, names);
            }
        }
        let count = entries.iter().filter(|e| e.symbols[0] == unnamed).count();
        let mut number = 0;
        let mut given: FxHashSet<String> = FxHashSet::default();
        for entry in &mut entries {
            if let Symbol::Adjoint(of) = &entry.symbols[0] {
                // The program may have a value `δ` of its own; two values may be adjoints of one.
                let is_free = |of: &str| !names.is_taken(&format!("δ{of}")) && !given.contains(of);
                if of.is_empty() && (count > 1 || !is_free(of)) {
                    number = (number + 1..).find(|n: &usize| is_free(&n.to_string())).unwrap_or_default();
                    entry.symbols[0] = Symbol::Adjoint(number.to_string());
                } else if !of.is_empty() && !is_free(of) {
                    let other = (2..).map(|n: usize| format!("{of}{n}")).find(|of| is_free(of)).unwrap_or_default();
                    entry.symbols[0] = Symbol::Adjoint(other);
                }
            }
            if let Symbol::Adjoint(of) = &entry.symbols[0] {
                given.insert(of.clone());
            }
            names.give_line(entry.node, entry.symbols[0].clone());
        }
        let entries = self.sorted(entries, names);
        // A result that only other results speak of stands among them.
        let needed: Vec<FxHashSet<NodeId>> = entries.iter().map(|e| self.reading.needed(e.node, names, true)).collect();
        let is_result = |e: &Entry| {
            let needs = |(other, needed): (&Entry, &FxHashSet<NodeId>)| {
                matches!(other.symbols[0], Symbol::Adjoint(_)) && needed.contains(&e.node)
            };
            matches!(e.symbols[0], Symbol::Derivative { .. }) && !entries.iter().zip(&needed).any(needs)
        };
        let (own, entries): (Vec<Entry>, Vec<Entry>) = entries.iter().cloned().partition(is_result);
        // Each result behind the last line that it needs.
        let mut behind: Vec<Vec<Entry>> = vec![vec![]; entries.len() + 1];
        for wanted in &self.request.results {
            let symbol = symbol_of(&wanted.left);
            if entries.iter().any(|e| e.node == wanted.node && e.symbols.contains(&symbol)) {
                continue;
            }
            let line = own.iter().find(|e| e.node == wanted.node && e.symbols.contains(&symbol));
            let needed = self.needed_deep(wanted.node, names, line.is_some(), &own);
            let place = entries.iter().rposition(|e| needed.contains(&e.node)).map_or(0, |k| k + 1);
            let plain = || Entry { node: wanted.node, symbols: vec![symbol.clone()], letter: None };
            behind[place].push(line.cloned().unwrap_or_else(plain));
        }
        let mut all = vec![];
        let mut entries = entries.into_iter();
        for group in behind {
            all.extend(group);
            all.extend(entries.next());
        }
        all
    }

    /// Lines behind those that they need, otherwise as they are; the rounds of a loop need each other.
    fn sorted(&self, entries: Vec<Entry>, names: &Names) -> Vec<Entry> {
        let needed: Vec<FxHashSet<NodeId>> = entries.iter().map(|e| self.reading.needed(e.node, names, true)).collect();
        let mut order: Vec<usize> = vec![];
        let mut seen = vec![false; entries.len()];
        // Depth first, with a stack of lines and how far their needs have been looked at.
        for first in 0..entries.len() {
            let mut stack = vec![(first, 0)];
            while let Some((at, next)) = stack.pop() {
                if next == 0 && std::mem::replace(&mut seen[at], true) {
                    continue;
                }
                match (next..entries.len()).find(|&k| !seen[k] && needed[at].contains(&entries[k].node)) {
                    Some(k) => stack.extend([(at, k + 1), (k, 0)]),
                    None => order.push(at),
                }
            }
        }
        order.into_iter().map(|k| entries[k].clone()).collect()
    }

    fn entry(&self, node: NodeId, names: &Names) -> Entry {
        let forward = self.reading.own_forward(node, names);
        let own = self.request.results.iter().find(|w| w.node == node).map(|w| symbol_of(&w.left));
        let title = forward.and_then(|f| names.get(f).map(|t| (f, t)));
        match (title, own) {
            (Some((f, title)), _) => {
                let Symbol::Name(name) = &title.symbol else {
                    return Entry { node, symbols: vec![Symbol::Adjoint(String::new())], letter: None };
                };
                let mut symbols = vec![Symbol::Adjoint(name.clone())];
                if title.kind == Kind::Given && !self.reading.scans.rounds.contains(&f) {
                    symbols.push(Symbol::Derivative { of: self.request.of.clone(), by: name.clone() });
                }
                let is_explained = matches!(title.kind, Kind::Letter | Kind::Inner);
                Entry { node, symbols, letter: is_explained.then_some(f) }
            }
            (None, Some(symbol)) if forward.is_none() => Entry { node, symbols: vec![symbol], letter: None },
            _ => Entry { node, symbols: vec![Symbol::Adjoint(String::new())], letter: None },
        }
    }

    /// The same, with what the results that are read need.
    fn needed_deep(&self, node: NodeId, names: &Names, defines: bool, results: &[Entry]) -> FxHashSet<NodeId> {
        let mut found = self.reading.needed(node, names, defines);
        for entry in results.iter().filter(|e| e.node != node) {
            if found.contains(&entry.node) {
                found.extend(self.reading.needed(entry.node, names, true));
            }
        }
        found
    }
}

fn symbol_of(left: &Left) -> Symbol {
    match left {
        Left::Derivative { of, by } => Symbol::Derivative { of: of.clone(), by: by.clone() },
        Left::Name(name) => Symbol::Name(name.clone()),
    }
}
