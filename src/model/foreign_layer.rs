//! Layers as other tools write them: first made, then called, `Dense(16, activation="relu")(x)`. Here a layer is one call.
use super::call::Given;
use super::elaborator::{Elaborator, Reported};
use super::foreign::alias;
use super::value::{Defined, Function, Value};
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::{Argument, DefinitionKind, NodeKind, TreeId};

/// Options of other tools that say what is known here, or what is not needed.
const KNOWN_HERE: [&str; 8] =
    ["in_features", "input_shape", "input_dim", "name", "dtype", "device", "num_embeddings", "in_channels"];

impl<'a> Elaborator<'a> {
    /// `Dense(16)(x)`, where the parentheses touch: a call of what a call of a layer, or of an activation, would give. Reports it.
    pub fn foreign_layer(&mut self, made: TreeId, inputs: TreeId) -> Option<Reported> {
        let (span, behind) = (self.span(made), self.span(inputs));
        let NodeKind::Call { callee: maker, arguments: settings } = self.tree.kind(made) else { return None };
        // `LSTM(8)(xs)[-1]` is an entry of what comes out.
        let (called, index) = match self.tree.kind(inputs) {
            NodeKind::Index { of, .. } => (*of, self.text(Span { start: self.span(*of).end, ..behind })),
            _ => (inputs, ""),
        };
        let inputs = match self.tree.kind(called) {
            NodeKind::Paren(inner) => vec![*inner],
            NodeKind::Tuple(items) => items.clone(),
            _ => return None,
        };
        let path = self.tree.path(*maker)?;
        let (&foreign, modules) = path.split_last()?;
        if foreign.to_lowercase() == "sequential"
            && let [input] = inputs[..]
        {
            let stages = self.stages(settings)?.join(" |> ");
            let piped = format!("({} |> {stages})", self.text(self.span(input)));
            let error = Diagnostic::error("E0204", "layers behind each other are a pipe here: the input comes first");
            let error = error.at(behind, "a second call").edit(
                format!("write `{piped}`"),
                span.to(behind),
                format!("{piped}{index}"),
                false,
            );
            return Some(self.report(error));
        }
        // What PyTorch's recurrent nets give first are all states, which are all there is here.
        let index = if matches!(foreign, "LSTM" | "GRU" | "RNN") && index == "[0]" { "" } else { index };
        let is_member = modules.first().is_some_and(|module| self.scopes.find(self.scope, module).is_some());
        if is_member || span.end != behind.start {
            return None;
        }
        let name = self.own_function(foreign)?;
        let function = self.function_named(&name)?;
        let unnamed = settings.iter().filter(|setting| setting.name.is_none()).count();
        let (is_layer, lacks_input) = match &function {
            Function::Defined(defined) if defined.definition.kind == DefinitionKind::Layer => {
                let needed = defined.definition.parameters.iter().filter(|parameter| parameter.default.is_none());
                (true, unnamed < needed.count())
            }
            _ => (false, false),
        };
        // `f(2)(x)` of one's own is a product.
        if !lacks_input && foreign == name && modules.is_empty() {
            return None;
        }
        let mut arguments: Vec<String> = inputs.iter().map(|input| self.text(self.span(*input)).to_string()).collect();
        // Queries, keys and values of one sequence.
        arguments.dedup();
        let (own, activation) = self.settings_here(foreign, &name, settings)?;
        arguments.extend(own);
        let call = format!("{name}({}){index}", arguments.join(", "));
        let call = match activation {
            Some(activation) => format!("{activation}({call})"),
            None => call,
        };
        let what = if is_layer { "layer" } else { "function" };
        let error = Diagnostic::error("E0204", format!("a {what} is one call: its input is the first argument"))
            .at(behind, "a second call")
            .edit(format!("write `{call}`"), span.to(behind), call, false);
        Some(self.report(error))
    }

    /// `fc = nn.Linear(4, 16)` and `net = Sequential([…])`, which are models here. Reports it.
    pub fn layer_without_input(&mut self, callee: TreeId, arguments: &[Argument], whole: Span) -> Option<Reported> {
        let path = self.tree.path(callee)?;
        let (last, modules) = path.split_last()?;
        if modules.first().is_some_and(|module| self.scopes.find(self.scope, module).is_some()) {
            return None;
        }
        let is_sequence = last.to_lowercase() == "sequential";
        let stages = if is_sequence {
            self.stages(arguments)?
        } else {
            let gets_value = matches!(arguments, [Argument { name: None, value }, ..] if self.is_value(*value));
            if gets_value || !self.own_function(last).is_some_and(|own| self.is_layer(&own)) {
                return None;
            }
            self.stage_of_call(callee, arguments)?
        };
        let (name, place) = self.bound_to(whole)?;
        let input = if name == "x" { "xs" } else { "x" };
        let model = format!("model {name}({input}) = {input} |> {}", stages.join(" |> "));
        let message = format!("`{last}` makes a thing that is called later; here that is a `model`");
        let error = Diagnostic::error("E0204", message).at(self.span(callee), "no input").edit(
            "define a model",
            place,
            model,
            false,
        );
        Some(self.report(error))
    }

