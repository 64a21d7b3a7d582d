//! What values are called when they are spoken of: the program's names, letters for values without one, letters of loops.
use super::derivation::{Role, Titles};
use super::expression::Symbol;
use crate::graph::{Graph, Leaf, LoopId, NodeId, Op};
use crate::op::Unary;
use crate::op::activation::{RELU, SIGMOID, SOFTPLUS};
use crate::op::trigonometric::TANH;
use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};

/// Where a name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The program's, or a title's.
    Given,
    /// The program's, but not of the top level: it is explained where it is first used.
    Inner,
    /// A letter that was chosen here: it is explained where it is first used.
    Letter,
    /// It has a line of its own.
    Line,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    pub symbol: Symbol,
    pub kind: Kind,
}

/// A value that is a number times another one that has a line, or the transpose of that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Multiple {
    pub line: NodeId,
    pub factor: f64,
    pub transposed: bool,
}

/// The names of the values of one graph.
#[derive(Clone, Debug, Default)]
pub struct Names {
    titles: IndexMap<NodeId, Title>,
    /// Elements of a sequence, by the sequence and the forward loop that goes through it.
    elements: FxHashMap<(NodeId, LoopId), String>,
    /// For each loop the forward loop that it was derived from, in the end.
    roots: Vec<LoopId>,
    /// For each loop its letter and that of its last round.
    letters: Vec<(String, String)>,
    taken: FxHashSet<String>,
    multiples: FxHashMap<NodeId, Multiple>,
    /// The first value with a name of the program that a value is an operand of.
    users: FxHashMap<NodeId, NodeId>,
    /// Values by the letters that were chosen for them.
    chosen: FxHashMap<String, NodeId>,
    /// Letters with a lower number are taken: `a2`, `a3`, ….
    numbered: usize,
    /// Letters of indices where something is being written.
    pub indices: Vec<String>,
}

/// Letters of loops, with those of their last rounds; a program's own names come first.
const LOOP_LETTERS: [(&str, &str); 6] = [("t", "T"), ("s", "S"), ("n", "N"), ("k", "K"), ("i", "I"), ("τ", "Τ")];
/// Activations that bend: what they give is called as a hidden layer is.
const HIDDEN: [&Unary; 4] = [&TANH, &SIGMOID, &RELU, &SOFTPLUS];
/// Letters of values that are worth a name; the first is a pre-activation's.
const VALUE_LETTERS: [&str; 14] = ["a", "c", "d", "e", "f", "g", "q", "r", "u", "v", "m", "o", "b", "w"];

impl Names {
    /// The names that the graph's own table and the titles give to these nodes.
    pub fn new(graph: &Graph, nodes: &[NodeId], titles: &Titles) -> Names {
        let mut names = Names::default();
        for variable in graph.inputs.iter().chain(&graph.parameters).chain(&graph.states) {
            names.taken.insert(variable.name.clone());
            // `u.1.w` belongs to something that is called `u`.
            names.taken.extend(variable.name.split_once('.').map(|(first, _)| first.to_string()));
        }
        names.taken.extend(graph.settings.iter().map(|s| s.0.clone()));
        names.taken.extend(graph.words.iter().cloned());
        names.taken.extend(nodes.iter().filter_map(|&id| graph.name_of(id).map(str::to_string)));
        names.roots = (0..graph.loops.len() as u32).map(|l| root(graph, LoopId(l))).collect();
        names.leaves(graph, nodes);
        names.program(graph, nodes);
        for (&id, roles) in titles {
            for role in roles {
                let symbol = match role {
                    Role::Value(name) => Symbol::Name(name.clone()),
                    Role::Derivative { of, by } => Symbol::Derivative { of: of.clone(), by: by.clone() },
                    Role::Adjoint(_) => continue,
                };
                names.titles.entry(id).or_insert(Title { symbol, kind: Kind::Given });
            }
        }
        names.carried(graph);
        names.loop_letters(graph);
        let mut users = FxHashMap::default();
        for user in names.given() {
            graph.op(user).each_operand(|x| {
                users.entry(x).or_insert(user);
            });
        }
        names.users = users;
        names.numbered = 2;
        names
    }

    fn leaves(&mut self, graph: &Graph, nodes: &[NodeId]) {
        for &id in nodes {
            let name = match graph.op(id) {
                Op::Leaf(Leaf::Input(i)) => &graph.inputs[*i as usize].name,
                Op::Leaf(Leaf::Parameter(i)) => &graph.parameters[*i as usize].name,
                Op::Leaf(Leaf::State(i)) => &graph.states[*i as usize].name,
                Op::Leaf(Leaf::Setting(i)) => &graph.settings[*i as usize].0,
                Op::Leaf(Leaf::Draw(i, _)) => &graph.draws[*i as usize].name,
                _ => continue,
            };
            self.give(id, name.clone());
        }
    }

