//! Formulas in one line, with as few parentheses as the language's precedence allows: what `text` and `nn` have in common.
use super::expression::{Expression as E, Part, Running, Symbol, counts, counts_axes};

/// How one of the linear forms spells what they do not share.
pub struct Style {
    pub minus: &'static str,
    pub times: &'static str,
    pub transpose: &'static str,
    /// Superscript digits for small whole exponents, subscripts for places of loops, `Σ`, bars; reshapes stay unseen.
    pub typographic: bool,
}

pub static TEXT: Style = Style { minus: "−", times: "⊙", transpose: "ᵀ", typographic: true };
pub static NN: Style = Style { minus: "-", times: "*", transpose: "'", typographic: false };

/// Levels of precedence: language reference, "Expressions".
mod level {
    pub const IF: u8 = 1;
    pub const OR: u8 = 3;
    pub const AND: u8 = 4;
    pub const NOT: u8 = 5;
    pub const COMPARE: u8 = 6;
    pub const RANGE: u8 = 7;
    pub const SUM: u8 = 8;
    pub const PRODUCT: u8 = 9;
    pub const NEGATE: u8 = 10;
    pub const JUXTAPOSITION: u8 = 11;
    pub const POWER: u8 = 12;
    pub const POSTFIX: u8 = 13;
    pub const ATOM: u8 = 14;
}

/// A formula in a style.
pub fn print(e: &E, style: &Style) -> String {
    print_with(e, style, &[])
}

/// The same, where some parts of it have names.
pub fn print_with(e: &E, style: &Style, named: &[(E, String)]) -> String {
    Printer { style, named, tight: false }.formula(e)
}

pub fn symbol(symbol: &Symbol) -> String {
    match symbol {
        Symbol::Name(name) => name.clone(),
        Symbol::Adjoint(of) => format!("δ{of}"),
        Symbol::Derivative { of, by } => format!("∂{of}/∂{by}"),
    }
}

/// A number as people write it: `2`, `0.5`, `2e-4`.
pub fn number(value: f64) -> String {
    if value != 0.0 && value.is_finite() && (value.abs() < 1e-3 || value.abs() >= 1e7) {
        return format!("{value:e}");
    }
    format!("{value}")
}

struct Printer<'a> {
    style: &'a Style,
    /// What is spoken of by a name.
    named: &'a [(E, String)],
    /// Inside of an index: `2k`, not `2 k`.
    tight: bool,
}

