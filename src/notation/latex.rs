//! Derivations in LaTeX (amsmath): one `align*`, aligned at the last `=` of each line.
use super::derivation::{Derivation, Where};
use super::expression::{Expression as E, Part, Symbol, counts, counts_axes};
use super::linear::number;

pub fn render(derivation: &Derivation) -> String {
    let lines: Vec<String> = derivation
        .lines
        .iter()
        .map(|line| {
            let left: Vec<String> = line.left.iter().map(print).collect();
            let mut text = format!("{} &= {}", left.join(" = "), print(&line.right));
            for (k, explained) in line.wheres.iter().enumerate() {
                text += if k == 0 { r" && \text{where } " } else { r",\; " };
                text += &explanation(explained);
            }
            text
        })
        .collect();
    format!("\\begin{{align*}}\n{}\n\\end{{align*}}\n", lines.join(" \\\\\n"))
}

fn explanation(explained: &Where) -> String {
    let sign = if explained.sign == "~" { r"\sim" } else { explained.sign };
    format!("{} {sign} {}", print(&explained.left), print(&explained.right))
}

/// Levels of precedence; fractions and roots need no parentheses, since their bars hold them together.
fn level(e: &E) -> u8 {
    match e {
        E::Number(value) if number(*value).contains('e') => 9,
        E::Power(..) => 12,
        E::Product { .. } => 11,
        E::Negate(_) => 10,
        E::Elementwise(_) | E::SumOver(..) => 9,
        E::Sum(_) => 8,
        E::Compare(..) => 6,
        E::Count(_) => 7,
        E::Not(_) => 5,
        E::And(..) => 4,
        E::Or(..) => 3,
        E::If { .. } => 1,
        E::Reshaped(x, _) if !counts(x) => level(x),
        E::Fraction(..) | E::Symbol(Symbol::Derivative { .. }) => 12,
        E::Subscript(..) | E::Index(..) | E::Transpose(_) => 13,
        _ => 14,
    }
}

fn at_least(e: &E, least: u8) -> String {
    let text = print(e);
    if level(e) < least { parenthesised(&text) } else { text }
}

/// Parentheses that grow only where something tall stands in them.
fn parenthesised(text: &str) -> String {
    if text.contains(r"\frac") || text.contains(r"\sum") {
        format!(r"\left({text}\right)")
    } else {
        format!("({text})")
    }
}

