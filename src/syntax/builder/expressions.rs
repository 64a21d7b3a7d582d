//! Expressions, and the spellings that have two readings.
use super::Builder;
use super::targets::leibniz;
use crate::diagnostic::{Diagnostic, Edit, Span};
use crate::op;
use crate::syntax::source::{parenthesised, suggest};
use crate::syntax::tree::*;

impl Builder<'_> {
    pub fn call(&mut self, start: usize, end: usize, callee: TreeId, arguments: Vec<Argument>) -> TreeId {
        let named = arguments.iter().position(|argument| argument.name.is_some());
        if let Some(named) = named
            && let Some(late) = arguments[named..].iter().find(|argument| argument.name.is_none())
            && let Some(name) = &arguments[named].name
        {
            self.report(
                Diagnostic::error("E0124", "an argument without a name can't follow one that has a name")
                    .at(self.span(late.value), "has no name")
                    .also(name.span, "the first that has a name")
                    .help("put it first, or give its name"),
            );
        }
        self.add(start, end, NodeKind::Call { callee, arguments })
    }

    pub fn index(&mut self, start: usize, end: usize, of: TreeId, at: Vec<TreeId>) -> TreeId {
        if at.is_empty() {
            let brackets = self.source.span(self.span(of).end as usize..end);
            self.report(
                Diagnostic::error("E0110", "an index is missing in these brackets")
                    .at(brackets, "expected an index")
                    .help("as in `x[0]`, `x[-1]`, `x[2..]` or `x[.., 0]`"),
            );
        }
        self.add(start, end, NodeKind::Index { of, at })
    }

    /// One tick more: `u''` is one node.
    pub fn tick(&mut self, start: usize, end: usize, of: TreeId) -> TreeId {
        match *self.tree.kind(of) {
            NodeKind::Ticks { of: inner, count } => {
                self.add(start, end, NodeKind::Ticks { of: inner, count: count + 1 })
            }
            _ => self.add(start, end, NodeKind::Ticks { of, count: 1 }),
        }
    }

    /// `0 < x < 1` is a chain; `a < b > c` is none.
    pub fn compare(&mut self, start: usize, end: usize, first: TreeId, rest: Vec<(Relation, TreeId)>) -> TreeId {
        let stray = rest.windows(2).find(|pair| !pair[0].0.chains_with(pair[1].0));
        if let Some(pair) = stray {
            let (left, right) = (pair[0].0.sign(), pair[1].0.sign());
            let (middle, last) = (self.quoted(pair[0].1), self.span(pair[1].1));
            let here = self.source.span(self.span(pair[0].1).end as usize..last.end as usize);
            let join = crate::diagnostic::Span { start: self.span(pair[0].1).end, ..self.span(pair[0].1) };
            let join = crate::diagnostic::Span { end: join.start, ..join };
            let mut error = Diagnostic::error("E0122", format!("`{left}` and `{right}` do not chain"))
                .at(here, format!("`{right}` after `{left}`"))
                .note("a chain goes one way, as in `0 < x <= 1`");
            if rest.len() == 2 && matches!(rest[1].0, Relation::Equal | Relation::NotEqual) {
                let compared = self.span(first).to(self.span(pair[0].1));
                suggest(&mut error, "put the first comparison into parentheses", parenthesised(compared), false);
            }
            self.report(error.edit("join two comparisons with `and`", join, format!(" and {middle}"), false));
        }
        self.add(start, end, NodeKind::Compare { first, rest })
    }

    /// A product by `*`, `/` and `·`.
    pub fn product(&mut self, start: usize, end: usize, first: TreeId, rest: Vec<(ProductSign, TreeId)>) -> TreeId {
        let span = self.source.span(start..end);
        for (sign, divisor) in &rest {
            let product = without_signs(&self.tree, *divisor);
            let is_product = matches!(self.tree.kind(product), NodeKind::Juxtaposition(_));
            if *sign == ProductSign::Over && is_product && !self.may_be_call(product) {
                let mut error = quotient_readings(&self.tree, span, *divisor);
                if let Some(derivative) = leibniz(self.source.slice(span)) {
                    let edit =
                        Edit { title: "for a derivative".into(), changes: vec![(span, derivative)], certain: false };
                    error.edits.insert(0, edit);
                }
                self.report(error);
            }
        }
        self.add(start, end, NodeKind::Product { first, rest })
    }

    /// `f (x)`, which is one factor if `f` is a function: only who knows the names can tell.
    fn may_be_call(&self, product: TreeId) -> bool {
        let NodeKind::Juxtaposition(factors) = self.tree.kind(product) else { return false };
        let [function, argument] = factors[..] else { return false };
        let argument = self.tree.kind(argument);
        self.tree.path(function).is_some() && matches!(argument, NodeKind::Paren(_) | NodeKind::Tuple(_))
    }

    /// A product by juxtaposition; `e^2x`, where the exponent touches what follows, asks.
    pub fn juxtaposition(&mut self, start: usize, end: usize, first: TreeId, rest: Vec<TreeId>) -> TreeId {
        let factors = super::with(first, rest);
        if factors.windows(2).any(|pair| self.power_of_function(pair[0], pair[1])) {
            return self.add(start, end, NodeKind::Error);
        }
        for pair in factors.windows(2) {
            self.check_reach_of_exponent(pair[0], pair[1]);
        }
        self.add(start, end, NodeKind::Juxtaposition(factors))
    }

    /// `sin^2(x)`, which is `sin(x)^2`; reports it.
    fn power_of_function(&mut self, power: TreeId, argument: TreeId) -> bool {
        let NodeKind::Power { base, exponent } = *self.tree.kind(power) else { return false };
        let is_argument = matches!(self.tree.kind(argument), NodeKind::Paren(_));
        let Some(name) = self.tree.name(base).filter(|name| is_argument && op::unary_by_name(name).is_some()) else {
            return false;
        };
        let whole = self.span(power).to(self.span(argument));
        let exponent = match self.tree.kind(exponent) {
            // Raised digits stand without a `^`.
            NodeKind::Number(number) => number.to_string(),
            _ => self.quoted(exponent).to_string(),
        };
        let right = format!("{name}{}^{exponent}", self.source.slice(self.span(argument)));
        let error = Diagnostic::error("E0121", format!("the power of `{name}` stands behind its argument"))
            .at(self.span(power), "a function has no powers");
        self.report(error.edit(format!("write `{right}`"), whole, right, true));
        true
    }

    fn check_reach_of_exponent(&mut self, power: TreeId, next: TreeId) {
        let NodeKind::Power { exponent, .. } = *self.tree.kind(power) else { return };
        let (whole, after, exponent) = (self.span(power), self.span(next), self.span(exponent));
        let has_caret = self.source.text[whole.start as usize..exponent.start as usize].ends_with(['^', ' ', '-']);
        let ends_in_word = self.source.slice(whole).ends_with(char::is_alphanumeric);
        if !has_caret || !ends_in_word || whole.end != after.start {
            return;
        }
        let mut diagnostic = Diagnostic::error("E0121", "how far does this exponent reach?").at(
            exponent.to(after),
            format!("`{}`, or `{}`?", self.source.quoted(exponent), self.source.quoted(exponent.to(after))),
        );
        let between = Span { start: whole.end, ..whole };
        suggest(&mut diagnostic, "up to here", vec![(between, " ".into())], false);
        let mut both = parenthesised(exponent.to(after));
        both.insert(1, (between, " ".into()));
        suggest(&mut diagnostic, "over both", both, false);
        self.report(diagnostic);
    }

    pub fn derivative(
        &mut self,
        start: usize,
        end: usize,
        order: Option<TreeId>,
        of: TreeId,
        variables: Vec<(TreeId, Option<TreeId>)>,
    ) -> TreeId {
        let above = self.order(order);
        let by: Vec<(TreeId, u32)> =
            variables.iter().map(|(variable, order)| (*variable, self.order(*order).unwrap_or(0))).collect();
        let below = by.iter().fold(0u32, |sum, (_, order)| sum.saturating_add(*order));
        let are_orders = above.is_some_and(|above| above > 0) && by.iter().all(|(_, order)| *order > 0);
        let span = self.source.span(start..end);
        if !are_orders {
            self.report(
                Diagnostic::error("E0123", "the order of a derivative is 1, 2, 3, …")
                    .at(span, "has another order")
                    .help("the second derivative is `∂²u/∂x²`"),
            );
        } else if above != Some(below) {
            let above = above.unwrap_or(0);
            self.report(
                Diagnostic::error("E0123", "the orders above and below differ")
                    .at(span, format!("{above} above, {below} below"))
                    .help("the second derivative is `∂²u/∂x²` or `∂²u/∂x∂t`; the square of the first is `(∂u/∂x)^2`"),
            );
        }
        self.add(start, end, NodeKind::Derivative { of, by })
    }

    /// An order as it is written; 1 where nothing is.
    fn order(&self, written: Option<TreeId>) -> Option<u32> {
        match written.map(|order| self.tree.kind(order)) {
            None => Some(1),
            Some(NodeKind::Number(order)) if 1.0 <= *order && *order <= f64::from(u32::MAX) => Some(*order as u32),
            Some(_) => None,
        }
    }

    pub fn looped(&mut self, start: usize, end: usize, looped: Loop) -> TreeId {
        let head = self.source.span(start..self.span(looped.over).end as usize);
        let word = looped.kind.word();
        match (looped.kind, looped.states.first()) {
            (LoopKind::For, Some(state)) => self.report(
                Diagnostic::error("E0132", "`for` carries no state from round to round")
                    .at(state.name.span, "a state")
                    .help("`fold` gives the last state, `scan` all of them"),
            ),
            (LoopKind::Fold | LoopKind::Scan | LoopKind::Repeat, None) => self.report(
                Diagnostic::error("E0132", format!("`{word}` needs a state to carry from round to round"))
                    .at(head, "has no state")
                    .help(format!("as in `{word} v in xs with h = zeros(m) {{ … }}`; a loop without a state is `for`")),
            ),
            _ => {}
        }
        self.check_block_has_value(&format!("`{word}`"), looped.body);
        self.add(start, end, NodeKind::Loop(Box::new(looped)))
    }
}

