//! Which values get a line, which a letter, and in which order the lines come.
//!
//! A derivative gets a line where it is used twice, or where it is that of a named value and feeds a parameter. A forward value
//! without a name gets a letter where its adjoint has a line and it is used itself, or where it is used twice and not trivial.
use super::derivation::{Left, Request, Role};
use super::expression::Symbol;
use super::names::{Kind, Multiple, Names};
use crate::graph::{Graph, Leaf, NodeId, Op};
use rustc_hash::{FxHashMap, FxHashSet};

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
pub fn outline(graph: &Graph, request: &Request, names: &mut Names) -> Vec<Entry> {
    let forward: FxHashSet<NodeId> = graph.reachable(&request.values).into_iter().collect();
    let reading = Reading::new(graph, request, names, &forward);
    let mut lines = reading.multiples(names);
    reading.lines(names, &mut lines);
    reading.break_circles(names, &mut lines);
    lines.sort();
    reading.letters(names, &lines);
    reading.entries(names, lines)
}

/// What is read when the results are written, before any of it has a name of its own.
struct Reading<'a> {
    graph: &'a Graph,
    request: &'a Request,
    forward: &'a FxHashSet<NodeId>,
    reached: Vec<NodeId>,
    users: FxHashMap<NodeId, Vec<NodeId>>,
    results: FxHashMap<NodeId, usize>,
}

impl<'a> Reading<'a> {
    fn new(graph: &'a Graph, request: &'a Request, names: &Names, forward: &'a FxHashSet<NodeId>) -> Reading<'a> {
        let mut results: FxHashMap<NodeId, usize> = FxHashMap::default();
        for wanted in &request.results {
            *results.entry(wanted.node).or_default() += 1;
        }
        let mut reading = Reading { graph, request, forward, reached: vec![], users: FxHashMap::default(), results };
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut todo: Vec<NodeId> = request.results.iter().map(|w| w.node).collect();
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            reading.reached.push(id);
            for child in reading.children(id, names) {
                reading.users.entry(child).or_default().push(id);
                todo.push(child);
            }
        }
        reading.reached.sort();
        reading
    }

    /// What is written where this node is, if it has no name.
    fn children(&self, id: NodeId, names: &Names) -> Vec<NodeId> {
        if names.is_given(id) {
            return vec![];
        }
        match *self.graph.op(id) {
            Op::Leaf(Leaf::Binder(of, index)) => {
                let binder = &self.graph.looped(of).binders[index as usize];
                vec![binder.next, binder.init]
            }
            _ => self.graph.op(id).operands(),
        }
    }

    /// Whether paper does not show the node, or as a sign only.
    fn is_transparent(&self, id: NodeId) -> bool {
        match self.graph.op(id) {
            Op::View(_) | Op::Reshape { .. } | Op::Element { .. } | Op::Last { .. } | Op::Stacked { .. } => true,
            Op::Leaf(Leaf::Binder(..)) => true,
            Op::Unary(op, _) => op.name == "neg",
            Op::Binary(op, c, _) if op.name == "mul" => self.graph.constant_of(*c).is_some(),
            Op::Binary(op, _, c) if op.name == "div" => self.graph.constant_of(*c).is_some(),
            _ => false,
        }
    }

    /// How often a value would be written out.
    fn uses(&self, id: NodeId) -> usize {
        self.uses_along(id, &mut FxHashSet::default())
    }
    fn uses_along(&self, id: NodeId, path: &mut FxHashSet<NodeId>) -> usize {
        if !path.insert(id) {
            return 0;
        }
        let mut count = self.results.get(&id).copied().unwrap_or(0);
        for &user in self.users.get(&id).into_iter().flatten() {
            count += if self.is_transparent(user) { self.uses_along(user, path) } else { 1 };
        }
        count
    }
    /// The values that are made of this one, behind what paper does not show.
    fn users_of(&self, id: NodeId) -> Vec<NodeId> {
        let mut found = vec![];
        let mut seen = FxHashSet::default();
        let mut todo = vec![id];
        while let Some(at) = todo.pop() {
            for &user in self.users.get(&at).into_iter().flatten() {
                if self.is_transparent(user) {
                    if seen.insert(user) {
                        todo.push(user);
                    }
                } else {
                    found.push(user);
                }
            }
        }
        found
    }