    fn program(&mut self, graph: &Graph, nodes: &[NodeId]) {
        let named: Vec<(NodeId, &str)> = nodes
            .iter()
            .filter(|id| !self.has(**id) && !matches!(graph.op(**id), Op::Leaf(Leaf::Binder(..))))
            .filter_map(|&id| graph.name_of(id).map(|name| (id, name)))
            .filter(|(id, _)| !matches!(graph.op(*id), Op::Leaf(leaf) if !matches!(leaf, Leaf::Table(..))))
            .collect();
        let mut holders: FxHashMap<String, NodeId> = FxHashMap::default();
        // Names of the top level are kept as they are; the others make way.
        let (top, inner): (Vec<_>, Vec<_>) = named.into_iter().partition(|(_, name)| !name.contains('.'));
        for (id, name) in top.into_iter().chain(inner) {
            let short = last_word(name);
            let mut own = short.clone();
            let free = match holders.get(&short) {
                Some(&holder) => value_of_rounds(graph, holder) == value_of_rounds(graph, id),
                None => short == name || !self.taken.contains(&short),
            };
            if !free {
                own = (2..).map(|n| format!("{short}{n}")).find(|n| !self.taken.contains(n)).unwrap_or(own);
            }
            if let Op::Element { of, x } = *graph.op(id) {
                self.elements.insert((x, self.root(of)), own.clone());
            }
            self.taken.insert(own.clone());
            holders.entry(own.clone()).or_insert(id);
            let is_inner = name.contains('.') && graph.node(id).loops.is_empty();
            let kind = if is_inner { Kind::Inner } else { Kind::Given };
            self.titles.entry(id).or_insert(Title { symbol: Symbol::Name(own), kind });
        }
    }

    /// What a loop carries is called as its stack, its last value or its leaf is.
    fn carried(&mut self, graph: &Graph) {
        for number in 0..graph.loops.len() as u32 {
            let of = LoopId(number);
            if self.root(of) != of {
                continue;
            }
            for binder in &graph.looped(of).binders {
                let next = binder.next;
                if matches!(graph.op(next), Op::Leaf(_)) {
                    continue;
                }
                // The stack and the last value are spoken of as rounds of one value: h, h_T. A name of the top level is
                // its name, else that of the body, else that of the leaf.
                let known = |names: &Names, id: NodeId| match names.titles.get(&id).map(|t| &t.symbol) {
                    Some(Symbol::Name(name)) => Some(name.clone()),
                    _ => None,
                };
                let is_top = |id: NodeId| graph.name_of(id).is_some_and(|path| !path.contains('.'));
                let mut candidates: Vec<(u8, String)> = vec![];
                candidates.extend(known(self, next).map(|name| (1, name)));
                let projections: Vec<NodeId> = self.titles.keys().copied().collect();
                for id in projections {
                    if id != next && value_of_rounds(graph, id) == next {
                        candidates.extend(known(self, id).map(|name| (if is_top(id) { 0 } else { 3 }, name)));
                        self.titles.shift_remove(&id);
                    }
                }
                candidates.extend(graph.name_of(binder.leaf).map(last_word).map(|name| {
                    let is_free = !self.taken.contains(&name);
                    (if is_free { 2 } else { 4 }, name)
                }));
                if let Some((_, name)) = candidates.into_iter().min_by_key(|c| c.0) {
                    // Another value may be called so: of two nets within one name both have a state `h`.
                    let symbol = Symbol::Name(name.clone());
                    let is_other = |(&id, title): (&NodeId, &Title)| title.symbol == symbol && id != next;
                    let name = if self.titles.iter().any(is_other) { self.take(&name) } else { name };
                    self.taken.insert(name.clone());
                    self.titles.insert(next, Title { symbol: Symbol::Name(name), kind: Kind::Given });
                }
            }
        }
    }

