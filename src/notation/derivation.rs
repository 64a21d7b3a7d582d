//! What is to be printed, and what is printed: a derivation as data, before any renderer spells it.
use super::expression::{Expression, Running, Symbol};
use crate::graph::NodeId;
use indexmap::IndexMap;

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

/// What is to be printed.
#[derive(Clone, Debug, Default)]
pub struct Request {
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
    pub right: Expression,
    /// The indices that the left side bears: `s[i] = …`.
    pub indices: Vec<Running>,
    /// How many axes the value has.
    pub axes: usize,
    pub node: Option<NodeId>,
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
    pub fn without_idle_lines(mut self) -> Derivation {
        let mut at = 0;
        while at < self.lines.len() {
            let [Expression::Symbol(symbol @ Symbol::Adjoint(_))] = &self.lines[at].left[..] else {
                at += 1;
                continue;
            };
            let says = |formula: &Expression, symbol: &Symbol| {
                let mut count = 0;
                formula.each_symbol(&mut |found| count += usize::from(found == symbol));
                count
            };
            let uses = |line: &Line| {
                let wheres: usize = line.wheres.iter().map(|w| says(&w.right, symbol)).sum();
                says(&line.right, symbol) + wheres
            };
            let users: Vec<usize> = (0..self.lines.len()).filter(|&k| k != at && uses(&self.lines[k]) > 0).collect();
            let is_it = |k: usize| self.lines[k].right == self.lines[at].left[0] && self.lines[k].wheres.is_empty();
            let heir = match users[..] {
                [] => None,
                [only] if only > at && is_it(only) => Some(only),
                _ => {
                    at += 1;
                    continue;
                }
            };
            if heir.is_none() && at + 1 == self.lines.len() {
                break;
            }
            let line = self.lines.remove(at);
            if let Some(heir) = heir {
                self.lines[heir - 1].right = line.right;
            }
            // A letter is explained where it stands first.
            for explained in line.wheres.into_iter().rev() {
                let letter = match &explained.left {
                    Expression::Symbol(symbol) => Some(symbol.clone()),
                    _ => None,
                };
                let is_first = |other: &Line| letter.as_ref().is_some_and(|letter| says(&other.right, letter) > 0);
                let place =
                    (at..self.lines.len()).find(|&k| is_first(&self.lines[k])).or(heir.map(|k| k - 1)).unwrap_or(at);
                self.lines[place].wheres.insert(0, explained);
            }
        }
        self
    }
}