    /// Operations that would be written, names counting nothing.
    fn cost(&self, id: NodeId, names: &Names) -> usize {
        self.cost_along(id, names, &mut vec![], true)
    }
    fn cost_along(&self, id: NodeId, names: &Names, path: &mut Vec<NodeId>, top: bool) -> usize {
        if (!top && (names.has(id) || names.multiple_of(id).is_some())) || path.contains(&id) || path.len() > 64 {
            return 0;
        }
        let own = match self.graph.op(id) {
            _ if self.is_transparent(id) => 0,
            Op::Leaf(_) | Op::OneHot { .. } => 0,
            _ => 1,
        };
        path.push(id);
        let mut total: usize = own;
        for child in self.children(id, names) {
            total = (total + self.cost_along(child, names, path, false)).min(1000);
        }
        path.pop();
        total
    }

    /// The forward value that an adjoint is best called after: one with a name, else the nearest to the loss.
    fn forward_of(&self, id: NodeId, names: &Names) -> Option<NodeId> {
        let roles = self.request.titles.get(&id)?;
        let adjoints = roles.iter().filter_map(|r| match r {
            Role::Adjoint(forward) => Some(*forward),
            _ => None,
        });
        adjoints.max_by_key(|&f| {
            let leaf = matches!(self.graph.op(f), Op::Leaf(_));
            (!leaf, names.is_given(f), f)
        })
    }

    /// The value of which this one is a multiple by a number, and the number; whether it is transposed.
    fn core(&self, id: NodeId, names: &Names) -> Option<(NodeId, f64, bool)> {
        let (inner, factor, transposed) = match self.graph.op(id) {
            Op::Unary(op, x) if op.name == "neg" => (*x, -1.0, false),
            Op::Binary(op, c, x) if op.name == "mul" => (*x, self.graph.constant_of(*c)?, false),
            Op::Binary(op, x, c) if op.name == "div" => (*x, 1.0 / self.graph.constant_of(*c)?, false),
            Op::View(view) if view.as_permutation().as_deref() == Some(&[1, 0]) => (view.x, 1.0, true),
            _ => return None,
        };
        if names.has(inner) {
            return None;
        }
        let (core, more, again) = self.core(inner, names).unwrap_or((inner, 1.0, false));
        Some((core, more * factor, again != transposed))
    }

    /// Adjoints that are a number times what is used elsewhere, too: `δ = 2 (y − t)`. What is used elsewhere is then said by δ.
    fn multiples(&self, names: &mut Names) -> Vec<NodeId> {
        let mut lines = vec![];
        let mut all = self.reached.clone();
        all.extend(self.request.titles.keys());
        all.sort();
        all.dedup();
        for id in all {
            let Some((core, factor, transposed)) = self.core(id, names) else { continue };
            let Some(forward) = self.own_forward(id, names) else { continue };
            let named = |f: Option<NodeId>| f.is_some_and(|f| names.is_given(f));
            let known = names.has(id) || self.forward.contains(&id) || names.multiple_of(core).is_some();
            let better = !names.is_given(forward) && self.own_forward(core, names).is_some();
            if known || better || named(self.own_forward(core, names)) || self.cost(core, names) == 0 || factor == 0.0 {
                continue;
            }
            // How often the core is used beside the adjoint.
            let through = match (self.users.contains_key(&id), self.is_transparent(id)) {
                (false, _) => 0,
                (true, true) => self.uses(id),
                (true, false) => 1,
            };
            let uses = self.uses(id) + self.uses(core).saturating_sub(through);
            let worth = names.is_given(forward) || self.cost(core, names) >= 4;
            if uses >= 2 || (worth && (self.feeds(id) || self.feeds(core))) {
                names.give_multiple(core, Multiple { line: id, factor: 1.0 / factor, transposed });
                lines.push(id);
            }
        }
        lines
    }

