//! What values are called when they are spoken of: the program's names, letters for values without one, letters of loops.
use super::derivation::{Role, Titles};
use super::expression::Symbol;
use crate::graph::{Graph, Leaf, LoopId, NodeId, Op};
use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};

/// Where a name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The program's, or a title's.
    Given,
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
    /// Values that are a number times one that has a line.
    multiples: FxHashMap<NodeId, (NodeId, f64)>,
}

/// Letters of loops, with those of their last rounds; a program's own names come first.
const LOOP_LETTERS: [(&str, &str); 6] = [("t", "T"), ("s", "S"), ("n", "N"), ("k", "K"), ("i", "I"), ("τ", "Τ")];
/// Letters of values that are worth a name; the first is a pre-activation's.
const VALUE_LETTERS: [&str; 14] = ["a", "c", "d", "e", "f", "g", "q", "r", "u", "v", "m", "o", "b", "w"];

impl Names {
    /// The names that the graph's own table and the titles give to these nodes.
    pub fn new(graph: &Graph, nodes: &[NodeId], titles: &Titles) -> Names {
        let mut names = Names::default();
        for variable in graph.inputs.iter().chain(&graph.parameters).chain(&graph.states) {
            names.taken.insert(variable.name.clone());
        }
        names.taken.extend(graph.settings.iter().map(|s| s.0.clone()));
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
        names
    }

    fn leaves(&mut self, graph: &Graph, nodes: &[NodeId]) {
        for &id in nodes {
            let name = match graph.op(id) {
                Op::Leaf(Leaf::Input(i)) => &graph.inputs[*i as usize].name,
                Op::Leaf(Leaf::Parameter(i)) => &graph.parameters[*i as usize].name,
                Op::Leaf(Leaf::State(i)) => &graph.states[*i as usize].name,
                Op::Leaf(Leaf::Setting(i)) => &graph.settings[*i as usize].0,
                _ => continue,
            };
            self.give(id, name.clone());
        }
    }

    fn program(&mut self, graph: &Graph, nodes: &[NodeId]) {
        let mut holders: FxHashMap<String, NodeId> = FxHashMap::default();
        for (&id, title) in &self.titles {
            if let Symbol::Name(name) = &title.symbol {
                holders.insert(name.clone(), id);
            }
        }
        for &id in nodes {
            let Some(name) = graph.name_of(id) else { continue };
            if self.has(id) || matches!(graph.op(id), Op::Leaf(_)) {
                continue;
            }
            if let Op::Element { of, x } = *graph.op(id) {
                self.elements.insert((x, self.root(of)), name.to_string());
            }
            // All rounds of a value are called as the value of a round is.
            let family = |other: NodeId| match (graph.op(id), graph.op(other)) {
                (Op::Stacked { x, .. } | Op::Last { x, .. }, _) if *x == other => true,
                (_, Op::Stacked { x, .. } | Op::Last { x, .. }) => *x == id,
                _ => false,
            };
            let mut own = name.to_string();
            if let Some(&holder) = holders.get(name)
                && !family(holder)
            {
                own = (2..).map(|n| format!("{name}{n}")).find(|n| !self.taken.contains(n)).unwrap_or(own);
            }
            self.taken.insert(own.clone());
            holders.entry(own.clone()).or_insert(id);
            self.give(id, own);
        }
    }

    /// What a loop carries is called as its leaf, its stack or its last value is.
    fn carried(&mut self, graph: &Graph) {
        for number in 0..graph.loops.len() as u32 {
            let of = LoopId(number);
            if self.root(of) != of {
                continue;
            }
            for binder in &graph.looped(of).binders {
                let next = binder.next;
                if self.has(next) || matches!(graph.op(next), Op::Leaf(_)) {
                    continue;
                }
                let projection = |wanted: Op| self.titles.keys().copied().find(|id| *graph.op(*id) == wanted);
                let stack = projection(Op::Stacked { of, x: next });
                let last = projection(Op::Last { of, x: next });
                let name = |id: NodeId| match self.titles.get(&id).map(|t| &t.symbol) {
                    Some(Symbol::Name(name)) => Some(name.clone()),
                    _ => None,
                };
                let leaf = graph.name_of(binder.leaf).map(str::to_string);
                if let Some(name) = leaf.or(stack.and_then(name)) {
                    self.taken.insert(name.clone());
                    self.give(next, name);
                } else if let Some(id) = last
                    && let Some(name) = name(id)
                {
                    // The last value is one of them: h_T.
                    self.titles.shift_remove(&id);
                    self.give(next, name);
                }
            }
        }
    }

    fn loop_letters(&mut self, graph: &Graph) {
        let free: Vec<(&str, &str)> = LOOP_LETTERS
            .into_iter()
            .filter(|(letter, end)| !self.taken.contains(*letter) && !self.taken.contains(*end))
            .collect();
        let depth = |of: LoopId| {
            let leaves = graph.looped(of).binders.iter().map(|b| graph.node(b.leaf).loops.len());
            leaves.max().unwrap_or(1).saturating_sub(1)
        };
        let mut letters: Vec<(String, String)> = vec![];
        for number in 0..graph.loops.len() as u32 {
            let root = self.root(LoopId(number));
            let pair = if root.0 < number {
                letters[root.0 as usize].clone()
            } else {
                let depth = depth(root);
                match free.get(depth) {
                    Some((letter, end)) => (letter.to_string(), end.to_string()),
                    None => (format!("t{depth}"), format!("T{depth}")),
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
    pub fn give_letter(&mut self, graph: &Graph, id: NodeId) {
        let carried = graph.loops.iter().any(|l| l.binders.iter().any(|b| b.next == id));
        let digits = |name: &str| name.chars().rev().take_while(char::is_ascii_digit).collect::<String>();
        let user = self.given().find(|&user| graph.op(user).operands().contains(&id));
        let suffix: String = match user.and_then(|u| graph.name_of(u)) {
            Some(name) => digits(name).chars().rev().collect(),
            None => String::new(),
        };
        let first: &[&str] = if carried { &["h", "s"] } else { &[] };
        let candidates = first.iter().chain(&VALUE_LETTERS).map(|l| format!("{l}{suffix}"));
        let more = (2..).map(|n| format!("a{n}"));
        let letter = candidates.chain(more).find(|l| !self.taken.contains(l)).unwrap_or_default();
        self.taken.insert(letter.clone());
        self.titles.insert(id, Title { symbol: Symbol::Name(letter), kind: Kind::Letter });
    }
    /// A value that gets a line of its own.
    pub fn give_line(&mut self, id: NodeId, symbol: Symbol) {
        self.titles.insert(id, Title { symbol, kind: Kind::Line });
    }
    /// `value` is `factor` times what the line says.
    pub fn give_multiple(&mut self, value: NodeId, line: NodeId, factor: f64) {
        self.multiples.insert(value, (line, factor));
    }
    pub fn multiple_of(&self, id: NodeId) -> Option<(NodeId, f64)> {
        self.multiples.get(&id).copied()
    }
    pub fn get(&self, id: NodeId) -> Option<&Title> {
        self.titles.get(&id)
    }
    pub fn has(&self, id: NodeId) -> bool {
        self.titles.contains_key(&id)
    }
    pub fn is_given(&self, id: NodeId) -> bool {
        self.get(id).is_some_and(|t| t.kind == Kind::Given)
    }
    /// The values that bear a name of the program.
    pub fn given(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.titles.iter().filter(|(_, t)| t.kind == Kind::Given).map(|(id, _)| *id)
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