    fn loop_letters(&mut self, graph: &Graph) {
        let free: Vec<(&str, &str)> = LOOP_LETTERS
            .into_iter()
            .filter(|(letter, end)| !self.taken.contains(*letter) && !self.taken.contains(*end))
            .collect();
        // Loops that stand within each other.
        let mut nested: FxHashSet<(LoopId, LoopId)> = FxHashSet::default();
        for id in graph.ids() {
            let loops = &graph.node(id).loops;
            let pairs = loops.iter().flat_map(|&a| loops.iter().map(move |&b| (a, b)));
            nested.extend(pairs.filter(|(a, b)| a != b).map(|(a, b)| (self.root(a), self.root(b))));
        }
        // Others of one length share a letter: T is said once, and is one number.
        let mut letters: Vec<(String, String)> = vec![];
        let mut kinds: Vec<(usize, Vec<LoopId>)> = vec![];
        for number in 0..graph.loops.len() as u32 {
            let root = self.root(LoopId(number));
            let pair = if root.0 < number {
                letters[root.0 as usize].clone()
            } else {
                let length = graph.looped(root).length;
                let is_apart = |other: &LoopId| !nested.contains(&(root, *other));
                let at = kinds.iter().position(|kind| kind.0 == length && kind.1.iter().all(is_apart));
                let at = at.unwrap_or(kinds.len());
                match kinds.get_mut(at) {
                    Some(kind) => kind.1.push(root),
                    None => kinds.push((length, vec![root])),
                }
                match free.get(at) {
                    Some((letter, end)) => (letter.to_string(), end.to_string()),
                    None => (format!("t{at}"), format!("T{at}")),
                }
            };
            letters.push(pair);
        }
        self.letters = letters;
    }

    fn give(&mut self, id: NodeId, name: String) {
        self.titles.entry(id).or_insert(Title { symbol: Symbol::Name(name), kind: Kind::Given });
    }
    /// A letter for a value that is worth a name. A number behind the name of what is made of it is taken over: `a2` for `h2`.
    ///
    /// A derivative by a number is called after its value: `a_t`, `a_tt`.
    pub fn give_letter(&mut self, graph: &Graph, id: NodeId) {
        if let Some(letter) = self.after_value(graph, id) {
            return self.give_chosen(id, letter);
        }
        let letter = self.fresh_letter(graph, id);
        self.give_chosen(id, letter);
    }
    fn give_chosen(&mut self, id: NodeId, letter: String) {
        self.taken.insert(letter.clone());
        self.chosen.insert(letter.clone(), id);
        self.titles.insert(id, Title { symbol: Symbol::Name(letter), kind: Kind::Letter });
    }
    /// The name of a derivative by a number.
    fn after_value(&mut self, graph: &Graph, id: NodeId) -> Option<String> {
        let (value, by) = graph.tangent_of(id)?;
        // `h_t` is a round of a loop, too.
        if self.is_loop_letter(by) {
            return None;
        }
        if !self.has(value) {
            if matches!(graph.op(value), Op::Leaf(_)) || self.multiple_of(value).is_some() {
                return None;
            }
            self.give_letter(graph, value);
        }
        let Some(Symbol::Name(name)) = self.get(value).map(|title| title.symbol.clone()) else { return None };
        let name = if graph.tangent_of(value).is_some() { format!("{name}{by}") } else { format!("{name}_{by}") };
        (!self.is_taken(&name) && !self.is_taken(&format!("δ{name}"))).then_some(name)
    }
    fn fresh_letter(&mut self, graph: &Graph, id: NodeId) -> String {
        let carried = graph.loops.iter().any(|l| l.binders.iter().any(|b| b.next == id));
        let digits = |name: &str| name.chars().rev().take_while(char::is_ascii_digit).collect::<String>();
        let suffix: String = match self.users.get(&id).and_then(|user| graph.name_of(*user)) {
            Some(name) => digits(name).chars().rev().collect(),
            None => String::new(),
        };
        // What an activation gives is a hidden value, as states are.
        let is_hidden = matches!(graph.op(id), Op::Unary(op, _) if HIDDEN.iter().any(|row| *op == **row));
        let first: &[&str] = match (carried, is_hidden) {
            (true, _) => &["h", "s"],
            (_, true) => &["h", "s", "h2", "h3", "h4", "h5", "h6"],
            _ => &[],
        };
        let mut candidates = first.iter().chain(&VALUE_LETTERS).map(|l| format!("{l}{suffix}"));
        let is_free = |l: &String| !self.is_taken(l) && !self.is_taken(&format!("δ{l}")) && !self.indices.contains(l);
        candidates.find(is_free).unwrap_or_else(|| {
            while self.is_taken(&format!("a{}", self.numbered)) {
                self.numbered += 1;
            }
            format!("a{}", self.numbered)
        })
    }
    /// A name that nothing else has, as near to the wanted one as there is.
    pub fn take(&mut self, wanted: &str) -> String {
        let numbered = (2..).map(|n| format!("{wanted}{n}"));
        let name = std::iter::once(wanted.to_string()).chain(numbered).find(|name| !self.is_taken(name));
        let name = name.unwrap_or_default();
        self.taken.insert(name.clone());
        name
    }
    /// A value that is explained where it is first used, by this name.
    pub fn give_explained(&mut self, id: NodeId, name: &str) {
        self.give_chosen(id, name.to_string());
    }
    /// A value that is called so, and needs no word.
    pub fn give_known(&mut self, id: NodeId, name: &str) {
        self.taken.insert(name.to_string());
        self.give(id, name.to_string());
    }
    /// A value that gets a line of its own.
    pub fn give_line(&mut self, id: NodeId, symbol: Symbol) {
        self.titles.insert(id, Title { symbol, kind: Kind::Line });
    }
    pub fn give_multiple(&mut self, value: NodeId, multiple: Multiple) {
        self.multiples.insert(value, multiple);
    }
    /// Whether forward values are spoken of by derivatives.
    pub fn has_multiples(&self) -> bool {
        !self.multiples.is_empty()
    }
    pub fn multiple_of(&self, id: NodeId) -> Option<Multiple> {
        self.multiples.get(&id).copied()
    }
    pub fn get(&self, id: NodeId) -> Option<&Title> {
        self.titles.get(&id)
    }
    /// The value that a letter was chosen for, or a name of an inner block stands for.
    pub fn letter_of(&self, symbol: &Symbol) -> Option<NodeId> {
        if let Symbol::Name(name) = symbol
            && let Some(id) = self.chosen.get(name)
            && self.get(*id).is_some_and(|title| title.kind == Kind::Letter && title.symbol == *symbol)
        {
            return Some(*id);
        }
        self.titles
            .iter()
            .find(|(_, t)| matches!(t.kind, Kind::Letter | Kind::Inner) && t.symbol == *symbol)
            .map(|(id, _)| *id)
    }
    /// The value that is spoken of so.
    pub fn bearer(&self, symbol: &Symbol) -> Option<NodeId> {
        self.titles.iter().find(|(_, title)| title.symbol == *symbol).map(|(id, _)| *id)
    }
    pub fn has(&self, id: NodeId) -> bool {
        self.titles.contains_key(&id)
    }
    pub fn is_given(&self, id: NodeId) -> bool {
        self.get(id).is_some_and(|t| matches!(t.kind, Kind::Given | Kind::Inner))
    }
    /// The values that bear a name of the program.
    pub fn given(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.titles.iter().filter(|(_, t)| matches!(t.kind, Kind::Given | Kind::Inner)).map(|(id, _)| *id)
    }
    pub fn element(&self, x: NodeId, of: LoopId) -> Option<&str> {
        self.elements.get(&(x, of)).map(String::as_str)
    }
    pub fn root(&self, of: LoopId) -> LoopId {
        self.roots.get(of.0 as usize).copied().unwrap_or(of)
    }
    pub fn loop_letter(&self, of: LoopId) -> (String, String) {
        self.letters.get(of.0 as usize).cloned().unwrap_or(("t".into(), "T".into()))
    }
    pub fn is_loop_letter(&self, letter: &str) -> bool {
        self.letters.iter().any(|(l, end)| l == letter || end == letter)
    }
    /// Whether a letter can't be an index, since something else is called so.
    pub fn is_taken(&self, letter: &str) -> bool {
        self.taken.contains(letter) || self.is_loop_letter(letter)
    }
}