    /// The forward value of an adjoint, if it is none of the leaves.
    fn own_forward(&self, id: NodeId, names: &Names) -> Option<NodeId> {
        self.forward_of(id, names).filter(|&f| !matches!(self.graph.op(f), Op::Leaf(_)))
    }

    /// Whether a result is made of it by one product, or it is a part of what is put together.
    fn feeds(&self, id: NodeId) -> bool {
        let makes = |user: &NodeId| {
            let op = self.graph.op(*user);
            let product = matches!(op, Op::Contract(_) | Op::ScatterAdd { .. } | Op::Reduce { .. });
            // Gates are put together before the product.
            product && self.leads_to_result(*user) || matches!(op, Op::Join { .. })
        };
        self.results.contains_key(&id) || self.users_of(id).iter().any(makes)
    }
    fn leads_to_result(&self, id: NodeId) -> bool {
        let is_result = self.results.contains_key(&id);
        let mut users = self.users.get(&id).into_iter().flatten();
        is_result || users.any(|user| self.is_transparent(*user) && self.leads_to_result(*user))
    }

    fn lines(&self, names: &Names, lines: &mut Vec<NodeId>) {
        for &id in &self.reached {
            let known = names.has(id) || names.multiple_of(id).is_some() || lines.contains(&id);
            if self.forward.contains(&id) || known || self.is_transparent(id) {
                continue;
            }
            let (uses, cost) = (self.uses(id), self.cost(id, names));
            if cost == 0 {
                continue;
            }
            let forward = self.own_forward(id, names);
            let named = forward.is_some_and(|f| names.is_given(f));
            let shared = uses >= 2 && (forward.is_some() || self.results.contains_key(&id) || cost >= 3);
            if shared || (forward.is_some() && (named || cost >= 4) && self.feeds(id)) {
                lines.push(id);
            }
        }
    }

    /// What a backward loop carries must go through a line, or it would be written without end.
    fn break_circles(&self, names: &Names, lines: &mut Vec<NodeId>) {
        loop {
            let stops: FxHashSet<NodeId> = lines.iter().copied().collect();
            let circle = self.reached.iter().copied().find_map(|id| {
                let Op::Leaf(Leaf::Binder(of, index)) = *self.graph.op(id) else { return None };
                let next = self.graph.looped(of).binders[index as usize].next;
                // What a forward loop carries gets a letter.
                (!names.has(next) && !self.forward.contains(&next) && self.comes_back(next, id, &stops, names))
                    .then_some(next)
            });
            match circle {
                Some(next) => lines.push(next),
                None => return,
            }
        }
    }
    fn comes_back(&self, from: NodeId, to: NodeId, stops: &FxHashSet<NodeId>, names: &Names) -> bool {
        let mut seen = FxHashSet::default();
        let mut todo = vec![from];
        while let Some(id) = todo.pop() {
            if id == to {
                return true;
            }
            if !stops.contains(&id) && !names.has(id) && seen.insert(id) {
                todo.extend(self.children(id, names));
            }
        }
        false
    }

