//! Names of other tools, and their ways to call: what they are here.
use super::elaborator::{Elaborator, Outcome, Reported};
use super::scope::Slot;
use super::value::Value;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::{Argument, NodeKind, ProductSign, TreeId};

/// Names that others give to what is here; compared without capitals.
#[rustfmt::skip]
const ALIASES: [(&str, &str); 90] = [
    ("absolute", "abs"), ("arccos", "acos"), ("arcsin", "asin"), ("arctan", "atan"), ("arctan2", "atan2"),
    ("average", "mean"), ("averagepool1d", "mean_pool1d"), ("averagepool2d", "mean_pool2d"),
    ("averagepooling1d", "mean_pool1d"), ("averagepooling2d", "mean_pool2d"), ("avg_pool1d", "mean_pool1d"),
    ("avg_pool2d", "mean_pool2d"), ("avgpool1d", "mean_pool1d"), ("avgpool2d", "mean_pool2d"),
    ("batchnorm", "batch_norm"), ("batchnorm1d", "batch_norm"), ("batchnorm2d", "batch_norm"), ("batchnormalization", "batch_norm"),
    ("bce", "binary_cross_entropy"), ("bceloss", "binary_cross_entropy"), ("bcewithlogitsloss", "logistic_loss"),
    ("binary_cross_entropy_with_logits", "logistic_loss"), ("binary_crossentropy", "binary_cross_entropy"),
    ("cat", "concat"), ("categorical_crossentropy", "cross_entropy"), ("clamp", "clip"), ("concatenate", "concat"),
    ("conv1d_transpose", "conv1d_transposed"), ("conv1dtranspose", "conv1d_transposed"),
    ("conv2d_transpose", "conv2d_transposed"), ("conv2dtranspose", "conv2d_transposed"),
    ("conv_transpose1d", "conv1d_transposed"), ("conv_transpose2d", "conv2d_transposed"),
    ("convtranspose1d", "conv1d_transposed"), ("convtranspose2d", "conv2d_transposed"),
    ("crossentropy", "cross_entropy"), ("crossentropyloss", "cross_entropy"), ("dot_product_attention", "attention"),
    ("eye", "identity"), ("fabs", "abs"), ("false", "false"), ("fc", "dense"), ("groupnorm", "group_norm"),
    ("groupnormalization", "group_norm"), ("huber_loss", "huber"), ("huberloss", "huber"), ("inf", "infinity"),
    ("kl_div", "kl"), ("kldivergence", "kl"), ("kldivloss", "kl"), ("l1_loss", "absolute_error"),
    ("l1loss", "absolute_error"), ("layernorm", "layer_norm"), ("layernormalization", "layer_norm"),
    ("leakyrelu", "leaky_relu"), ("linear", "dense"), ("ln", "log"), ("logistic", "sigmoid"),
    ("logsoftmax", "log_softmax"), ("mae", "absolute_error"), ("maximum", "max"), ("maxpool1d", "max_pool1d"),
    ("maxpool2d", "max_pool2d"), ("maxpooling1d", "max_pool1d"), ("maxpooling2d", "max_pool2d"), ("maxunpool1d", "max_unpool1d"), ("maxunpool2d", "max_unpool2d"),
    ("mean_absolute_error", "absolute_error"), ("mean_squared_error", "squared_error"),
    ("meanabsoluteerror", "absolute_error"), ("meansquarederror", "squared_error"), ("mha", "self_attention"),
    ("minimum", "min"), ("mse", "squared_error"), ("mse_loss", "squared_error"), ("mseloss", "squared_error"),
    ("multi_head_attention", "self_attention"), ("multiheadattention", "self_attention"), ("one_hot", "onehot"),
    ("rmsnorm", "rms_norm"), ("scaled_dot_product_attention", "attention"), ("simplernn", "rnn"),
    ("sparse_categorical_crossentropy", "cross_entropy"), ("swish", "silu"), ("true", "true"),
    ("upsample", "upsample2d"), ("upsampling1d", "upsample1d"), ("upsampling2d", "upsample2d"), ("upsamplingnearest2d", "upsample2d"),
    ("interpolate", "upsample2d"),
];

const RANDOM: &str = "noise that is drawn anew in each step is `noise: [3] ~ normal(1)`; a parameter that begins at random `param w: [3] ~ normal(1)`";