    /// The name that a value is bound to, if the two are all that stands in a line, and the place of both.
    pub fn bound_to(&self, value: Span) -> Option<(&'a str, Span)> {
        let before = self.text(Span { start: 0, end: value.start, ..value });
        let line = &before[before.rfind(['\n', ';']).map_or(0, |at| at + 1)..];
        let name = line.trim_end().strip_suffix('=')?.trim();
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let start = value.start - line.trim_start().len() as u32;
        is_name.then_some((name, Span { start, ..value }))
    }

    /// Whether a name stands for a vector, or more: an input of a layer, not a size.
    fn is_value(&self, id: TreeId) -> bool {
        self.tree.name(id).and_then(|name| self.shape_of(name)).is_some_and(|shape| !shape.is_empty())
    }

    fn is_layer(&mut self, name: &str) -> bool {
        let function = self.function_named(name);
        matches!(function, Some(Function::Defined(defined)) if defined.definition.kind == DefinitionKind::Layer)
    }

    /// The layers of `Sequential([…])` or `Sequential(…, …)`, as stages of a pipeline.
    fn stages(&mut self, arguments: &[Argument]) -> Option<Vec<String>> {
        let items: Vec<TreeId> = match arguments {
            [Argument { name: None, value }] if let NodeKind::List(items) = self.tree.kind(*value) => items.clone(),
            _ => arguments.iter().map(|argument| argument.value).collect(),
        };
        let stages: Vec<Vec<String>> = items.iter().map(|item| self.stage(*item)).collect::<Option<_>>()?;
        Some(stages.concat())
    }

    /// A layer or an activation in a list of layers, as stages of a pipeline; none where the input alone is described.
    fn stage(&mut self, id: TreeId) -> Option<Vec<String>> {
        match self.tree.kind(id) {
            NodeKind::Call { callee, arguments } => self.stage_of_call(*callee, arguments),
            _ => {
                let path = self.tree.path(id)?;
                Some(vec![self.own_function(path.last()?)?])
            }
        }
    }

    /// `x |> nn.Linear(4, 16)`: a stage of another tool's name, or of its module. Reports it.
    pub fn foreign_stage(&mut self, callee: TreeId, settings: &[Argument], whole: Span) -> Option<Reported> {
        let path = self.tree.path(callee)?;
        let (last, modules) = path.split_last()?;
        if modules.is_empty() || modules.first().is_some_and(|module| self.scopes.find(self.scope, module).is_some()) {
            return None;
        }
        let stage = self.stage_of_call(callee, settings)?.join(" |> ");
        let (name, stage) = (path.join("."), if stage.is_empty() { "unchanged".to_string() } else { stage });
        let error = Diagnostic::error("E0201", format!("`{name}` is of another tool"))
            .at(self.span(callee), format!("`{last}` has a name of its own here"));
        Some(self.report(error.edit(format!("write `{stage}`"), whole, stage, false)))
    }

    fn stage_of_call(&mut self, callee: TreeId, settings: &[Argument]) -> Option<Vec<String>> {
        let path = self.tree.path(callee)?;
        let foreign = *path.last()?;
        if matches!(foreign, "Input" | "InputLayer") {
            return Some(vec![]);
        }
        let name = self.own_function(foreign)?;
        let (settings, activation) = self.settings_here(foreign, &name, settings)?;
        let call = if settings.is_empty() { name } else { format!("{name}({})", settings.join(", ")) };
        Some(std::iter::once(call).chain(activation).collect())
    }

    /// The function that another tool's name means here.
    fn own_function(&mut self, foreign: &str) -> Option<String> {
        let plain = foreign.to_lowercase();
        // The function of that name makes a matrix.
        let own = if foreign == "Identity" { Some("unchanged") } else { alias(foreign) };
        let own = own.map(str::to_string).unwrap_or(plain);
        [foreign.to_string(), own].into_iter().find(|name| self.function_named(name).is_some())
    }

