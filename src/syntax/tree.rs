//! The tree of a text: expressions stand in an arena and name each other by `TreeId`; statements hold the ids of their expressions.
use crate::diagnostic::Span;
use std::ops::Index;

/// The place of an expression in its `Tree`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreeId(pub u32);

/// All expressions of one text, operands before what uses them. No path is longer than `limits::TREE_DEPTH`, so a pass may recurse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    nodes: Vec<Node>,
}

/// One expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub kind: NodeKind,
    pub span: Span,
}

/// A name where it can't be an expression: bound, declared, a field, the name of an argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    /// After NFKC, so that `w₁` is `w1` and `µ` is `μ`; `π` is `pi`, `∞` is `infinity`. What the author wrote is in the source, at `span`.
    pub name: String,
    pub span: Span,
}

/// What an expression is. Sums, products, comparisons, `and`, `or` and pipelines are flat, however long they are.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// Normalised as in `Ident`.
    Name(String),
    /// Not negative, unless it is a superscript: `x⁻¹` is a power with the exponent −1.
    Number(f64),
    Text(String),
    Bool(bool),
    /// `( e )`. Kept, for what parentheses mean depends on what stands before them: `f (x)`, `w (x + b)`.
    Paren(TreeId),
    Tuple(Vec<TreeId>),
    List(Vec<TreeId>),

    Negate(TreeId),
    Not(TreeId),
    /// `a + b - c`. A leading minus is a `Negate` of the first term.
    Sum {
        first: TreeId,
        rest: Vec<(SumSign, TreeId)>,
    },
    /// `a * b / c · d`, from the left.
    Product {
        first: TreeId,
        rest: Vec<(ProductSign, TreeId)>,
    },
    /// Linear algebra's product, two factors or more; only the first may be a number. Whether `f (x)` in it is a call depends
    /// on what `f` is.
    Juxtaposition(Vec<TreeId>),
    Power {
        base: TreeId,
        exponent: TreeId,
    },
    /// `0 < x <= 1`; all signs of a chain point one way.
    Compare {
        first: TreeId,
        rest: Vec<(Relation, TreeId)>,
    },
    And(Vec<TreeId>),
    Or(Vec<TreeId>),
    If {
        condition: TreeId,
        then: TreeId,
        otherwise: TreeId,
    },

    /// `w'` the transpose of a value, `u''` the derivative of a function.
    Ticks {
        of: TreeId,
        count: u32,
    },
    /// The `(` touches the callee: a name, a field, or either with ticks. Where that is a value, it is a product: `n(n + 1)`.
    Call {
        callee: TreeId,
        arguments: Vec<Argument>,
    },
    /// `x[0]`, `x[.., 1..]`: each index is an expression, of which a `Range` may lack an end.
    Index {
        of: TreeId,
        at: Vec<TreeId>,
    },
    /// `t.mean`, and `y.1`, where the name is a number.
    Field {
        of: TreeId,
        name: Ident,
    },
    /// `from..to`. An end may be missing in an index only.
    Range {
        from: Option<TreeId>,
        to: Option<TreeId>,
    },
    /// `all except x`, in a data block.
    AllExcept(TreeId),
    /// `x |> f(a) |> g`: a stage is a name, a field, or a call of either that still lacks its first argument.
    Pipe {
        value: TreeId,
        stages: Vec<TreeId>,
    },
    /// `∂²u/∂x∂t`: what is differentiated, and by what, each how often.
    Derivative {
        of: TreeId,
        by: Vec<(TreeId, u32)>,
    },
    Loop(Box<Loop>),
    /// `{ … }`: the body of a loop or a definition. Its value is its last statement, but in an optimizer.
    Block(Vec<Statement>),
    /// What could not be read, or stood too deep. It was reported.
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SumSign {
    Plus,
    Minus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProductSign {
    /// `*`, `⊙`: element by element.
    Times,
    /// `/`: element by element.
    Over,
    /// `·`: `dot(a, b)`.
    Dot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// An argument of a call; those with a name come last.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    pub name: Option<Ident>,
    pub value: TreeId,
}

/// `fold a, b in over with h = start { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    pub kind: LoopKind,
    /// At least one.
    pub variables: Vec<Ident>,
    pub over: TreeId,
    /// None in a `for`, else at least one.
    pub states: Vec<LoopState>,
    /// A `Block`.
    pub body: TreeId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoopKind {
    For,
    Fold,
    Scan,
    Repeat,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LoopState {
    pub name: Ident,
    pub start: TreeId,
}

/// One statement, where it stands, and the `///` lines above it.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub kind: StatementKind,
    pub span: Span,
    /// Without the slashes, one line a line.
    pub doc: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `y = e`, `y: [n] = e`, `(a, b) = e`
    Binding { target: Target, ty: Option<Type>, value: TreeId },
    /// `ε: [2] ~ normal(1)`
    Draw { name: Ident, ty: Option<Type>, distribution: TreeId },
    /// `s <- e`
    Update { name: Ident, value: TreeId },
    /// An expression by itself: the value of its block.
    Value(TreeId),
    /// `param w: [n] ~ glorot, b`
    Declare { kind: DeclareKind, items: Vec<Declared> },
    /// `output y, code = h`
    Output(Vec<OutputItem>),
    /// `metric accuracy = e`
    Metric { name: Ident, value: TreeId },
    /// `require 0 <= rate < 1, "the share that is left out"`: what has to hold of arguments, and what to say where it does not.
    Require { condition: TreeId, why: Option<String> },
    /// `layer dense(x: [n], m) { … }`
    Definition(Box<Definition>),
    /// `use "blocks.nn" as b`
    Use { file: FileName, alias: Option<Ident> },
    /// `data "iris.csv" { … }`, `train { … }`
    Section(Section),
    /// `∂loss/∂w = e`: the left side is a `Derivative`, a `Call` of what makes one (`grad`, `hessian`, `u'`), or an `Index`
    /// of these.
    Claim { derivative: TreeId, value: TreeId },
    /// `x: 1, 2, 3`, in a data section: the examples themselves.
    Row { name: Ident, values: Vec<TreeId> },
    /// `test last 0.2`, `optimizer adam`, in a section.
    Directive(Directive),
    /// A statement that could not be read, and the names it would have bound: their uses are no further errors.
    Error { binds: Vec<Ident> },
}

/// What stands left of `=`.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    Name(Ident),
    Tuple(Vec<Ident>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeclareKind {
    Input,
    Target,
    Param,
    State,
}

/// One name of a declaration. What names share (`input x, y: [64]`, `state m, v = 0`) is repeated in each.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    pub name: Ident,
    pub ty: Option<Type>,
    pub start: Option<Start>,
}

/// How a declared name begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// `= e`
    Value(TreeId),
    /// `~ distribution`
    Draw(TreeId),
}