/// Names that have no counterpart, and what one writes instead; compared without capitals.
const ADVICE: [(&str, &str); 30] = [
    ("normal", RANDOM),
    ("uniform", RANDOM),
    ("randn_like", RANDOM),
    ("rand_like", RANDOM),
    ("len", "a size has a name: write `n = 4` above, `input x: [n]`, and then `n`"),
    ("none", "an option is a number, `true` or `false`, or is left out"),
    ("null", "an option is a number, `true` or `false`, or is left out"),
    ("lambda", "a function is defined by itself: `fn f(x) = …`"),
    ("e", "a power of Euler's number is `exp(x)`"),
    ("i", "numbers are real"),
    ("accuracy", "a metric is a formula: `argmax(y) == t` of classes, `(y > 0.5) == t` of truth values"),
    ("rmse", "a metric is a formula: `sqrt(batch_mean((y - t)^2))`"),
    ("f1", "a metric is a formula, as those of `gradus explain precision` and `gradus explain recall`"),
    ("precision", "a metric is a formula: `gradus explain precision` has it"),
    ("recall", "a metric is a formula: `gradus explain recall` has it"),
    ("sequential", "layers stand one after the other: `x |> dense(16) |> relu |> dense(3)`"),
    ("param", "a parameter is declared by a line of its own: `param w: [3, 4]`"),
    ("input", "an input is declared by a line of its own: `input x: [4]`"),
    (
        "minimize",
        "`minimize` is what the `train` section makes small, and there is none; name the value: `∂loss/∂w = …`",
    ),
    ("rand", RANDOM),
    ("randn", RANDOM),
    ("randint", RANDOM),
    ("seed", "the seed stands in the `train` section: `seed 7`"),
    ("globalaveragepooling1d", "the mean of all places is `mean(x, axis = 0)`"),
    ("globalmaxpooling1d", "the greatest of all places is `max(x, axis = 0)`"),
    ("globalaveragepooling2d", "the mean of all places is `mean(x, axis = [0, 1])`"),
    ("globalmaxpooling2d", "the greatest of all places is `max(x, axis = [0, 1])`"),
    ("adaptiveavgpool1d", "the mean of all places is `mean(x, axis = 0)`"),
    ("adaptiveavgpool2d", "the mean of all places is `mean(x, axis = [0, 1])`"),
    ("trace", "the trace of a square matrix is `sum(A * identity(n))`"),
];

/// What modules of other tools are called.
const MODULES: [&str; 16] = [
    "F", "jnp", "jax", "keras", "layers", "math", "nn", "np", "numpy", "optim", "pd", "plt", "random", "tf", "torch",
    "os",
];

/// What is called like this here.
pub fn alias(name: &str) -> Option<&'static str> {
    match name {
        "Σ" => return Some("sum"),
        "Π" => return Some("prod"),
        "σ" => return Some("sigmoid"),
        _ => {}
    }
    let plain = name.to_lowercase();
    ALIASES.iter().find(|(other, own)| *other == plain && *own != name).map(|(_, own)| *own)
}

/// What to do without a thing of this name.
pub fn advice(name: &str) -> Option<&'static str> {
    let plain = name.to_lowercase();
    ADVICE.iter().find(|(other, _)| *other == plain).map(|(_, advice)| *advice)
}

/// The formula that a call of another tool's function is.
fn formula(name: &str, arguments: &[&str]) -> Option<String> {
    let factor = |text: &str| {
        let is_simple = text.chars().all(|c| c.is_alphanumeric() || "_.'".contains(c));
        if is_simple { text.to_string() } else { format!("({text})") }
    };
    Some(match (name, arguments) {
        ("range" | "arange", [to]) => format!("0..{to}"),
        ("range" | "arange", [from, to]) => format!("{from}..{to}"),
        ("pow" | "power", [base, exponent]) => format!("{}^{}", factor(base), factor(exponent)),
        ("log2", [x]) => format!("(log({x}) / log(2))"),
        ("log10", [x]) => format!("(log({x}) / log(10))"),
        ("array" | "tensor" | "asarray" | "as_tensor" | "constant", [list]) => list.to_string(),
        ("square", [base]) => format!("{}^2", factor(base)),
        ("where" | "ifelse" | "cond", [condition, then, otherwise]) => {
            format!("(if {condition} then {then} else {otherwise})")
        }
        ("matmul" | "mm", [left, right]) => format!("{} {}", factor(left), factor(right)),
        _ => return None,
    })
}