impl Printer<'_> {
    fn level(&self, e: &E) -> u8 {
        match e {
            E::Number(_) | E::Call { .. } | E::Bracket(_) | E::List(_) => level::ATOM,
            E::Symbol(Symbol::Derivative { .. }) => level::POWER,
            E::Symbol(_) | E::Bars(_) => level::ATOM,
            E::Subscript(..) | E::Index(..) | E::Transpose(_) => level::POSTFIX,
            E::Power(..) => level::POWER,
            E::Product { .. } => level::JUXTAPOSITION,
            E::Negate(_) => level::NEGATE,
            E::Elementwise(_) | E::Fraction(..) => level::PRODUCT,
            E::SumOver(..) if self.style.typographic => level::PRODUCT,
            E::SumOver(..) => level::ATOM,
            E::Sum(_) => level::SUM,
            E::Compare(..) => level::COMPARE,
            E::Count(_) => level::RANGE,
            E::Not(_) => level::NOT,
            E::And(..) => level::AND,
            E::Or(..) => level::OR,
            E::If { .. } => level::IF,
            E::Reshaped(x, _) if self.style.typographic && !counts(x) => self.level(x),
            E::Reshaped(..) => level::ATOM,
        }
    }

    fn at_least(&self, e: &E, least: u8) -> String {
        let text = self.formula(e);
        if self.level(e) < least { format!("({text})") } else { text }
    }

    /// A reshape that paper does not show has the form of what it reshapes.
    fn shown<'e>(&self, e: &'e E) -> &'e E {
        match e {
            E::Reshaped(x, _) if self.style.typographic && !counts(x) => self.shown(x),
            _ => e,
        }
    }

    /// A value of which axes are counted: there paper shows a reshape, too.
    fn reshaped(&self, e: &E) -> String {
        match e {
            E::Reshaped(x, shape) => {
                let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
                format!("reshape({}, [{}])", self.formula(x), sizes.join(", "))
            }
            _ => self.formula(e),
        }
    }

    fn formula(&self, e: &E) -> String {
        if let Some((_, name)) = self.named.iter().find(|named| named.0 == *e) {
            return name.clone();
        }
        match e {
            // There is no name for it in a program.
            E::Number(value) if !self.style.typographic && value.is_nan() => "(0 / 0)".into(),
            E::Number(value) if !self.style.typographic && value.is_infinite() => "infinity".into(),
            E::Number(value) if value.is_infinite() => "∞".into(),
            E::Number(value) => number(*value),
            E::Count(n) => format!("0..{n}"),
            E::Symbol(of) => symbol(of),
            E::Subscript(x, places) => self.subscript(x, places),
            E::Index(x, parts) => {
                let base = match **x {
                    E::Symbol(_) => self.formula(x),
                    E::Reshaped(..) => self.reshaped(x),
                    _ => self.at_least(x, level::POSTFIX),
                };
                let base = if self.style.typographic { base } else { padded(base, parts) };
                let parts: Vec<String> = parts.iter().map(|p| self.part(p)).collect();
                format!("{base}[{}]", parts.join(", "))
            }
            E::Transpose(x) => format!("{}{}", self.at_least(x, level::POSTFIX), self.style.transpose),
            E::Power(x, exponent) => self.power(x, exponent),
            E::Call { name, arguments, options } => {
                let counted = counts_axes(name, options);
                let arguments = arguments.iter().map(|a| if counted { self.reshaped(a) } else { self.formula(a) });
                let options = options.iter().map(|(name, value)| format!("{name} = {}", self.formula(value)));
                format!("{name}({})", arguments.chain(options).collect::<Vec<_>>().join(", "))
            }
            E::Bars(x) if self.style.typographic => format!("|{}|", self.formula(x)),
            E::Bars(x) => format!("abs({})", self.formula(x)),
            E::Bracket(x) => format!("[{}]", self.formula(x)),
            E::List(all) => format!("[{}]", all.iter().map(|x| self.formula(x)).collect::<Vec<_>>().join(", ")),
            E::Reshaped(x, _) if self.style.typographic && !counts(x) => self.formula(x),
            E::Reshaped(..) => self.reshaped(e),
            E::Product { scalars, factors } => self.product(scalars, factors),
            E::Negate(x) => format!("{}{}", self.style.minus, self.at_least(x, level::PRODUCT)),
            E::Elementwise(factors) => {
                let factors: Vec<String> = factors.iter().map(|f| self.factor(f)).collect();
                factors.join(&format!(" {} ", self.style.times))
            }
            E::Fraction(above, below) => {
                let above = match self.shown(above) {
                    E::Fraction(..) | E::SumOver(..) => format!("({})", self.formula(above)),
                    _ => self.at_least(above, level::PRODUCT),
                };
                let slash = if self.tight { "/" } else { " / " };
                format!("{above}{slash}{}", self.at_least(below, level::POWER))
            }
            E::Sum(terms) => self.sum(terms),
            E::SumOver(running, x) => self.sum_over(running, x),
            E::Compare(sign, a, b) => {
                let sign = if self.style.typographic { typographic(sign) } else { sign };
                format!("{} {sign} {}", self.at_least(a, level::SUM), self.at_least(b, level::SUM))
            }
            E::Not(x) => format!("not {}", self.at_least(x, level::NOT)),
            E::And(a, b) => format!("{} and {}", self.at_least(a, level::AND), self.at_least(b, level::NOT)),
            E::Or(a, b) => format!("{} or {}", self.at_least(a, level::OR), self.at_least(b, level::AND)),
            E::If { condition, yes, no } => format!(
                "if {} then {} else {}",
                self.at_least(condition, level::OR),
                self.at_least(yes, level::OR),
                self.formula(no)
            ),
        }
    }

    fn subscript(&self, x: &E, places: &[E]) -> String {
        let inside = Printer { tight: true, ..*self };
        let base = match x {
            E::Symbol(_) => self.formula(x),
            _ => self.at_least(x, level::POSTFIX),
        };
        let places: Vec<String> = places.iter().map(|p| inside.formula(p)).collect();
        let places = places.join(",");
        if places.chars().count() == 1 { format!("{base}_{places}") } else { format!("{base}_{{{places}}}") }
    }

    fn part(&self, part: &Part) -> String {
        let end = |n: &Option<i64>| n.map_or(String::new(), |n| n.to_string());
        match part {
            Part::At(place) => Printer { tight: true, ..*self }.spaced(place),
            Part::Beyond { at, .. } if self.style.typographic => self.part(&Part::At(at.clone())),
            Part::Beyond { within, .. } => self.part(&Part::At(within.clone())),
            Part::Range(from, to) => format!("{}..{}", end(from), end(to)),
        }
    }
    /// In brackets there is room around plus and minus: `x[p + 2k]`.
    fn spaced(&self, place: &E) -> String {
        match place {
            E::Sum(terms) => {
                let mut text = String::new();
                for (k, (negative, term)) in terms.iter().enumerate() {
                    text += match (k, negative) {
                        (0, true) => self.style.minus,
                        (0, false) => "",
                        (_, true) if self.style.typographic => " − ",
                        (_, true) => " - ",
                        (_, false) => " + ",
                    };
                    text += &self.at_least(term, level::PRODUCT);
                }
                text
            }
            other => self.formula(other),
        }
    }

    fn power(&self, x: &E, exponent: &E) -> String {
        let base = self.at_least(x, level::POSTFIX);
        if let E::Number(n) = exponent
            && self.style.typographic
            && n.fract() == 0.0
            && *n < 100.0
        {
            let digit = |c: char| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(c.to_digit(10).unwrap_or(0) as usize).unwrap_or(c);
            return format!("{base}{}", format!("{n}").chars().map(digit).collect::<String>());
        }
        format!("{base}^{}", self.at_least(exponent, level::POSTFIX))
    }

    fn product(&self, scalars: &[E], factors: &[E]) -> String {
        let each = |(k, f): (usize, &E)| {
            let text = self.at_least(f, level::POWER);
            // A number behind a number.
            let begins_with_one = 0 < k && matches!(f, E::Power(base, _) if matches!(**base, E::Number(_)));
            if begins_with_one { format!("({text})") } else { text }
        };
        let all: Vec<String> = scalars.iter().chain(factors).enumerate().map(each).collect();
        // 2k within an index.
        let letter = |e: &E| matches!(e, E::Symbol(Symbol::Name(n)) if n.chars().count() == 1);
        let number = matches!(scalars.first(), Some(E::Number(_)));
        let close = self.tight && number && all.len() == 2 && scalars.iter().chain(factors).skip(1).all(letter);
        all.join(if close { "" } else { " " })
    }

    /// A factor among `⊙`: a product of linear algebra stands in parentheses, that the eye may see what is meant.
    fn factor(&self, e: &E) -> String {
        let shown = self.shown(e);
        let apart = shown.is_chain() || matches!(shown, E::Fraction(..) | E::SumOver(..) | E::Elementwise(_));
        if apart && self.level(e) < level::ATOM {
            format!("({})", self.formula(e))
        } else {
            self.at_least(e, level::JUXTAPOSITION)
        }
    }

    fn sum(&self, terms: &[(bool, E)]) -> String {
        let mut text = String::new();
        let room = if self.tight { "" } else { " " };
        for (k, (negative, term)) in terms.iter().enumerate() {
            text += &match (k, negative) {
                (0, true) => self.style.minus.to_string(),
                (0, false) => String::new(),
                (_, true) => format!("{room}{}{room}", self.style.minus),
                (_, false) => format!("{room}+{room}"),
            };
            let open = matches!(self.shown(term), E::SumOver(..)) && self.style.typographic && k + 1 < terms.len();
            text += &if open { format!("({})", self.formula(term)) } else { self.at_least(term, level::PRODUCT) };
        }
        text
    }

    fn sum_over(&self, running: &[Running], x: &E) -> String {
        let letters: Vec<&str> = running.iter().map(|r| r.symbol.as_str()).collect();
        if self.style.typographic {
            let letters = letters.join(",");
            let below = if letters.chars().count() == 1 { letters } else { format!("{{{letters}}}") };
            return format!("Σ_{below} {}", self.at_least(x, level::PRODUCT));
        }
        let axes: Vec<String> = (0..running.len()).map(|k| k.to_string()).collect();
        let axes = if let [one] = &axes[..] { one.clone() } else { format!("[{}]", axes.join(", ")) };
        format!("sum({}, axis = {axes})", each(running, &self.formula(x)))
    }
}

/// A value with the zeros that lie beyond it: `pad(x, 4, 0)`.
fn padded(base: String, parts: &[Part]) -> String {
    parts.iter().enumerate().fold(base, |base, (axis, part)| match part {
        Part::Beyond { before, .. } if *before < 0 => format!("{base}[{}{}..]", ".., ".repeat(axis), -before),
        Part::Beyond { before, behind, last: true, .. } => format!("pad({base}, {before}, {behind})"),
        Part::Beyond { before, behind, .. } => format!("pad({base}, {before}, {behind}, axis = {axis})"),
        _ => base,
    })
}

/// `for t in 0..8 { … }`
pub fn each(running: &[Running], body: &str) -> String {
    running.iter().rev().fold(body.to_string(), |inner, r| format!("for {} in 0..{} {{ {inner} }}", r.symbol, r.length))
}

fn typographic(sign: &'static str) -> &'static str {
    match sign {
        "==" => "=",
        "!=" => "≠",
        "<=" => "≤",
        ">=" => "≥",
        other => other,
    }
}