    /// The settings of a layer as they are written here, and the activation that is called around it.
    fn settings_here(
        &mut self,
        foreign: &str,
        own: &str,
        settings: &[Argument],
    ) -> Option<(Vec<String>, Option<String>)> {
        // Where the size of the input is said, it comes first.
        let says_input = matches!(
            foreign,
            "Linear"
                | "Embedding"
                | "Conv1d"
                | "Conv2d"
                | "ConvTranspose1d"
                | "ConvTranspose2d"
                | "RNN"
                | "LSTM"
                | "GRU"
                | "LayerNorm"
                | "RMSNorm"
                | "BatchNorm1d"
                | "BatchNorm2d"
                | "MultiheadAttention"
        );
        let unnamed = settings.iter().filter(|setting| setting.name.is_none()).count();
        let is_by_size = matches!(own, "layer_norm" | "rms_norm" | "batch_norm");
        let skipped = usize::from(says_input && (1 < unnamed || is_by_size));
        let (mut kept, mut activation) = (vec![], None);
        for (at, setting) in settings.iter().enumerate().skip(skipped) {
            let text = self.text(self.span(setting.value));
            let Some(name) = &setting.name else {
                // The number of channels is known from the input.
                if foreign == "GroupNorm" && at == 1 {
                    continue;
                }
                // `Bidirectional(LSTM(8))`
                match self.tree.kind(setting.value) {
                    NodeKind::Call { callee, arguments } if own == "bidirectional" => {
                        if let Some((call, _)) = self.stage_of_call(*callee, arguments)?.split_first() {
                            let (cell, size) = call.split_once('(')?;
                            kept.extend([size.trim_end_matches(')').to_string(), cell.to_string()]);
                        }
                    }
                    _ => kept.push(text.to_string()),
                }
                continue;
            };
            match name.name.as_str() {
                "activation" => activation = self.activation_named(setting.value),
                "units" | "out_features" | "output_dim" | "embedding_dim" | "hidden_size" | "filters"
                | "out_channels"
                    if at <= skipped + 1 =>
                {
                    kept.insert(0, text.to_string());
                }
                name if KNOWN_HERE.contains(&name) => {}
                "use_bias" | "bias" => kept.push(format!("bias = {}", text.to_lowercase())),
                // Keras says what stays, as PyTorch and this what is new.
                "momentum" if foreign == "BatchNormalization" => {
                    let new = text.parse::<f64>().map(|stays| ((1.0 - stays) * 1e9).round() / 1e9);
                    kept.extend(new.map(|new| format!("momentum = {new}")));
                }
                "strides" => kept.push(format!("stride = {text}")),
                "dilation_rate" => kept.push(format!("dilation = {text}")),
                "batch_first" | "return_sequences" | "embed_dim" | "key_dim" | "data_format" => {}
                "num_heads" | "num_groups" if at <= skipped + 1 => kept.insert(0, text.to_string()),
                "padding" => kept.push(format!("padding = {}", text.trim_matches(['"', '\'']))),
                "kernel_size" | "pool_size" => kept.push(text.to_string()),
                "training" | "inplace" => {}
                name => kept.push(format!("{} = {text}", super::call::option_alias(name).unwrap_or(name))),
            }
        }
        Some((kept, activation))
    }

    /// The function that an option `activation` names: by a text, or as a function of a module. None for the linear one.
    fn activation_named(&mut self, value: TreeId) -> Option<String> {
        let name = match self.tree.kind(value) {
            NodeKind::Text(text) => text.trim_matches(['"', '\'']).to_string(),
            _ => self.tree.path(value)?.last()?.to_string(),
        };
        if matches!(name.to_lowercase().as_str(), "linear" | "none" | "identity") {
            return None;
        }
        Some(self.own_function(&name).unwrap_or(name))
    }

    /// What is to stand where a function is wanted and another value is given: `activation = "relu"`.
    pub fn function_for(&mut self, error: Diagnostic, value: &Value<'a>, span: Span) -> Diagnostic {
        let Value::Text(name) = value else { return error };
        let name = match name.to_lowercase().as_str() {
            "linear" | "none" | "identity" => Some("unchanged".to_string()),
            _ => self.own_function(name),
        };
        match name {
            Some(name) => error.edit(format!("write `{name}`"), span, name, false),
            None => error,
        }
    }

    /// `dense(3, x)` and `dense(x, 4, 16)`: the size before the input, and the size of the input.
    pub fn sizes_misplaced(&self, defined: Defined<'a>, given: &[Option<Given<'a>>], span: Span) -> Option<Diagnostic> {
        let parameters = &defined.definition.parameters;
        let [Some(first), Some(second), ..] = given else { return None };
        let [input, size, ..] = &parameters[..] else { return None };
        if input.ty.as_ref().is_none_or(|ty| ty.shape.is_empty()) || size.ty.is_some() {
            return None;
        }
        let name = &defined.definition.name.name;
        let axes = |given: &Given<'a>| match &given.value {
            Value::Tensor(tensor) => Some(self.graph.shape(tensor.id).len()),
            _ => None,
        };
        let number = |given: &Given<'a>| match &given.value {
            Value::Tensor(tensor) => tensor.number(),
            _ => None,
        };
        if number(first).is_some() && axes(second).is_some_and(|axes| axes > 0) && second.name.is_none() {
            let (one, two) = (self.text(first.span), self.text(second.span));
            let error = Diagnostic::error("E0206", format!("the input of `{name}` comes first"))
                .at(second.span, "the input")
                .edit("put it first", first.span.to(second.span), format!("{two}, {one}"), false);
            return Some(error);
        }
        let (third, option) = (given.get(2)?.as_ref()?, parameters.get(2)?);
        let is_truth = option.default.is_some_and(|default| matches!(defined.tree.kind(default), NodeKind::Bool(_)));
        let is_size = number(third).is_some_and(|size| size > 1.0) && number(second).is_some();
        if !is_truth || !is_size || third.name.is_some() || third.span.file != span.file {
            return None;
        }
        let size = self.text(third.span);
        let message = format!("`{}` of `{name}` is true or false, and gets {size}", option.name.name);
        let place = second.span.to(third.span);
        let error = Diagnostic::error("E0206", message).at(third.span, "not a truth value");
        Some(error.edit(format!("the size of the input is known: give {size} alone"), place, size, false))
    }
}