impl<'a> Elaborator<'a> {
    /// What a call of another tool's function is meant to be; reports it.
    pub fn foreign_call(&mut self, callee: TreeId, arguments: &[Argument], span: Span) -> Option<Reported> {
        let path = self.tree.path(callee)?;
        let (last, before) = path.split_last()?;
        let reported = self.layer_without_input(callee, arguments, span);
        if let Some(reported) = reported.or_else(|| self.foreign_parameter(callee, arguments, span)) {
            return Some(reported);
        }
        let texts: Vec<&str> = arguments.iter().map(|argument| self.text(self.span(argument.value))).collect();
        let at = self.span(callee);
        if let Some((object, _)) = before.split_first() {
            return self.foreign_method(object, last, &texts, at, span);
        }
        if self.scopes.find(self.scope, last).is_some() {
            return None;
        }
        if let Some(reported) = self.foreign_size(last, arguments, at, span) {
            return Some(reported);
        }
        let formula = self.without_parentheses(formula(last, &texts)?, span);
        let error = Diagnostic::error("E0201", format!("`{last}` is not known here"))
            .at(at, "a name of other tools")
            .edit(format!("write `{formula}`"), span, formula, true);
        Some(self.report(error))
    }

    /// A choice needs no parentheses where it is all that stands in a pair, or behind a `=`.
    fn without_parentheses(&self, formula: String, place: Span) -> String {
        let before = self.text(Span { start: 0, end: place.start, ..place }).trim_end();
        match formula.strip_prefix("(if").and_then(|rest| rest.strip_suffix(')')) {
            Some(rest) if before.ends_with(['(', '=', ',']) => format!("if{rest}"),
            _ => formula,
        }
    }

    /// `x.mean()`, `np.dot(w, x)`.
    fn foreign_method(&mut self, object: &str, last: &str, texts: &[&str], at: Span, whole: Span) -> Option<Reported> {
        let name = alias(last).unwrap_or(last).to_string();
        let is_known = self.function_named(&name).is_some();
        let own = self.text(at).rsplit_once('.').map_or(object, |(own, _)| own.trim_end()).to_string();
        if self.scopes.find(self.scope, object).is_none() {
            let error = Diagnostic::error("E0201", format!("`{object}` is not known here")).at(at, "no such name");
            if let Some(formula) = formula(last, texts) {
                let formula = self.without_parentheses(formula, whole);
                let title = format!("write `{formula}`");
                return Some(self.report(error.edit(title, whole, formula, false)));
            }
            let error = error.help("functions stand by themselves, in no module");
            if !is_known && (MODULES.contains(&object) || advice(last).is_some()) {
                let what = advice(last).map(str::to_string);
                let what = what.unwrap_or_else(|| format!("there is no function `{last}` here"));
                return Some(self.report(error.help(what)));
            }
            return is_known.then(|| self.report(error.edit(format!("write `{name}`"), at, name.as_str(), false)));
        }
        let call = self.method_here(&own, last, texts).or(is_known.then(|| {
            let arguments: Vec<&str> = [own.as_str()].into_iter().chain(texts.iter().copied()).collect();
            format!("{name}({})", arguments.join(", "))
        }))?;
        let error = Diagnostic::error("E0204", format!("`{own}` is a value, and has no functions of its own"))
            .at(at, "called")
            .edit(format!("write `{call}`"), whole, call, false);
        Some(self.report(error))
    }

    /// `((y - t)^2).mean()`: a method of something that has no name. Reports it.
    pub fn method_of_value(&mut self, callee: TreeId, arguments: &[Argument], whole: Span) -> Option<Reported> {
        let NodeKind::Field { of, name } = self.tree.kind(callee) else { return None };
        let last = name.name.as_str();
        let texts: Vec<&str> = arguments.iter().map(|argument| self.text(self.span(argument.value))).collect();
        let own = self.text(self.span(*of));
        let name = alias(last).unwrap_or(last).to_string();
        let inner = self.text(self.span(self.tree.bare(*of)));
        let known = self.function_named(&name).map(|_| {
            let arguments: Vec<&str> = [inner].into_iter().chain(texts.iter().copied()).collect();
            format!("{name}({})", arguments.join(", "))
        });
        let call = self.method_here(own, last, &texts).or(known)?;
        let error = Diagnostic::error("E0204", "a value has no functions of its own")
            .at(self.span(callee), format!("`{last}` stands behind a value"))
            .edit(format!("write `{call}`"), whole, call, false);
        Some(self.report(error))
    }

