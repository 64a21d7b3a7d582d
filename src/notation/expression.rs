//! The expression on paper: what a formula looks like, before any back end spells it. It says nothing of shapes.
//!
//! The functions here build it in its one normal form: signs stand outside, sums and products are flat, nothing is multiplied by 1.

/// A sign that stands for a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// `h`, `z.w`: as the program calls it; a letter that was chosen; an index.
    Name(String),
    /// `δz`: the adjoint of `z`; of nothing that has a name, `δ`.
    Adjoint(String),
    /// `∂loss/∂z.w`.
    Derivative { of: String, by: String },
}

/// One place of an index: `x[p + 2k]`, `x[1..]`, `x[.., 0]`.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    At(Expression),
    /// A place that may be so many places before the first or behind the last, where there are zeros; before is negative if so many are cut off
    /// there. Paper does not show it.
    Beyond {
        at: Expression,
        /// The same place in the padded value.
        within: Expression,
        before: i64,
        behind: i64,
        /// Whether no axis is behind it: then `pad` need not be told which one it is.
        last: bool,
    },
    /// From the first to before the second; a missing end is the axis's.
    Range(Option<i64>, Option<i64>),
}

/// An index that a sum runs over: its letter, and the number of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    pub symbol: String,
    pub length: usize,
}

/// A formula.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// Not negative: a sign is a `Negate`.
    Number(f64),
    Symbol(Symbol),
    /// At a place of a loop: `h_{t−1}`. Several where loops nest.
    Subscript(Box<Expression>, Vec<Expression>),
    Index(Box<Expression>, Vec<Part>),
    Transpose(Box<Expression>),
    Power(Box<Expression>, Box<Expression>),
    /// `name(x, y, axis = 1)`.
    Call {
        name: String,
        arguments: Vec<Expression>,
        options: Vec<(String, Expression)>,
    },
    Bars(Box<Expression>),
    /// Iverson's bracket: 1 where the condition holds, else 0.
    Bracket(Box<Expression>),
    List(Vec<Expression>),
    /// `0..n`, as a value.
    Count(usize),
    /// The same elements in another shape; paper does not show it.
    Reshaped(Box<Expression>, Vec<usize>),
    /// Numbers, then the factors of one product of linear algebra.
    Product {
        scalars: Vec<Expression>,
        factors: Vec<Expression>,
    },
    Negate(Box<Expression>),
    /// Element by element; two factors or more.
    Elementwise(Vec<Expression>),
    Fraction(Box<Expression>, Box<Expression>),
    /// `true` is a minus; two terms or more, and a plus comes first if there is one.
    Sum(Vec<(bool, Expression)>),
    /// `Σ_t …`
    SumOver(Vec<Running>, Box<Expression>),
    /// By the sign of the language: `==`, `<=`, …
    Compare(&'static str, Box<Expression>, Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    If {
        condition: Box<Expression>,
        yes: Box<Expression>,
        no: Box<Expression>,
    },
}

use Expression as E;

