//! What is to be printed, and what is printed: a derivation as data, before any renderer spells it.
use super::expression::{Expression, Running, Symbol};
use crate::graph::NodeId;
use indexmap::IndexMap;
use rustc_hash::FxHashMap;

/// What a node of the graph is, for those that read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A forward value that is to be called so; names in the graph's own table need no role.
    Value(String),
    /// The adjoint of a forward value of the same graph.
    Adjoint(NodeId),
    /// A derivative that is written as such where it is used: `∂u/∂x`.
    Derivative { of: String, by: String },
}

impl Role {
    /// The value whose adjoint it is.
    pub fn forward(&self) -> Option<NodeId> {
        match self {
            Role::Adjoint(forward) => Some(*forward),
            _ => None,
        }
    }
}

/// What nodes are. A node may be several things: the adjoint of a sum is that of its terms.
pub type Titles = IndexMap<NodeId, Vec<Role>>;

/// The left side of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// `∂of/∂by`
    Derivative {
        of: String,
        by: String,
    },
    Name(String),
}

/// A value that gets a line of its own.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub node: NodeId,
    pub left: Left,
}

/// For whom something is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// On paper the rounds of a loop stand below: `h_{t−1}`.
    #[default]
    Paper,
    /// In the language's own syntax a loop is a `scan`.
    Program,
}

/// What is to be printed.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub form: Form,
    /// The name of what is differentiated: `loss`.
    pub of: String,
    /// The numbers that are differentiated: what they need are forward values, all else are derivatives.
    pub values: Vec<NodeId>,
    /// In the order of declaration; the derivation goes from the loss backwards.
    pub results: Vec<Wanted>,
    pub titles: Titles,
}

impl Request {
    /// Says what a node is.
    pub fn title(&mut self, node: NodeId, role: Role) {
        self.titles.entry(node).or_default().push(role);
    }
}

/// A name on the way: `where a = w x + b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Where {
    pub left: Expression,
    /// `=`, or `~` of what is drawn.
    pub sign: &'static str,
    pub right: Expression,
    /// The indices that the left side bears: `s[i] = …`.
    pub indices: Vec<Running>,
    /// How many axes the value has.
    pub axes: usize,
    pub node: Option<NodeId>,
}

/// How the rounds of a loop come about, one after another, in the language's own syntax.
#[derive(Clone, Debug, PartialEq)]
pub struct Recurrence {
    /// The letter of a round.
    pub place: Running,
    /// Whether it begins with the last place.
    pub reverse: bool,
    pub states: Vec<State>,
    /// What a round computes on the way to its next states.
    pub body: Vec<Said>,
}

impl Recurrence {
    pub fn formulas(&self) -> impl Iterator<Item = &Expression> {
        self.states.iter().flat_map(|s| [&s.first, &s.next]).chain(self.body.iter().flat_map(Said::formulas))
    }
}

/// What is said in the body of a loop: a value, or a loop.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Value(Where),
    Loop(Recurrence),
}

impl Said {
    pub fn formulas(&self) -> Vec<&Expression> {
        match self {
            Said::Value(explained) => vec![&explained.right],
            Said::Loop(recurrence) => recurrence.formulas().collect(),
        }
    }
}

/// One value that a loop carries.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// All its rounds, and its start.
    pub name: String,
    /// Its rounds without the start, where there are several states.
    pub rounds: String,
    /// What it is called within a round.
    pub state: String,
    pub first: Expression,
    /// The start as the only one of a stack; none if it is none of the rounds.
    pub only: Option<Expression>,
    pub next: Expression,
}

/// `left = left = right   where …`
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What the line defines, by one sign or two: `δz = ∂loss/∂z`.
    pub left: Vec<Expression>,
    pub right: Expression,
    /// The indices that the left side bears, in the order of its axes: `∂loss/∂w[k] = …` is said for each `k`.
    pub indices: Vec<Running>,
    /// How many axes the value has.
    pub axes: usize,
    pub wheres: Vec<Where>,
    /// The loops that the line speaks of first; none on paper.
    pub recurrences: Vec<Recurrence>,
    pub node: NodeId,
}

/// Lines in the order in which a person derives them: from the loss backwards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Derivation {
    pub lines: Vec<Line>,
    /// Last rounds, `h_T`, that the program itself has as a value: by this name, `h`.
    pub lasts: Vec<(Expression, String)>,
}

impl Derivation {
    /// Without lines that only give a sign to what no other line speaks of, or to what one line is, and nothing more:
    /// `δ = 2 (y − t)` before `∂f/∂y = δ`.
    pub fn without_idle_lines(self) -> Derivation {
        let mut users: FxHashMap<Symbol, Vec<usize>> = FxHashMap::default();
        for (number, line) in self.lines.iter().enumerate() {
            let rounds = line.recurrences.iter().flat_map(Recurrence::formulas);
            for formula in std::iter::once(&line.right).chain(line.wheres.iter().map(|w| &w.right)).chain(rounds) {
                formula.each_symbol(&mut |symbol| users.entry(symbol.clone()).or_default().push(number));
            }
        }
        let mut lines: Vec<Option<Line>> = self.lines.into_iter().map(Some).collect();
        for at in (0..lines.len()).rev() {
            let Some(Line { left, .. }) = &lines[at] else { continue };
            let [sign @ Expression::Symbol(symbol @ Symbol::Adjoint(_))] = &left[..] else { continue };
            let is_it = |line: &Line| line.right == *sign && line.wheres.is_empty() && line.recurrences.is_empty();
            let heir = match users.get(symbol).map(Vec::as_slice) {
                None => None,
                Some(&[only]) if only > at && lines[only].as_ref().is_some_and(is_it) => Some(only),
                Some(_) => continue,
            };
            // Behind the last line there is the one before.
            let other = (at + 1..lines.len()).chain((0..at).rev()).find(|&k| lines[k].is_some());
            let Some(next) = other else { continue };
            let Some(line) = lines[at].take() else { continue };
            if let Some(heir) = heir.and_then(|heir| lines[heir].as_mut()) {
                heir.right = line.right;
            }
            // What was explained here is explained in the other line, behind what may speak of it.
            if let Some(next) = &mut lines[next] {
                next.wheres.extend(line.wheres);
                next.recurrences.extend(line.recurrences);
            }
        }
        Derivation { lines: lines.into_iter().flatten().collect(), ..self }
    }
}