    /// `-1, 2` with the size that the value has left for the first: `3, 2`.
    fn with_known_size(&self, of: &str, sizes: &str) -> String {
        let parts: Vec<&str> = sizes.split(',').map(str::trim).collect();
        let known: Option<Vec<usize>> =
            parts.iter().filter(|part| **part != "-1").map(|part| part.parse().ok()).collect();
        let count = self.shape_of(of).map(|shape| shape.iter().product::<usize>());
        let left = match (known.map(|known| known.iter().product::<usize>()), count) {
            (Some(known), Some(count)) if known > 0 && count % known == 0 => (count / known).to_string(),
            _ => return sizes.to_string(),
        };
        parts.iter().map(|part| if *part == "-1" { left.as_str() } else { part }).collect::<Vec<_>>().join(", ")
    }

    /// What a method of an array in NumPy or PyTorch is here: itself, where the method only says how it is kept.
    fn method_here(&self, own: &str, method: &str, arguments: &[&str]) -> Option<String> {
        let inner = own.strip_prefix('(').and_then(|own| own.strip_suffix(')')).unwrap_or(own);
        if let Some(size) = self.size_by_method(inner, method, arguments) {
            return Some(size.to_string());
        }
        Some(match (method, arguments) {
            ("detach", []) => format!("stop_gradient({inner})"),
            ("item" | "float" | "double" | "numpy" | "clone" | "copy" | "contiguous" | "cpu" | "cuda" | "eval", [])
            | ("to" | "astype" | "requires_grad_", _) => own.to_string(),
            ("view" | "reshape", ["-1"]) | ("ravel", []) => format!("flatten({inner})"),
            ("view" | "reshape", [_, ..]) => {
                let sizes = arguments.join(", ");
                let sizes = sizes.trim_start_matches(['(', '[']).trim_end_matches([')', ']']);
                let sizes = self.with_known_size(inner, sizes);
                format!("reshape({inner}, [{sizes}])")
            }
            ("t" | "transpose", []) => format!("{own}'"),
            _ => {
                let all: Vec<&str> = [own].into_iter().chain(arguments.iter().copied()).collect();
                return formula(method, &all);
            }
        })
    }

    /// An error about a path that names no parameter: `w.T`, `x.shape`, `self.w`.
    pub fn foreign_path(&self, path: &str, span: Span) -> Option<Diagnostic> {
        let (object, last) = path.rsplit_once('.')?;
        let is_bound = |name: &str| self.scopes.find(self.scope, name).is_some();
        let error = |what: String| Diagnostic::error("E0201", what).at(span, "no such path");
        match last {
            "pi" if MODULES.contains(&object) => {
                let error = error(format!("`{object}` is not known here"));
                Some(error.edit("write `pi`", span, "pi", true))
            }
            "T" if is_bound(object) => {
                let transposed = format!("{object}'");
                let error = error(format!("`{object}` has no part `T`"));
                Some(error.edit(format!("the transpose is `{transposed}`"), span, transposed, true))
            }
            "shape" if let Some((size, place)) = self.size_by_index(object, span) => {
                let error = error(format!("`{object}` has no part `shape`"));
                Some(error.edit(format!("its size is `{size}`"), place, size.to_string(), false))
            }
            "grad" | "gradient" if self.optimizer.is_some() && is_bound(object) => {
                let gradient = &self.calls.last()?.defined.definition.parameters.get(1)?.name.name;
                let error = error(format!("`{object}` has no part `{last}`"));
                Some(error.edit(format!("its gradient is `{gradient}`"), span, gradient.as_str(), false))
            }
            _ if is_bound(object)
                && let Some(known) = self.statistic_meant(object, last) =>
            {
                let error = error(format!("`{object}` has no part `{last}`"));
                let known = format!("{object}.{known}");
                Some(error.edit(format!("did you mean `{known}`?"), span, known, false))
            }
            _ if is_bound(object) => {
                let error = error(format!("`{object}` has no part `{last}`"));
                let below = format!("{object}.");
                let has_parts = self.parameter_paths().iter().any(|(path, _)| path.starts_with(&below));
                match advice(last) {
                    Some(advice) => Some(error.help(advice)),
                    None if has_parts => None,
                    None => Some(error.edit("it is the value itself", span, object, false)),
                }
            }
            _ if matches!(self.scopes.find(self.scope, last), Some((_, entry)) if matches!(entry.slot, Slot::Value(_))) =>
            {
                let error = error(format!("`{object}` is not known here"));
                Some(error.edit(format!("write `{last}`"), span, last, false))
            }
            _ => None,
        }
    }