    fn letters(&self, names: &mut Names, lines: &[NodeId]) {
        for &line in lines {
            let Some(forward) = self.forward_of(line, names) else { continue };
            let known = names.has(forward) || names.multiple_of(forward).is_some();
            let known = known || matches!(self.graph.op(forward), Op::Leaf(_));
            let cost = self.cost(forward, names);
            if known || cost == 0 || !self.users.contains_key(&forward) {
                continue;
            }
            // `δ = 2 (w x − t)` says it without a letter.
            if self.uses(forward) == 1 && self.cost(line, names) <= cost + 1 {
                continue;
            }
            names.give_letter(self.graph, forward);
        }
        // Outer values first: what they are made of is then used by them alone.
        for &id in self.reached.iter().rev() {
            let is_forward = self.forward.contains(&id);
            if !is_forward
                || names.has(id)
                || names.multiple_of(id).is_some()
                || matches!(self.graph.op(id), Op::Leaf(_))
            {
                continue;
            }
            let carried = self.reached.iter().any(|&leaf| match *self.graph.op(leaf) {
                Op::Leaf(Leaf::Binder(of, index)) => self.graph.looped(of).binders[index as usize].next == id,
                _ => false,
            });
            let cost = self.cost(id, names);
            let shared = self.uses(id) >= 2 && cost >= 2;
            if carried || (!self.is_transparent(id) && (shared || cost >= 6)) {
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
            if let Some(forward) = self.own_forward(entry.node, names).filter(|&f| self.cost(f, names) > 0) {
                names.give_letter(self.graph, forward);
                *entry = self.entry(entry.node, names);
            }
        }
        let count = entries.iter().filter(|e| e.symbols[0] == unnamed).count();
        let mut number = 0;
        for entry in &mut entries {
            if count > 1 && entry.symbols[0] == unnamed {
                number += 1;
                entry.symbols[0] = Symbol::Adjoint(number.to_string());
            }
            names.give_line(entry.node, entry.symbols[0].clone());
        }
        let entries = self.sorted(entries, names);
        // A result that only other results speak of stands among them.
        let needed: Vec<FxHashSet<NodeId>> = entries.iter().map(|e| self.needed(e.node, names, true)).collect();
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
        let needed: Vec<FxHashSet<NodeId>> = entries.iter().map(|e| self.needed(e.node, names, true)).collect();
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
        let forward = self.own_forward(node, names);
        let own = self.request.results.iter().find(|w| w.node == node).map(|w| symbol_of(&w.left));
        let title = forward.and_then(|f| names.get(f).map(|t| (f, t)));
        match (title, own) {
            (Some((f, title)), _) => {
                let Symbol::Name(name) = &title.symbol else {
                    return Entry { node, symbols: vec![Symbol::Adjoint(String::new())], letter: None };
                };
                let mut symbols = vec![Symbol::Adjoint(name.clone())];
                if title.kind == Kind::Given {
                    symbols.push(Symbol::Derivative { of: self.request.of.clone(), by: name.clone() });
                }
                Entry { node, symbols, letter: (title.kind != Kind::Given).then_some(f) }
            }
            (None, Some(symbol)) if forward.is_none() => Entry { node, symbols: vec![symbol], letter: None },
            _ => Entry { node, symbols: vec![Symbol::Adjoint(String::new())], letter: None },
        }
    }

    /// The same, with what the results that are read need.
    fn needed_deep(&self, node: NodeId, names: &Names, defines: bool, results: &[Entry]) -> FxHashSet<NodeId> {
        let mut found = self.needed(node, names, defines);
        for entry in results.iter().filter(|e| e.node != node) {
            if found.contains(&entry.node) {
                found.extend(self.needed(entry.node, names, true));
            }
        }
        found
    }

    /// The values with a name that are read where a node is written; `defines` if it is written out although it has one.
    fn needed(&self, node: NodeId, names: &Names, defines: bool) -> FxHashSet<NodeId> {
        let mut found = FxHashSet::default();
        let mut seen = FxHashSet::default();
        let mut todo = vec![node];
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            if names.has(id) && !(defines && id == node) {
                found.insert(id);
            } else if let Some(Multiple { line, .. }) = names.multiple_of(id)
                && !(defines && line == node)
            {
                found.insert(line);
            } else if let (true, Op::Leaf(Leaf::Binder(of, index))) = (defines, self.graph.op(id)) {
                // The round before is no matter of order.
                todo.push(self.graph.looped(*of).binders[*index as usize].init);
            } else {
                todo.extend(self.children(id, names));
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