/// The error for `a / b c`, with both readings as edits. `quotient` is the span of the whole `Product`, `divisor` one of its operands:
/// a juxtaposition, with any signs. Syntax reports it but for `a / f (x)`, which is a call where `f` is a function.
pub fn quotient_readings(tree: &Tree, quotient: Span, divisor: TreeId) -> Diagnostic {
    let whole = tree.span(divisor);
    let first = match tree.kind(without_signs(tree, divisor)) {
        NodeKind::Juxtaposition(factors) => tree.span(factors[0]),
        _ => whole,
    };
    let up_to = |span: Span| Span { end: span.end, ..quotient };
    let mut diagnostic = Diagnostic::error("E0120", "this quotient can be read in two ways")
        .at(up_to(whole), "divided by the first factor, or by the product?");
    suggest(&mut diagnostic, "divide by the product", parenthesised(whole), false);
    suggest(&mut diagnostic, "divide by the first factor only", parenthesised(up_to(first)), false);
    diagnostic
}

fn without_signs(tree: &Tree, mut id: TreeId) -> TreeId {
    while let NodeKind::Negate(of) = tree.kind(id) {
        id = *of;
    }
    id
}

impl Relation {
    pub fn sign(self) -> &'static str {
        match self {
            Relation::Equal => "==",
            Relation::NotEqual => "!=",
            Relation::Less => "<",
            Relation::LessEqual => "<=",
            Relation::Greater => ">",
            Relation::GreaterEqual => ">=",
        }
    }
    /// Do both point one way, so that they may stand in one chain?
    fn chains_with(self, other: Relation) -> bool {
        use Relation::*;
        matches!(
            (self, other),
            (Less | LessEqual, Less | LessEqual) | (Greater | GreaterEqual, Greater | GreaterEqual) | (Equal, Equal)
        )
    }
}

impl LoopKind {
    pub fn word(self) -> &'static str {
        match self {
            LoopKind::For => "for",
            LoopKind::Fold => "fold",
            LoopKind::Scan => "scan",
            LoopKind::Repeat => "repeat",
        }
    }
}