fn root(graph: &Graph, mut of: LoopId) -> LoopId {
    while let Some(origin) = graph.looped(of).origin {
        of = origin;
    }
    of
}

/// The value of a loop's body whose rounds, or whose last round, a value is; else the value itself.
pub fn value_of_rounds(graph: &Graph, id: NodeId) -> NodeId {
    match graph.op(id) {
        Op::Stacked { x, .. } | Op::Last { x, .. } => *x,
        Op::View(view) => match *graph.op(view.x) {
            Op::Stacked { of, x } => {
                let last = graph.looped(of).length as i64 - 1;
                let first = &view.rows[0];
                let others = view.rows[1..].iter().all(|r| r.offset == 0 && r.divisor == 1 && r.is_total(&view.shape));
                let at_end = first.terms.is_empty() && first.offset == last && first.divisor == 1;
                if at_end && others && view.shape.len() + 1 == view.rows.len() { x } else { id }
            }
            _ => id,
        },
        _ => id,
    }
}

/// A value of a layer is called by the last word of its path; rounds of `repeat` keep their number: `h0` for `h.0`.
pub fn last_word(path: &str) -> String {
    let mut words: Vec<&str> = path.split('.').collect();
    let count = words.iter().rev().take_while(|word| word.parse::<u32>().is_ok()).count();
    words.drain(..words.len().saturating_sub(count + 1)).count();
    words.concat()
}
