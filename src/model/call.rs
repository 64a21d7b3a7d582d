//! Calls: what is called, with which arguments; pipelines; paths of parameters.
use super::builtin;
use super::elaborator::{Elaborator, Outcome};
use super::scope::Slot;
use super::value::{Function, Tensor, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::op::loss::LOGISTIC_LOSS;
use crate::syntax::{Argument, Ident, NodeKind, TreeId};

/// An argument that a call gives.
#[derive(Clone)]
pub struct Given<'a> {
    pub name: Option<&'a Ident>,
    pub value: Value<'a>,
    pub span: Span,
}

/// Options that are words: they need no binding, and stand after the name of an option.
const WORDS: [(&str, &[&str]); 1] = [("padding", &["valid", "same", "causal"])];

impl<'a> Elaborator<'a> {
    /// Whether an expression names a function.
    pub fn is_function(&mut self, id: TreeId) -> bool {
        match self.tree.kind(id) {
            NodeKind::Name(name) => self.function_named(name).is_some(),
            NodeKind::Ticks { of, .. } => self.is_function(*of),
            NodeKind::Field { .. } => self.function_of_file(id).is_some(),
            _ => false,
        }
    }

    /// `b.block`, of a file that is used `as b`.
    pub fn function_of_file(&mut self, id: TreeId) -> Option<Function<'a>> {
        let path = self.tree.path(id).map(|parts| parts.join("."))?;
        match self.scopes.find(self.scope, &path).map(|(_, entry)| entry.slot.clone()) {
            Some(Slot::Value(Value::Function(function))) => Some(function),
            _ => None,
        }
    }

    pub fn call(&mut self, id: TreeId, callee: TreeId, arguments: &'a [Argument]) -> Outcome<Value<'a>> {
        let span = self.span(id);
        if let NodeKind::Name(name) = self.tree.kind(callee)
            && name == "params"
            && !self.is_bound(name)
        {
            return self.parameters_below(arguments, span);
        }
        if !self.is_function(callee) {
            let reported = match self.tree.path(callee) {
                Some(_) => self.foreign_call(callee, arguments, span),
                None => self.method_of_value(callee, arguments, span),
            };
            if let Some(reported) = reported {
                return Err(reported);
            }
            return self.product_by_call(callee, arguments, span);
        }
        let given = self.given(arguments)?;
        self.call_function(callee, given, span)
    }
    /// A call whose parentheses stand apart.
    pub fn call_with(&mut self, function: TreeId, arguments: &[TreeId], span: Span) -> Outcome<Value<'a>> {
        let mut ids = vec![];
        for &argument in arguments {
            match self.tree.kind(argument) {
                NodeKind::Tuple(items) => ids.extend(items.iter().copied()),
                _ => ids.push(argument),
            }
        }
        let values = self.all(&ids)?;
        let given =
            values.into_iter().zip(&ids).map(|(value, id)| Given { name: None, value, span: self.span(*id) }).collect();
        self.call_function(function, given, span)
    }
    fn call_function(&mut self, callee: TreeId, given: Vec<Given<'a>>, span: Span) -> Outcome<Value<'a>> {
        if let NodeKind::Ticks { of, count } = *self.tree.kind(callee) {
            let function = self.function(of)?;
            return self.derivative_of_function(function, count, given, span);
        }
        let function = self.function(callee)?;
        self.apply(function, given, span)
    }
    fn function(&mut self, callee: TreeId) -> Outcome<Function<'a>> {
        let span = self.span(callee);
        match self.expression(callee)? {
            Value::Function(function) => Ok(function),
            _ => self
                .fail(Diagnostic::error("E0204", format!("{} is no function", self.quote(callee))).at(span, "called")),
        }
    }

    /// The values of the arguments; all their errors are reported.
    fn given(&mut self, arguments: &'a [Argument]) -> Outcome<Vec<Given<'a>>> {
        let all: Vec<Outcome<Given<'a>>> = arguments
            .iter()
            .map(|argument| {
                let span = self.span(argument.value);
                self.no_word_in_quotes(argument)?;
                let value = match self.word(argument)? {
                    Some(word) => word,
                    None => self.expression(argument.value)?,
                };
                Ok(Given { name: argument.name.as_ref(), value, span })
            })
            .collect();
        all.into_iter().collect()
    }
    /// Refuses `padding = "same"`.
    fn no_word_in_quotes(&mut self, argument: &Argument) -> Outcome<()> {
        let (Some(option), NodeKind::Text(text)) = (&argument.name, self.tree.kind(argument.value)) else {
            return Ok(());
        };
        let Some((_, words)) = WORDS.iter().find(|(name, _)| *name == option.name) else { return Ok(()) };
        let wanted = text.trim_matches(['"', '\'']).to_lowercase();
        let span = self.span(argument.value);
        let error =
            Diagnostic::error("E0405", format!("`{}` is a word without quotes", option.name)).at(span, "a text");
        let known: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        self.fail(match words.iter().find(|word| **word == wanted) {
            Some(word) => error.edit(format!("write `{word}`"), span, *word, true),
            None => error.help(format!("there are {}, or a number", listed(&known))),
        })
    }
    /// What an option's argument is, if it is a word, or a list with words for some axes: `padding = [same, 1]`.
    fn word(&mut self, argument: &Argument) -> Outcome<Option<Value<'a>>> {
        let Some(option) = &argument.name else { return Ok(None) };
        let Some((_, words)) = WORDS.iter().find(|(name, _)| *name == option.name) else { return Ok(None) };
        let tree = self.tree;
        let of = |id: TreeId| words.iter().copied().find(|word| tree.name(id) == Some(word)).map(Value::Word);
        if let Some(word) = of(argument.value) {
            return Ok(Some(word));
        }
        if let Some(name) = tree.name(argument.value)
            && !self.is_bound(name)
        {
            let span = self.span(argument.value);
            let error =
                Diagnostic::error("E0405", format!("`{}` can't be `{name}`", option.name)).at(span, "no such option");
            let known: Vec<String> = words.iter().map(|word| word.to_string()).collect();
            return self.fail(match super::names::nearest(name, words.iter().copied()) {
                Some(word) => error.edit(format!("write `{word}`"), span, word.as_str(), word == name.to_lowercase()),
                None => error.help(format!("there are {}, or a number", listed(&known))),
            });
        }
        let NodeKind::List(items) = tree.kind(argument.value) else { return Ok(None) };
        if items.iter().all(|item| of(*item).is_none()) {
            return Ok(None);
        }
        let mut all = vec![];
        for &item in items {
            all.push(match of(item) {
                Some(word) => word,
                None => self.expression(item)?,
            });
        }
        Ok(Some(Value::Tuple(all)))
    }

    pub fn pipeline(&mut self, value: TreeId, stages: &'a [TreeId]) -> Outcome<Value<'a>> {
        let mut span = self.span(value);
        let mut result = self.expression(value)?;
        for &stage in stages {
            let tree = self.tree;
            let stage_span = self.span(stage);
            let (callee, arguments): (TreeId, &'a [Argument]) = match tree.kind(stage) {
                NodeKind::Call { callee, arguments } => (*callee, arguments),
                _ => (stage, &[]),
            };
            if !self.is_function(callee) {
                if let Some(reported) = self.foreign_stage(callee, arguments, stage_span) {
                    return Err(reported);
                }
                let what = self.expression(callee)?;
                let error = Diagnostic::error(
                    "E0204",
                    format!("a stage of a pipeline is a function; {} is {}", self.quote(callee), what.spoken()),
                )
                .at(self.span(callee), "not a function");
                return self.fail(error);
            }
            let mut given = vec![Given { name: None, value: result, span }];
            given.extend(self.given(arguments)?);
            let whole = span.to(stage_span);
            result = self.call_function(callee, given, stage_span)?;
            if let Value::Tensor(tensor) = &result {
                self.mark(tensor.id, whole);
            }
            span = whole;
        }
        Ok(result)
    }

    /// Calls a function with values.
    pub fn apply(&mut self, function: Function<'a>, given: Vec<Given<'a>>, span: Span) -> Outcome<Value<'a>> {
        if function.is(&LOGISTIC_LOSS) || function.name() == "hinge" && !function.is_of_file() {
            builtin::raw_value_first(self, function.name(), &given)?;
            builtin::warn_of_squashed(self, &function, &given, span);
        }
        match function {
            Function::Defined(defined) => self.call_defined(defined, given, span),
            Function::Unary(row) => {
                let [x] = self.exactly(row.name, given, span)?;
                let x_span = x.span;
                let x = self.tensor_of(x.value, x_span)?;
                Ok(self.element_wise_unary(row, (x, x_span))?.into())
            }
            Function::Binary(row) => {
                let [x, y] = self.exactly(row.name, given, span)?;
                let (x_span, y_span) = (x.span, y.span);
                let (x, y) = (self.tensor_of(x.value, x_span)?, self.tensor_of(y.value, y_span)?);
                Ok(self.element_wise(row, (x, x_span), (y, y_span))?.into())
            }
            Function::Builtin(builtin) => {
                let arguments = self.match_builtin(builtin, given, span)?;
                (builtin.apply)(self, arguments)
            }
        }
    }
    fn exactly<const N: usize>(&mut self, name: &str, given: Vec<Given<'a>>, span: Span) -> Outcome<[Given<'a>; N]> {
        if let Some(named) = given.iter().find_map(|g| g.name) {
            let error = Diagnostic::error("E0206", format!("`{name}` has no option `{}`", named.name))
                .at(named.span, "no such option");
            return self.fail(error);
        }
        let count = given.len();
        match <[Given<'a>; N]>::try_from(given) {
            Ok(given) => Ok(given),
            Err(_) => {
                let needs = if N == 1 { "one argument".to_string() } else { format!("{N} arguments") };
                let error = Diagnostic::error("E0206", format!("`{name}` takes {needs}, not {count}"))
                    .at(span, format!("{count} given"));
                self.fail(error)
            }
        }
    }

    /// `y.1.w`: a parameter by its path; `h.u`: what was drawn in a layer.
    pub fn field(&mut self, id: TreeId) -> Outcome<Value<'a>> {
        let span = self.span(id);
        if let Some(function) = self.function_of_file(id) {
            return Ok(Value::Function(function));
        }
        let Some(path) = self.tree.path(id).map(|parts| parts.join(".")) else {
            let error = Diagnostic::error("E0405", "only a name has parts").at(span, "not a path of names");
            return self.fail(error);
        };
        let first = path.split('.').next().unwrap_or("");
        if let Some((_, entry)) = self.scopes.find(self.scope, first)
            && matches!(entry.slot, super::scope::Slot::Broken)
        {
            return Err(super::elaborator::Reported);
        }
        let found = self.parameter_paths().into_iter().find(|(known, _)| *known == path);
        if let Some((_, number)) = found {
            return Ok(Tensor::new(self.declared.parameters[number as usize].leaf).into());
        }
        if let Some(number) = self.draw_paths().iter().position(|known| *known == path) {
            return Ok(Tensor::new(self.graph.draws[number].leaf).into());
        }
        if let Some(statistic) = self.statistic(&path, span)? {
            return Ok(statistic.into());
        }
        if let Some(error) = self.foreign_path(&path, span) {
            return self.fail(error);
        }
        // It may well come from a file that could not be brought in.
        if self.reading.lacks_used_file {
            return Err(super::elaborator::Reported);
        }
        let paths: Vec<String> = self.parameter_paths().into_iter().map(|(path, _)| path).collect();
        let used: Vec<String> = self.functions_by_alias().map(str::to_string).collect();
        let of_file = path.split_once('.').is_some_and(|(alias, _)| {
            used.iter().any(|known| known.split_once('.').is_some_and(|(known, _)| known == alias))
        });
        let paths = if of_file { used } else { paths };
        let near = super::names::nearest(&path, paths.iter().map(String::as_str));
        let what = if of_file { "nothing called" } else { "no parameter" };
        let error = Diagnostic::error("E0201", format!("there is {what} `{path}`")).at(span, "no such path");
        let error = match near {
            Some(near) => error.edit(format!("did you mean `{near}`?"), span, near, false),
            None if paths.is_empty() => error.help("only what makes parameters has parts, and none are made above"),
            None => error.help(format!("there are {}", listed(&paths))),
        };
        self.fail(error)
    }
    /// What used files have, by the names that they were given: `b.block`.
    fn functions_by_alias(&self) -> impl Iterator<Item = &str> {
        self.scopes.visible(self.scope).map(|(known, _)| known).filter(|known| known.contains('.'))
    }
    /// The paths of the parameters that are there by now, and their numbers.
    pub fn parameter_paths(&self) -> Vec<(String, u32)> {
        self.sites
            .parameters
            .iter()
            .map(|((frame, name), number)| (self.frames.path_of(*frame, name), *number))
            .collect()
    }
}