/// A formula in LaTeX's mathematical mode.
pub fn print(e: &E) -> String {
    let list = |all: &[E]| all.iter().map(print).collect::<Vec<_>>().join(", ");
    match e {
        E::Number(value) => number_text(*value),
        E::Count(n) => format!("0{{..}}{n}"),
        E::Symbol(symbol) => symbol_text(symbol, &[]),
        E::Subscript(x, places) => match &**x {
            E::Symbol(symbol) => symbol_text(symbol, &places.iter().map(print).collect::<Vec<_>>()),
            other => format!("{{{}}}_{{{}}}", at_least(other, 13), list(places)),
        },
        E::Index(x, parts) => {
            // ∂loss/∂w[k]: the index stands with what is differentiated by.
            if let E::Symbol(Symbol::Derivative { of, by }) = &**x {
                let by = print(&E::Index(Box::new(E::name(by.clone())), parts.clone()));
                return format!(r"\frac{{\partial {}}}{{\partial {by}}}", name_text(of, &[]));
            }
            let end = |n: &Option<i64>| n.map_or(String::new(), |n| n.to_string());
            let parts: Vec<String> = parts
                .iter()
                .map(|part| match part {
                    Part::At(place) | Part::Beyond { at: place, .. } => print(place),
                    Part::Range(None, None) => ":".into(),
                    Part::Range(from, to) => format!("{}{{:}}{}", end(from), end(to)),
                })
                .collect();
            let base = if let E::Reshaped(..) = **x { reshaped(x) } else { at_least(x, 13) };
            format!("{base}[{}]", parts.join(", "))
        }
        E::Transpose(x) => format!("{}^{{\\top}}", raised(x)),
        E::Power(x, exponent) => format!("{}^{{{}}}", raised(x), print(exponent)),
        E::Call { name, arguments, options } => call(name, arguments, options),
        E::Bars(x) => format!(r"\left|{}\right|", print(x)),
        E::Bracket(x) => format!("[{}]", print(x)),
        E::List(all) => format!("[{}]", list(all)),
        E::Reshaped(x, _) if !counts(x) => print(x),
        E::Reshaped(..) => reshaped(e),
        E::Product { scalars, factors } => {
            let mut text = String::new();
            for (k, factor) in scalars.iter().chain(factors).enumerate() {
                let after_number = k == 1 && matches!(scalars.first(), Some(E::Number(_)));
                text += if k == 0 {
                    ""
                } else if after_number {
                    " "
                } else {
                    r" \, "
                };
                text += &at_least(factor, 12);
            }
            text
        }
        E::Negate(x) => format!("-{}", at_least(x, 9)),
        E::Elementwise(factors) => {
            let factor = |f: &E| if f.is_chain() { parenthesised(&print(f)) } else { at_least(f, 11) };
            factors.iter().map(factor).collect::<Vec<_>>().join(r" \odot ")
        }
        E::Fraction(above, below) => format!(r"\frac{{{}}}{{{}}}", print(above), print(below)),
        E::Sum(terms) => {
            let mut text = String::new();
            for (k, (negative, term)) in terms.iter().enumerate() {
                text += match (k, negative) {
                    (0, true) => "-",
                    (0, false) => "",
                    (_, true) => " - ",
                    (_, false) => " + ",
                };
                let open = matches!(term, E::SumOver(..)) && k + 1 < terms.len();
                text += &if open { parenthesised(&print(term)) } else { at_least(term, 9) };
            }
            text
        }
        E::SumOver(running, x) => {
            let letters: Vec<String> = running.iter().map(|r| name_text(&r.symbol, &[])).collect();
            format!(r"\sum_{{{}}} {}", letters.join(", "), at_least(x, 9))
        }
        E::Compare(sign, a, b) => format!("{} {} {}", at_least(a, 8), relation(sign), at_least(b, 8)),
        E::Not(x) => format!(r"\lnot {}", at_least(x, 12)),
        E::And(a, b) => format!(r"{} \land {}", at_least(a, 4), at_least(b, 5)),
        E::Or(a, b) => format!(r"{} \lor {}", at_least(a, 3), at_least(b, 4)),
        E::If { condition, yes, no } => format!(
            r"\begin{{cases}} {} & \text{{if }} {} \\ {} & \text{{otherwise}} \end{{cases}}",
            print(yes),
            print(condition),
            print(no)
        ),
    }
}

/// A value of which axes are counted: there a reshape is shown, too.
fn reshaped(e: &E) -> String {
    match e {
        E::Reshaped(x, shape) => {
            let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
            format!(r"\operatorname{{reshape}}({}, [{}])", print(x), sizes.join(", "))
        }
        _ => print(e),
    }
}

/// What bears an exponent: a fraction needs parentheses, and so does what has an exponent.
fn raised(x: &E) -> String {
    match x {
        E::Reshaped(x, _) if !counts(x) => raised(x),
        E::Fraction(..) | E::Transpose(_) => parenthesised(&print(x)),
        _ => at_least(x, 13),
    }
}

fn call(name: &str, arguments: &[E], options: &[(String, E)]) -> String {
    const KNOWN: [&str; 12] =
        ["exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min", "arcsin", "arccos"];
    let counted = counts_axes(name, options);
    let mut all: Vec<String> = arguments.iter().map(|a| if counted { reshaped(a) } else { print(a) }).collect();
    match name {
        "sqrt" => return format!(r"\sqrt{{{}}}", all.join(", ")),
        "norm" if options.is_empty() => return format!(r"\lVert {} \rVert", all.join(", ")),
        _ => {}
    }
    all.extend(options.iter().map(|(name, value)| format!(r"\text{{{name}}} = {}", print(value))));
    let name = if KNOWN.contains(&name) {
        format!("\\{name}")
    } else {
        format!(r"\operatorname{{{}}}", name.replace('_', r"\_"))
    };
    format!("{name}{}", parenthesised(&all.join(", ")))
}

fn relation(sign: &str) -> &str {
    match sign {
        "==" => "=",
        "!=" => r"\neq",
        "<=" => r"\leq",
        ">=" => r"\geq",
        other => other,
    }
}

fn number_text(value: f64) -> String {
    if value.is_infinite() {
        return r"\infty".into();
    }
    let text = number(value);
    match text.split_once('e') {
        Some(("1", exponent)) => format!("10^{{{exponent}}}"),
        Some((digits, exponent)) => format!(r"{digits} \cdot 10^{{{exponent}}}"),
        None => text,
    }
}