    /// `e^x` and `w^T`, where nothing is called `e` or `T`; reports it.
    pub fn power_of_paper(&mut self, base: TreeId, exponent: TreeId, whole: Span) -> Outcome<()> {
        let is_free =
            |id: TreeId, name: &str| self.tree.name(id) == Some(name) && self.scopes.find(self.scope, name).is_none();
        if is_free(exponent, "T") {
            let transposed = format!("{}'", self.text(self.span(base)));
            let error = Diagnostic::error("E0201", "`T` is not known here").at(self.span(exponent), "no such name");
            return self.fail(error.edit(format!("the transposed is `{transposed}`"), whole, transposed, false));
        }
        let of_module = |path: Vec<&str>| matches!(path[..], [module, "e"] if MODULES.contains(&module));
        let is_free = is_free(base, "e") || self.tree.path(base).is_some_and(of_module);
        if !is_free {
            return Ok(());
        }
        let text = self.text(self.span(exponent)).to_string();
        let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(&text);
        let power = format!("exp({inner})");
        let message = format!("{} is not known here", self.quote(base));
        let error = Diagnostic::error("E0201", message).at(self.span(base), "no such name");
        self.fail(error.edit(format!("Euler's number to a power is `{power}`"), whole, power, false))
    }

    /// `dloss/dw`, or `d loss / d w`, where nothing is called `dloss` or `d`; reports it. Of the second, syntax has said that it can be
    /// read in several ways.
    pub fn quotient_of_differentials(&mut self, first: TreeId, rest: &[(ProductSign, TreeId)]) -> Outcome<()> {
        let [(ProductSign::Over, by)] = *rest else { return Ok(()) };
        let (Some(of), Some(variable)) = (self.differential(first), self.differential(by)) else { return Ok(()) };
        if matches!(self.tree.kind(by), NodeKind::Juxtaposition(_)) {
            return Err(Reported);
        }
        let (whole, derivative) = (self.span(first).to(self.span(by)), format!("∂{of}/∂{variable}"));
        let error = Diagnostic::error("E0201", format!("{} is not known here", self.quote(first)))
            .at(whole, "reads as a quotient")
            .edit("for the derivative, write `∂`", whole, derivative, false);
        self.fail(error)
    }
    /// `loss` of `dloss` and of `d loss`, if that is bound and the other is not.
    fn differential(&self, id: TreeId) -> Option<&'a str> {
        let tree = self.tree;
        let (whole, name) = match tree.kind(id) {
            NodeKind::Name(name) => (name.as_str(), name.strip_prefix('d')?),
            NodeKind::Juxtaposition(factors) => match factors[..] {
                [d, of] => (tree.name(d).filter(|d| *d == "d")?, tree.name(of)?),
                _ => return None,
            },
            _ => return None,
        };
        (self.is_bound(name) && self.scopes.find(self.scope, whole).is_none()).then_some(name)
    }

    /// `dense(x, 16, relu)`, `dense(x, 16, activation = relu)`: what is meant is `relu(dense(x, 16))`.
    pub fn activation_around(&mut self, error: Diagnostic, value: &Value<'a>, span: Span) -> Diagnostic {
        let name = match value {
            Value::Function(function) => function.name().to_string(),
            Value::Text(name) if self.function_named(name).is_some() => name.to_string(),
            _ => return error,
        };
        let call = self.tree.iter().find_map(|(_, node)| match &node.kind {
            NodeKind::Call { arguments, .. } => {
                let at = arguments.iter().position(|argument| self.span(argument.value) == span)?;
                (at > 0).then(|| (node.span, self.span(arguments[at - 1].value).end, at + 1 == arguments.len()))
            }
            _ => None,
        });
        let Some((call, end, true)) = call else { return error };
        let is_stage = self.text(Span { start: 0, end: call.start, ..call }).trim_end().ends_with("|>");
        let mut kept = self.text(Span { end, ..call }).to_string() + ")";
        kept = if is_stage { format!("{kept} |> {name}") } else { format!("{name}({kept})") };
        error.edit("an activation is a function of the result", call, kept, false)
    }
}