/// `a`, `b`, …: at most eight.
pub fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > 8 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Adds which option was meant, if one has nearly this name or is called like it elsewhere.
pub fn meant_option<'n>(
    error: Diagnostic,
    named: Option<&Ident>,
    options: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    let Some(named) = named else { return error };
    let options: Vec<&str> = options.collect();
    if options.contains(&named.name.as_str()) {
        return error;
    }
    let alias = option_alias(&named.name);
    let alias = alias.filter(|alias| options.contains(alias)).map(str::to_string);
    let is_alias = alias.is_some();
    match alias.or_else(|| super::names::nearest(&named.name, options.into_iter())) {
        Some(meant) => error.edit(format!("write `{meant}`"), named.span, meant, is_alias),
        None => error,
    }
}

/// What an option of other tools is called here.
pub fn option_alias(name: &str) -> Option<&'static str> {
    match name.to_lowercase().as_str() {
        "lr" | "learning_rate" | "eta" | "η" => Some("rate"),
        "weight_decay" => Some("decay"),
        "epsilon" | "ε" => Some("eps"),
        "dim" | "axes" => Some("axis"),
        "use_bias" => Some("bias"),
        "strides" => Some("stride"),
        "units" | "filters" | "out_features" | "out_channels" | "output_dim" | "hidden_size" | "embedding_dim" => {
            Some("m")
        }
        "kernel_size" | "pool_size" | "kernel" | "size" => Some("k"),
        "dilation_rate" | "dilations" => Some("dilation"),
        "num_heads" | "nhead" | "n_heads" | "n_head" => Some("heads"),
        "num_groups" => Some("groups"),
        "is_causal" | "use_causal_mask" => Some("causal"),
        _ => None,
    }
}