fn symbol_text(symbol: &Symbol, places: &[String]) -> String {
    match symbol {
        Symbol::Name(name) => name_text(name, places),
        Symbol::Adjoint(of) => {
            let of = (!of.is_empty()).then(|| name_text(of, &[]));
            let below: Vec<String> = of.into_iter().chain(places.iter().cloned()).collect();
            if below.is_empty() { r"\delta".into() } else { format!(r"\delta_{{{}}}", below.join(", ")) }
        }
        Symbol::Derivative { of, by } => {
            format!(r"\frac{{\partial {}}}{{\partial {}}}", name_text(of, &[]), name_text(by, places))
        }
    }
}

/// `h.w` is w with the subscript h, `h2` is h with the subscript 2, `a_tt` a with the subscript tt; longer words stand upright.
fn name_text(name: &str, places: &[String]) -> String {
    if let Some((value, by)) = name.split_once('_')
        && value.trim_end_matches(|c: char| c.is_ascii_digit()).chars().count() == 1
        && !by.is_empty()
        && by.chars().all(|c| c.is_alphabetic() && c.is_lowercase())
    {
        let below: Vec<String> = [by.to_string()].into_iter().chain(places.iter().cloned()).collect();
        return name_text(value, &below);
    }
    let (path, last) = match name.rsplit_once('.') {
        Some((path, last)) if last.parse::<u32>().is_err() => (Some(path), last),
        _ => (None, name),
    };
    let word = last.trim_end_matches(|c: char| c.is_ascii_digit());
    let (word, digits) =
        if word.is_empty() || word.ends_with(['.', '_']) { (last, "") } else { last.split_at(word.len()) };
    let mut below: Vec<String> = vec![];
    if !digits.is_empty() {
        below.push(digits.into());
    }
    if let Some(path) = path {
        below.push(if path.contains('.') { upright(path) } else { name_text(path, &[]) });
    }
    below.extend(places.iter().cloned());
    let base = match (word.chars().count(), greek(word), accented(word)) {
        (_, Some(command), _) | (_, None, Some(command)) => command,
        (1, None, None) => word.into(),
        _ => upright(word),
    };
    if below.is_empty() { base } else { format!("{base}_{{{}}}", below.join(", ")) }
}

/// `x̂`, `x̄`, `x̃`, `ẋ`: a letter and a mark above it.
fn accented(word: &str) -> Option<String> {
    let mut parts = word.chars();
    let (letter, mark) = (parts.next()?, parts.next()?);
    let command = match mark {
        '\u{302}' => "hat",
        '\u{304}' | '\u{305}' => "bar",
        '\u{303}' => "tilde",
        '\u{307}' => "dot",
        _ => return None,
    };
    let letter = greek(&letter.to_string()).unwrap_or(letter.to_string());
    parts.next().is_none().then(|| format!("\\{command}{{{letter}}}"))
}

fn upright(word: &str) -> String {
    format!(r"\mathrm{{{}}}", word.replace('_', r"\_"))
}

fn greek(word: &str) -> Option<String> {
    const NAMES: [(&str, &str); 34] = [
        ("α", "alpha"),
        ("β", "beta"),
        ("γ", "gamma"),
        ("δ", "delta"),
        ("ε", "varepsilon"),
        ("ζ", "zeta"),
        ("η", "eta"),
        ("θ", "theta"),
        ("ι", "iota"),
        ("κ", "kappa"),
        ("λ", "lambda"),
        ("μ", "mu"),
        ("ν", "nu"),
        ("ξ", "xi"),
        ("π", "pi"),
        ("pi", "pi"),
        ("ρ", "rho"),
        ("σ", "sigma"),
        ("τ", "tau"),
        ("υ", "upsilon"),
        ("φ", "varphi"),
        ("χ", "chi"),
        ("ψ", "psi"),
        ("ω", "omega"),
        ("Γ", "Gamma"),
        ("Δ", "Delta"),
        ("Θ", "Theta"),
        ("Λ", "Lambda"),
        ("Ξ", "Xi"),
        ("Π", "Pi"),
        ("Σ", "Sigma"),
        ("Φ", "Phi"),
        ("Ψ", "Psi"),
        ("Ω", "Omega"),
    ];
    NAMES.iter().find(|n| n.0 == word).map(|n| format!("\\{}", n.1))
}