impl Expression {
    pub fn name(text: impl Into<String>) -> E {
        E::Symbol(Symbol::Name(text.into()))
    }
    pub fn call(name: impl Into<String>, arguments: Vec<E>) -> E {
        E::Call { name: name.into(), arguments, options: vec![] }
    }
    pub fn number(value: f64) -> E {
        if value < 0.0 || (value == 0.0 && value.is_sign_negative() && value.to_bits() != 0) {
            E::Negate(Box::new(E::Number(-value)))
        } else {
            E::Number(value)
        }
    }
    /// A number at every place of a shape: `zeros(3)`, `2 ones(3)`.
    pub fn filled(number: E, shape: &[usize]) -> E {
        let sizes = || shape.iter().map(|&n| E::Number(n as f64)).collect();
        match number {
            number if shape.is_empty() => number,
            E::Number(0.0) => E::call("zeros", sizes()),
            E::Number(1.0) => E::call("ones", sizes()),
            number => product(vec![number], vec![E::call("ones", sizes())]),
        }
    }
    pub fn is_any_number(&self) -> bool {
        match self {
            E::Number(_) => true,
            E::Negate(inner) => inner.is_any_number(),
            _ => false,
        }
    }
    pub fn is_number(&self, value: f64) -> bool {
        matches!(self, E::Number(v) if *v == value)
    }
    /// Without its sign, and whether there was one.
    pub fn unsigned(self) -> (bool, E) {
        match self {
            E::Negate(inner) => {
                let (negative, inner) = inner.unsigned();
                (!negative, inner)
            }
            other => (false, other),
        }
    }
    pub fn negated(self) -> E {
        match self {
            E::Negate(inner) => *inner,
            E::Number(0.0) => self,
            // −(a − b) is b − a; a sum of minuses alone loses them.
            E::Sum(terms) if terms.iter().any(|t| t.0) => {
                sum(terms.into_iter().map(|(negative, term)| (!negative, term)).collect())
            }
            other => E::Negate(Box::new(other)),
        }
    }
    pub fn transposed(self) -> E {
        match self {
            E::Transpose(inner) => *inner,
            E::Number(_) => self,
            E::Negate(inner) => inner.transposed().negated(),
            E::Product { scalars, factors } => {
                E::Product { scalars, factors: factors.into_iter().rev().map(E::transposed).collect() }
            }
            other => E::Transpose(Box::new(other)),
        }
    }
    pub fn power(self, exponent: E) -> E {
        if exponent.is_number(1.0) { self } else { E::Power(Box::new(self), Box::new(exponent)) }
    }
    pub fn subscript(self, places: Vec<E>) -> E {
        if places.is_empty() { self } else { E::Subscript(Box::new(self), places) }
    }
    /// Whole axes at the end are left out.
    pub fn index(self, mut parts: Vec<Part>) -> E {
        while parts.last() == Some(&Part::Range(None, None)) {
            parts.pop();
        }
        if parts.is_empty() { self } else { E::Index(Box::new(self), parts) }
    }
    /// A condition as a number.
    pub fn bracketed(self) -> E {
        match self {
            E::Compare(..) | E::And(..) | E::Or(..) | E::Not(_) => E::Bracket(Box::new(self)),
            other => other,
        }
    }
    /// A condition as such: without brackets. A product of conditions holds where they all do.
    pub fn condition(self) -> E {
        let all = |of: Vec<E>| of.into_iter().map(E::condition).reduce(E::and);
        match self {
            E::Bracket(inner) => *inner,
            e if e.has_numbers_of_conditions() => E::Compare(">", Box::new(e), Box::new(E::Number(0.0))),
            E::Elementwise(of) => all(of).unwrap_or(E::Number(1.0)),
            E::Product { scalars, factors } => all([factors, scalars].concat()).unwrap_or(E::Number(1.0)),
            other => other,
        }
    }
    /// Where both conditions hold: what both say is said once.
    pub fn and(self, other: E) -> E {
        fn says(all: &E, one: &E) -> bool {
            all == one || matches!(all, E::And(a, b) if says(a, one) || says(b, one))
        }
        match other {
            E::And(a, b) => self.and(*a).and(*b),
            other if says(&self, &other) => self,
            other => E::And(Box::new(self), Box::new(other)),
        }
    }
    /// Whether it is made of conditions that stand in it as numbers: `reverse([x > 0])`.
    fn has_numbers_of_conditions(&self) -> bool {
        let is_number = |e: &E| matches!(e, E::Bracket(_)) || e.has_numbers_of_conditions();
        match self {
            E::Call { arguments, .. } => arguments.iter().any(is_number),
            E::List(all) => all.iter().any(is_number),
            E::Index(of, _) | E::Transpose(of) | E::Reshaped(of, _) => is_number(of),
            _ => false,
        }
    }
    /// The condition that holds where this one does not.
    pub fn opposite(self) -> E {
        let other = |sign: &str| {
            Some(match sign {
                "==" => "!=",
                "!=" => "==",
                "<" => ">=",
                "<=" => ">",
                ">" => "<=",
                ">=" => "<",
                _ => return None,
            })
        };
        match self.condition() {
            E::Compare(sign, a, b) if other(sign).is_some() => E::Compare(other(sign).unwrap_or(sign), a, b),
            E::Not(inner) => *inner,
            inner => E::Not(Box::new(inner)),
        }
    }
    /// The name of what an entry is taken of, or the name that it is.
    pub fn looked_up(&self) -> Option<&Symbol> {
        match self {
            E::Symbol(symbol) => Some(symbol),
            E::Index(of, _) => of.looked_up(),
            _ => None,
        }
    }
    /// Whether a condition is among its factors.
    pub fn has_condition(&self) -> bool {
        match self {
            E::Bracket(_) => true,
            E::Elementwise(all) => all.iter().any(E::has_condition),
            E::Product { scalars, factors } => scalars.iter().chain(factors).any(E::has_condition),
            E::Fraction(above, _) => above.has_condition(),
            E::Negate(x) => x.has_condition(),
            _ => false,
        }
    }
    /// Whether it is the product of two values or more by linear algebra.
    pub fn is_chain(&self) -> bool {
        matches!(self, E::Product { factors, .. } if factors.len() > 1)
    }
    /// Calls `f` for every symbol.
    pub fn each_symbol(&self, f: &mut dyn FnMut(&Symbol)) {
        if let E::Symbol(symbol) = self {
            f(symbol);
        }
        self.each_child(&mut |child| child.each_symbol(f));
    }
    /// Calls `f` for what it consists of.
    pub fn each_child(&self, f: &mut dyn FnMut(&Expression)) {
        match self {
            E::Number(_) | E::Symbol(_) | E::Count(_) => {}
            E::Subscript(x, places) => {
                f(x);
                places.iter().for_each(f);
            }
            E::Index(x, parts) => {
                f(x);
                for part in parts {
                    if let Part::At(place) | Part::Beyond { at: place, .. } = part {
                        f(place);
                    }
                }
            }
            E::Transpose(x) | E::Bars(x) | E::Bracket(x) | E::Reshaped(x, _) | E::Negate(x) | E::Not(x) => f(x),
            E::SumOver(_, x) => f(x),
            E::Power(x, y) | E::Fraction(x, y) | E::Compare(_, x, y) | E::And(x, y) | E::Or(x, y) => {
                f(x);
                f(y);
            }
            E::Call { arguments, options, .. } => {
                arguments.iter().for_each(&mut *f);
                options.iter().for_each(|o| f(&o.1));
            }
            E::List(all) | E::Elementwise(all) => all.iter().for_each(f),
            E::Product { scalars, factors } => scalars.iter().chain(factors).for_each(f),
            E::Sum(terms) => terms.iter().for_each(|t| f(&t.1)),
            E::If { condition, yes, no } => {
                f(condition);
                f(yes);
                f(no);
            }
        }
    }
}