/// `[t, n]`, `class(k)`, `bool`, `[t] class(k)`; `[]` is a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// Sizes, outermost first; none for a single one.
    pub shape: Vec<TreeId>,
    pub element: Element,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Element {
    Number,
    Bool,
    Class(TreeId),
    /// It was reported.
    Wrong,
}

/// `y`, or `code = h`.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputItem {
    pub name: Ident,
    pub value: Option<TreeId>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    pub kind: DefinitionKind,
    pub name: Ident,
    pub parameters: Vec<Parameter>,
    /// An expression after `=`, or a `Block`; always a `Block` in an optimizer.
    pub body: TreeId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefinitionKind {
    Fn,
    Layer,
    Model,
    Optimizer,
}

/// `x: [n] = default`
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub name: Ident,
    pub ty: Option<Type>,
    pub default: Option<TreeId>,
}

/// A file that the text names, without its quotes; `span` has them.
#[derive(Clone, Debug, PartialEq)]
pub struct FileName {
    pub path: String,
    pub span: Span,
}

/// `data "file" { … }` or `train { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    pub kind: SectionKind,
    pub file: Option<FileName>,
    /// `Directive`, `Row`, `Binding`, `Draw` or `Error`; in a `train` section `Directive` or `Error`.
    pub statements: Vec<Statement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SectionKind {
    Data,
    Train,
}

/// A line of a section: its word, what follows it, and phrases with what follows each.
/// `stop when validation.loss has not improved for 10` has no values and two phrases.
#[derive(Clone, Debug, PartialEq)]
pub struct Directive {
    pub word: Ident,
    pub values: Vec<TreeId>,
    pub phrases: Vec<Phrase>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    /// Words with one space between: `has not improved for`.
    pub words: Ident,
    pub values: Vec<TreeId>,
}

impl Tree {
    /// Adds an expression whose operands are in the tree already.
    pub fn add(&mut self, kind: NodeKind, span: Span) -> TreeId {
        self.nodes.push(Node { kind, span });
        TreeId(self.nodes.len() as u32 - 1)
    }
    pub fn kind(&self, id: TreeId) -> &NodeKind {
        &self[id].kind
    }
    pub fn span(&self, id: TreeId) -> Span {
        self[id].span
    }
    pub fn len(&self) -> usize {
        self.nodes.len()
    }
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
    /// All expressions, operands first; among them those of statements that could not be read, which nothing else names.
    pub fn iter(&self) -> impl Iterator<Item = (TreeId, &Node)> {
        self.nodes.iter().enumerate().map(|(at, node)| (TreeId(at as u32), node))
    }
    /// The name that an expression is, if it is no more than that.
    pub fn name(&self, id: TreeId) -> Option<&str> {
        match self.kind(id) {
            NodeKind::Name(name) => Some(name),
            _ => None,
        }
    }
    /// `y.1.w` as `["y", "1", "w"]`; none if anything but names is in it.
    pub fn path(&self, mut id: TreeId) -> Option<Vec<&str>> {
        let mut parts = vec![];
        while let NodeKind::Field { of, name } = self.kind(id) {
            parts.push(name.name.as_str());
            id = *of;
        }
        parts.push(self.name(id)?);
        parts.reverse();
        Some(parts)
    }
    /// The expression inside any parentheses around it.
    pub fn bare(&self, mut id: TreeId) -> TreeId {
        while let NodeKind::Paren(inner) = self.kind(id) {
            id = *inner;
        }
        id
    }
}

impl Index<TreeId> for Tree {
    type Output = Node;
    fn index(&self, id: TreeId) -> &Node {
        &self.nodes[id.0 as usize]
    }
}

impl Target {
    pub fn names(&self) -> &[Ident] {
        match self {
            Target::Name(name) => std::slice::from_ref(name),
            Target::Tuple(names) => names,
        }
    }
}