/// A sum of signed terms: flat, without zeros, a plus first where there is one.
pub fn sum(terms: Vec<(bool, E)>) -> E {
    let mut flat: Vec<(bool, E)> = vec![];
    for (negative, term) in terms {
        let (more, term) = term.unsigned();
        let negative = negative != more;
        match term {
            E::Sum(inner) => flat.extend(inner.into_iter().map(|(n, t)| (n != negative, t))),
            E::Number(0.0) => {}
            other => flat.push((negative, other)),
        }
    }
    // `w + w − 2 w`: what was put together may be equal to another term.
    let mut flat = collected(flat);
    loop {
        let before = flat.len();
        flat = collected(flat);
        if flat.len() == before {
            break;
        }
    }
    // Σ reaches as far as it can: it comes last.
    flat.sort_by_key(|t| matches!(t.1, E::SumOver(..)));
    if let Some(at) = flat.iter().position(|t| !t.0) {
        flat[..=at].rotate_right(1);
    }
    if let Some((terms, below)) = common_denominator(&flat) {
        return fraction(sum(terms), below);
    }
    match flat.len() {
        0 => E::Number(0.0),
        1 => {
            let (negative, term) = flat.remove(0);
            if negative { term.negated() } else { term }
        }
        _ => E::Sum(flat),
    }
}

/// Equal terms together: `x + x` is `2 x`.
fn collected(terms: Vec<(bool, E)>) -> Vec<(bool, E)> {
    let mut all: Vec<(i64, E)> = vec![];
    for (negative, term) in terms {
        let sign = if negative { -1 } else { 1 };
        match all.iter_mut().find(|known| known.1 == term && !matches!(term, E::Number(_))) {
            Some(known) => known.0 += sign,
            None => all.push((sign, term)),
        }
    }
    let times = |n: i64, term: E| match (n.unsigned_abs(), term) {
        (1, term) => term,
        (n, E::Product { scalars, factors }) => {
            let number = match scalars.first() {
                Some(E::Number(value)) => value * n as f64,
                _ => n as f64,
            };
            let rest = scalars.into_iter().filter(|s| !matches!(s, E::Number(_)));
            product(std::iter::once(E::Number(number)).chain(rest).collect(), factors)
        }
        (n, E::Fraction(above, below)) => match *below {
            E::Number(below) if below % n as f64 == 0.0 => fraction(*above, E::Number(below / n as f64)),
            below => match *above {
                E::Number(above) => fraction(E::Number(n as f64 * above), below),
                above => fraction(product(vec![E::Number(n as f64)], vec![above]), below),
            },
        },
        (n, term) => product(vec![E::Number(n as f64)], vec![term]),
    };
    all.into_iter().filter(|t| t.0 != 0).map(|(n, term)| (n < 0, times(n, term))).collect()
}

/// Terms that are all divided by the same.
fn common_denominator(terms: &[(bool, E)]) -> Option<(Vec<(bool, E)>, E)> {
    let below = match terms {
        [(_, E::Fraction(_, below)), _, ..] => (**below).clone(),
        _ => return None,
    };
    let numerators = terms.iter().map(|(negative, term)| match term {
        E::Fraction(above, own) if **own == below => Some((*negative, (**above).clone())),
        _ => None,
    });
    // Each condition leaves its own quotient out where it does not hold; a sum of what is left over zero has no value there.
    let is_number = matches!(below, E::Number(_));
    if !is_number && terms.iter().any(|(_, term)| term.has_condition()) {
        return None;
    }
    Some((numerators.collect::<Option<Vec<_>>>()?, below))
}

/// Numbers times the factors of one product of linear algebra.
pub fn product(scalars: Vec<E>, factors: Vec<E>) -> E {
    let mut all: Vec<E> = vec![];
    let mut numbers: Vec<E> = scalars.into_iter().filter(|s| !s.is_number(1.0)).collect();
    for factor in factors {
        match factor {
            E::Product { scalars, factors } if !factors.is_empty() => {
                numbers.extend(scalars);
                all.extend(factors);
            }
            other => all.push(other),
        }
    }
    // Numbers are one number, and stand first.
    if numbers.iter().filter(|n| matches!(n, E::Number(_))).count() > 1 {
        let value = numbers.iter().map(|n| if let E::Number(value) = n { *value } else { 1.0 }).product();
        numbers.retain(|n| !matches!(n, E::Number(_)));
        numbers.extend((value != 1.0).then_some(E::Number(value)));
    }
    if let Some(at) = numbers.iter().position(|n| matches!(n, E::Number(_))) {
        numbers[..=at].rotate_right(1);
    }
    match (numbers.len(), all.len()) {
        (0, 0) => E::Number(1.0),
        (1, 0) => numbers.remove(0),
        (0, 1) => all.remove(0),
        _ => E::Product { scalars: numbers, factors: all },
    }
}

pub fn elementwise(mut factors: Vec<E>) -> E {
    if factors.len() == 1 { factors.remove(0) } else { E::Elementwise(factors) }
}

pub fn fraction(numerator: E, denominator: E) -> E {
    if denominator.is_number(1.0) {
        return numerator;
    }
    let (negative, numerator) = numerator.unsigned();
    let quotient = E::Fraction(Box::new(numerator), Box::new(denominator));
    if negative { quotient.negated() } else { quotient }
}

/// Whether a call says which axes of its arguments it means.
pub fn counts_axes(name: &str, options: &[(String, Expression)]) -> bool {
    name == "transpose" || options.iter().any(|(option, _)| option == "axis" || option == "axes")
}

/// Whether a formula is a call that says which axes it means: a reshape of what comes out of it is said, too.
pub fn counts(formula: &Expression) -> bool {
    match formula {
        Expression::Call { name, options, .. } => counts_axes(name, options),
        Expression::Transpose(of) => counts(of),
        _ => false,
    }
}
