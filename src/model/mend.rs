//! Edits that would make shapes fit: another shape in a declaration, another function in a call.
use super::Role;
use super::builtin::Arguments;
use super::elaborator::Elaborator;
use super::prelude;
use super::scope::Slot;
use super::value::{Tensor, Value};
use crate::diagnostic::{Diagnostic, Edit, Span};
use crate::graph::show::shape_text;
use crate::graph::{Kind, Leaf, NodeId, Op};
use crate::op::arithmetic;
use crate::syntax::{NodeKind, TreeId};

impl<'a> Elaborator<'a> {
    /// Adds the edit that declares the parameter whose name stands at `span` with another shape.
    pub fn redeclared(&self, error: Diagnostic, span: Span, shape: &[usize]) -> Diagnostic {
        let Some((name, changes)) = self.shape_declared(span, shape) else { return error };
        let mut error = error;
        let title = format!("declare `{name}: {}`", shape_text(shape));
        error.edits.push(Edit { title, changes, certain: false });
        error
    }
    /// Adds the edit that declares a name without a type with the shape of its start, which stands at `start`.
    pub fn declare_start(&self, error: Diagnostic, start: Span, shape: &[usize]) -> Diagnostic {
        let before = self.text(Span { start: 0, end: start.start, ..start }).trim_end();
        let Some(name) = before.strip_suffix('=').map(str::trim_end) else { return error };
        let end = name.len() as u32;
        let ty = format!(": {}", shape_text(shape));
        error.edit("declare its shape", Span { start: end, end, ..start }, ty, false)
    }
    /// The place of `: [n, m]` behind the name of a parameter; empty where it has none.
    fn type_of_declaration(&self, span: Span) -> Option<(&'a str, Span)> {
        let name = self.text(span);
        let (_, entry) = self.scopes.find(self.scope, name)?;
        let Slot::Value(Value::Tensor(tensor)) = &entry.slot else { return None };
        let is_parameter = matches!(self.graph.op(tensor.id), Op::Leaf(Leaf::Parameter(_)));
        if !is_parameter || entry.span.file == prelude::FILE {
            return None;
        }
        let whole = Span { start: entry.span.end, end: self.sources.text(entry.span.file).len() as u32, ..entry.span };
        let rest = self.text(whole);
        let has_type = rest.trim_start_matches(' ').starts_with(':');
        let length = if has_type { rest.find(']').map_or(0, |at| at + 1) } else { 0 };
        Some((name, Span { end: whole.start + length as u32, ..whole }))
    }

    /// Adds the edit that moves the line of a binding above the line of its first use, if both are statements of one line.
    pub fn line_moved_up(&self, error: Diagnostic, name: Span, used: Span) -> Diagnostic {
        if name.file != used.file || name.file == prelude::FILE || name.start < used.start {
            return error;
        }
        let text: &'a str = self.sources.text(name.file);
        let begin = |at: u32| text[..at as usize].rfind('\n').map_or(0, |n| n + 1);
        let end = |from: usize| text[from..].find('\n').map_or(text.len(), |n| from + n + 1);
        let (target, from) = (begin(used.start), begin(name.start));
        if target == from {
            return error;
        }
        let (line, to) = (&text[from..end(from)], end(from));
        let indent = |line: &str| line.len() - line.trim_start().len();
        let is_one = |line: &str, next: &str| {
            let goes_on =
                next.trim_start().starts_with(['|', '+', '*', '/', ')', ']', '}', '=']) || indent(next) > indent(line);
            let opens = line.matches(['(', '[', '{']).count() == line.matches([')', ']', '}']).count();
            opens && (next.trim().is_empty() || !goes_on)
        };
        let uses = &text[target..end(target)];
        let follows = |at: usize| &text[at..end(at).max(at)];
        if !is_one(line, follows(to)) || !is_one(uses, follows(end(target))) || indent(line) != indent(uses) {
            return error;
        }
        // Nothing that is bound between may stand in it.
        let words =
            |text: &'a str| text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        let between: Vec<&str> = text[target..from].lines().filter_map(|line| words(line).next()).collect();
        if words(line).any(|word| between.contains(&word)) {
            return error;
        }
        let place = |start: usize, end: usize| Span::new(name.file, start..end);
        let moved = format!("{}\n", line.trim_end_matches('\n'));
        let changes = vec![
            (place(target, target), moved),
            (place(from - 1, to - usize::from(line.ends_with('\n'))), String::new()),
        ];
        let mut error = error;
        error.edits.push(Edit { title: "bind it first".into(), changes, certain: false });
        error
    }

    /// Adds where the shape of a value comes from: an input or a parameter of the same shape that it is made of.
    pub fn label_source(&self, error: Diagnostic, id: NodeId) -> Diagnostic {
        let shape = self.graph.shape(id);
        let found = self.graph.reachable(&[id]).into_iter().find_map(|x| {
            let variable = match self.graph.op(x) {
                Op::Leaf(Leaf::Input(number)) => &self.graph.inputs[*number as usize],
                Op::Leaf(Leaf::Parameter(number)) => &self.graph.parameters[*number as usize],
                _ => return None,
            };
            (self.graph.shape(x) == shape && variable.span.file != prelude::FILE).then_some(variable)
        });
        match found {
            Some(variable) => error.also(variable.span, format!("`{}` is {}", variable.name, shape_text(shape))),
            None => error,
        }
    }

    /// Adds that a parameter without a shape may be why a product is a vector: `w x` with `param w` is a multiple of `x`. Where the
    /// product is found, the edit makes it a number.
    pub fn without_shape(&self, mut error: Diagnostic, id: NodeId) -> Diagnostic {
        let [n] = *self.graph.shape(id) else { return error };
        let order = self.graph.reachable(&[id]);
        let numbers = order.iter().filter_map(|&x| match self.graph.op(x) {
            Op::Leaf(Leaf::Parameter(number)) if self.graph.shape(x).is_empty() => {
                let variable = &self.graph.parameters[*number as usize];
                let product = self.only_product(x, &order);
                let multiplies = self.declared.parameters[*number as usize].multiplies || product.is_some();
                (multiplies && variable.span.file != prelude::FILE).then_some((product, variable.span))
            }
            _ => None,
        });
        let Some((product, span)) = numbers.max_by_key(|(product, _)| product.is_some()) else { return error };
        let name = self.text(span);
        let known = self.shape_declared(span, &[n]).zip(product);
        let known = known.filter(|(_, product)| {
            product.file == span.file && {
                let text = self.text(*product);
                text.starts_with(name) || text.strip_suffix(name).is_some_and(|other| other.ends_with(' '))
            }
        });
        let Some(((_, mut changes), product)) = known else {
            return error.help(format!("`{name}` is a number; with `{name}: [{n}]` the product `{name}' x` is one"));
        };
        let at = product.start + name.len() as u32;
        let text = self.text(product);
        let Some(rest) = text.strip_prefix(name) else {
            let other = text.trim_end_matches(name).trim_end_matches([' ', '*', '·', '⊙']);
            changes.push((product, format!("{name}' {other}")));
            let title = format!("with `{name}: [{n}]`, the product `{name}' {other}` is a number");
            error.edits.push(Edit { title, changes, certain: false });
            return error;
        };
        let other = match rest.trim_start().strip_prefix(['*', '·', '⊙']) {
            Some(other) => other.trim_start(),
            None => rest.trim_start_matches(['\'', ' ']),
        };
        if !rest.starts_with('\'') {
            let sign = rest.len() - other.len();
            changes.push((Span { start: at, end: at + sign as u32, ..product }, "' ".to_string()));
        }
        let title = format!("with `{name}: [{n}]`, the product `{name}' {other}` is a number");
        error.edits.push(Edit { title, changes, certain: false });
        error
    }

    /// Where a number is multiplied, if nothing else uses it: there it would be a vector, too.
    fn only_product(&self, parameter: NodeId, order: &[NodeId]) -> Option<Span> {
        let mut of = parameter;
        loop {
            let uses = |id: &&NodeId| {
                let mut found = false;
                self.graph.op(**id).each_operand(|operand| found = found || operand == of);
                found
            };
            let users: Vec<&NodeId> = order.iter().filter(uses).collect();
            let [&user] = users[..] else { return None };
            match self.graph.op(user) {
                Op::Binary(op, ..) => return self.graph.span_of(user).filter(|_| *op == arithmetic::MULTIPLY),
                Op::Contract(_) => return self.graph.span_of(user),
                // On its way to the shape of the other factor.
                _ => of = user,
            }
        }
    }

    /// The changes that declare the parameter whose name stands at `span` with this shape. A name without a type that stands before
    /// one with a type would share it, and is said to be a number.
    fn shape_declared(&self, span: Span, shape: &[usize]) -> Option<(&'a str, Vec<(Span, String)>)> {
        let (name, place) = self.type_of_declaration(span)?;
        let mut changes = vec![(place, format!(": {}", shape_text(shape)))];
        let before = self.text(Span { start: 0, end: place.start - name.len() as u32, ..place }).trim_end();
        if let Some(other) = before.strip_suffix(',').filter(|_| place.start == place.end) {
            let other = other.trim_end();
            let rest = other.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
            let is_bare = rest.len() < other.len() && !rest.trim_end().ends_with([':', '~', '=']);
            if is_bare {
                let end = other.len() as u32;
                changes.push((Span { start: end, end, ..place }, ": []".to_string()));
            }
        }
        Some((name, changes))
    }

    /// Adds the edits that take an axis away from what a value is made of: the input flattened where a layer gets it, or declared
    /// without the first axis. Pixels are as many in a row as in a column; rows of a batch hardly are.
    pub fn with_one_axis(&self, mut error: Diagnostic, id: NodeId) -> Diagnostic {
        let order = self.graph.reachable(&[id]);
        let input = order.iter().find_map(|&x| match self.graph.op(x) {
            Op::Leaf(Leaf::Input(number)) if self.graph.shape(x).len() == 2 => {
                Some((&self.graph.inputs[*number as usize], self.graph.shape(x)))
            }
            _ => None,
        });
        let Some((input, shape)) = input else { return error };
        let mut edits = vec![];
        let calls = order.iter().filter_map(|&x| match self.graph.op(x) {
            Op::Leaf(Leaf::Parameter(number)) => Some(self.graph.parameters[*number as usize].span),
            _ => None,
        });
        let flat =
            calls.filter(|call| call.file != prelude::FILE).find_map(|call| self.flattened_call(call, &input.name));
        let title = || format!("if `{}` is one example, flatten it", input.name);
        edits.extend(flat.map(|(place, text)| Edit { title: title(), changes: vec![(place, text)], certain: false }));
        let behind = self.text(Span {
            start: input.span.end,
            end: self.sources.text(input.span.file).len() as u32,
            ..input.span
        });
        if let Some(length) = behind.find(']').filter(|_| behind.trim_start().starts_with(": [")) {
            let place = Span { start: input.span.end, end: input.span.end + length as u32 + 1, ..input.span };
            let changes = vec![(place, format!(": {}", shape_text(&shape[1..])))];
            let title = format!("if the {} are rows of the data, leave them out", shape[0]);
            edits.push(Edit { title, changes, certain: false });
        }
        if shape[0] != shape[1] {
            edits.reverse();
        }
        error.edits.extend(edits);
        error
    }

    /// Adds the edit that takes the last state of a loop's where every state came through: `lstm(x, 8)[-1]`.
    pub fn last_state(&self, error: Diagnostic, id: NodeId, span: Span) -> Diagnostic {
        let order = self.graph.reachable(&[id]);
        let made_by_loop = |x: &NodeId| matches!(self.graph.op(*x), Op::Stacked { .. });
        let states = order.iter().rev().find(|x| made_by_loop(x) && !self.graph.shape(**x).is_empty());
        let Some(place) = states.and_then(|states| self.graph.span_of(*states)) else { return error };
        if place.file == prelude::FILE || span.start <= place.start && place.end == span.end && place != span {
            return error;
        }
        // A stage with all that stands before it.
        let before = self.tree.iter().find_map(|(_, node)| match &node.kind {
            NodeKind::Pipe { value, stages } if stages.iter().any(|stage| self.span(*stage) == place) => Some(*value),
            _ => None,
        });
        let place = before.map_or(place, |value| self.span(value).to(place));
        let last = format!("{}[-1]", self.touchable(place));
        error.edit(format!("for one answer to the whole sequence, take the last state: `{last}`"), place, last, false)
    }

    /// The same where a loss has a value for every state, and each target is one number or class.
    pub fn last_state_for_one(&self, error: Diagnostic, id: NodeId, span: Span) -> Diagnostic {
        let [rounds] = *self.graph.shape(id) else { return error };
        let order = self.graph.reachable(&[id]);
        let is_wide_target = |x: &NodeId| match self.graph.op(*x) {
            Op::Leaf(Leaf::Input(number)) => {
                self.declared.inputs[*number as usize].role == Role::Target && !self.graph.shape(*x).is_empty()
            }
            _ => false,
        };
        let is_state = |x: &NodeId| {
            matches!(self.graph.op(*x), Op::Stacked { .. }) && self.graph.shape(*x).first() == Some(&rounds)
        };
        match order.iter().any(is_state) && !order.iter().any(is_wide_target) {
            true => self.last_state(error, id, span),
            false => error,
        }
    }

    /// Adds the edit that leaves the first axis out of all inputs that a value is made of, if they share its size: rows of a batch.
    pub fn without_rows(&self, mut error: Diagnostic, id: NodeId) -> Diagnostic {
        let [rows] = *self.graph.shape(id) else { return error };
        let inputs: Vec<_> = (self.graph.reachable(&[id]).into_iter())
            .filter_map(|x| match self.graph.op(x) {
                Op::Leaf(Leaf::Input(number)) => Some(&self.graph.inputs[*number as usize]),
                _ => None,
            })
            .collect();
        if inputs.len() < 2 || inputs.iter().any(|input| input.ty.shape.first() != Some(&rows)) {
            return error;
        }
        let changes: Option<Vec<_>> = inputs.iter().map(|input| self.without_first_axis(input.span)).collect();
        let Some(mut changes) = changes else { return error };
        // Several names may share a type.
        changes.sort_by_key(|change| change.0.start);
        changes.dedup();
        let title = format!("if the {rows} are rows of the data, leave them out: a program says one example");
        error.edits.push(Edit { title, changes, certain: false });
        error
    }
    /// The change that takes the first size out of the type of the name at `span`.
    fn without_first_axis(&self, span: Span) -> Option<(Span, String)> {
        let end = self.sources.text(span.file).len() as u32;
        let behind = self.text(Span { start: span.end, end, ..span });
        let names = behind.len() - behind.trim_start_matches(|c: char| c.is_alphanumeric() || "_, ".contains(c)).len();
        let ty = behind[names..].strip_prefix(':')?;
        let inner = ty.trim_start().strip_prefix('[')?;
        let (shape, rest) = inner.split_once(']')?;
        let start = span.end + names as u32;
        let length = behind[names..].len() - rest.len();
        let place = Span { start, end: start + length as u32, ..span };
        let is_class = rest.trim_start_matches(' ').starts_with(|c: char| c.is_alphabetic());
        Some(match shape.split_once(',') {
            Some((_, sizes)) => (place, format!(": [{}]", sizes.trim())),
            None => (place, if is_class { ":".to_string() } else { String::new() }),
        })
    }

    /// `W2' (y - t)` for the row `(y - t)' W2` that stands at `span`: the transposed product.
    pub fn column_of_row(&self, span: Span) -> Option<String> {
        let factors = self.tree.iter().find_map(|(_, node)| match &node.kind {
            NodeKind::Juxtaposition(factors) if node.span == span => Some(factors),
            _ => None,
        })?;
        let is_number = |id: TreeId| match self.tree.kind(id) {
            NodeKind::Number(_) => true,
            _ => self.tree.name(id).and_then(|name| self.shape_of(name)).is_some_and(|shape| shape.is_empty()),
        };
        let is_row = |id: &TreeId| matches!(self.tree.kind(*id), NodeKind::Ticks { .. });
        if let Some((last, before)) = factors.split_last()
            && is_row(last)
            && !before.iter().any(is_row)
        {
            // Behind numbers alone, or it would be no row.
            return self.text(span).strip_suffix(['\'', 'ᵀ']).map(str::to_string);
        }
        let (numbers, others): (Vec<TreeId>, Vec<TreeId>) = factors.iter().partition(|id| is_number(**id));
        let transposed = others.iter().rev().map(|id| {
            let text = self.text(self.span(*id));
            let plain = text.trim_end_matches(['\'', 'ᵀ']);
            if plain == text { format!("{}'", self.touchable(self.span(*id))) } else { plain.to_string() }
        });
        let numbers = numbers.iter().map(|id| self.text(self.span(*id)).to_string());
        Some(numbers.chain(transposed).collect::<Vec<_>>().join(" "))
    }

    /// Adds the edits that give a sequence of numbers an axis of one: `input x: [100, 1]`, `reshape(x, [100, 1])`.
    pub fn with_axis_of_one(&self, mut error: Diagnostic, id: NodeId, span: Span) -> Diagnostic {
        let shape = self.graph.shape(id);
        let sizes: Vec<String> = shape.iter().chain([&1]).map(usize::to_string).collect();
        if let Op::Leaf(Leaf::Input(number)) = self.graph.op(id) {
            let declared = self.graph.inputs[*number as usize].span;
            let end = self.sources.text(declared.file).len() as u32;
            let behind = self.text(Span { start: declared.end, end, ..declared });
            if behind.starts_with(": [")
                && let Some(length) = behind.find(']')
            {
                let at = declared.end + length as u32;
                let place = Span { start: at, end: at, ..declared };
                error = error.edit("declare one number at each place", place, ", 1", false);
            }
        }
        let reshaped = format!("reshape({}, [{}])", self.text(span), sizes.join(", "));
        error.edit("give each place one number", span, reshaped, false)
    }

    /// Adds the edits that give as many probabilities as there are classes, where a layer's last argument says how many, and that
    /// declare as many classes as there are probabilities.
    pub fn with_as_many(
        &self,
        mut error: Diagnostic,
        probabilities: NodeId,
        target: NodeId,
        found: usize,
        classes: usize,
    ) -> Diagnostic {
        let order = self.graph.reachable(&[probabilities]);
        let says_size = |call: &Span| {
            let before = self.text(*call).strip_suffix(')')?.strip_suffix(&found.to_string())?;
            before.ends_with([' ', ',', '(']).then_some(call.start + before.len() as u32)
        };
        let calls = order.iter().filter_map(|&x| match self.graph.op(x) {
            Op::Leaf(Leaf::Parameter(number)) => Some(self.graph.parameters[*number as usize].span),
            _ => None,
        });
        let mut sizes: Vec<(u32, Span)> = calls
            .filter(|call| call.file != prelude::FILE)
            .filter_map(|call| says_size(&call).map(|start| (start, call)))
            .collect();
        sizes.dedup();
        if let [(start, call)] = sizes[..] {
            let place = Span { start, end: call.end - 1, ..call };
            error = error.edit(format!("make {classes} of them"), place, classes.to_string(), false);
        }
        if let Op::Leaf(Leaf::Input(number)) = self.graph.op(target) {
            let variable = &self.graph.inputs[*number as usize];
            let end = self.sources.text(variable.span.file).len() as u32;
            let behind = self.text(Span { start: variable.span.end, end, ..variable.span });
            let written = format!(": class({classes})");
            if behind.starts_with(&written) {
                let end = variable.span.end + written.len() as u32;
                let place = Span { start: variable.span.end, end, ..variable.span };
                error = error.edit(format!("declare {found} classes"), place, format!(": class({found})"), false);
            }
        }
        error
    }

    /// Adds the edit that makes a vector of the number that stands at `span`. In brackets a truth value stays a number.
    pub fn as_one_entry(&self, error: Diagnostic, id: NodeId, span: Span) -> Diagnostic {
        let text = self.text(span);
        let inner = text.trim_start_matches('[').trim_end_matches(']');
        let is_iverson = text.starts_with('[') && text.ends_with(']');
        let vector = match self.graph.ty(id).kind {
            _ if is_iverson => format!("stack({inner})"),
            Kind::Bool => format!("stack({text})"),
            Kind::Class(..) => format!("onehot({text})"),
            _ => format!("[{text}]"),
        };
        let error = if is_iverson { error.note("a truth value in brackets is a number, 0 or 1") } else { error };
        error.edit("a vector of one entry", span, vector, false)
    }

    /// `dense(flatten(x), 3)` for the call `dense(x, 3)`, and `x |> flatten |> dense(3)`.
    fn flattened_call(&self, call: Span, input: &str) -> Option<(Span, String)> {
        let text = self.text(call);
        let open = call.start + text.find('(')? as u32 + 1;
        let first = self.text(Span { start: open, ..call });
        if let Some(rest) = first.strip_prefix(input)
            && rest.starts_with([',', ')'])
        {
            return Some((Span { start: open, end: open + input.len() as u32, ..call }, format!("flatten({input})")));
        }
        let before = self.text(Span { start: 0, end: call.start, ..call }).trim_end();
        let is_stage = before.strip_suffix("|>").is_some_and(|before| before.trim_end().ends_with(input));
        is_stage.then(|| (Span { end: call.start, ..call }, "flatten |> ".to_string()))
    }

    /// What a value is, in a few words: `[3, 4]`, `a number`, `class(3)`.
    pub fn spoken_type(&self, tensor: &Tensor) -> String {
        let shape = self.graph.shape(tensor.id);
        match (self.graph.ty(tensor.id).kind, shape) {
            (Kind::Class(_, count), []) => format!("class({count})"),
            (Kind::Class(_, count), shape) => format!("{} class({count})", shape_text(shape)),
            (Kind::Bool, []) => "a truth value".to_string(),
            (_, []) => "a number".to_string(),
            (_, shape) if tensor.row => format!("a row of {}", shape[0]),
            (_, shape) => shape_text(shape),
        }
    }

    /// A place as an operand of a mark that touches it: in parentheses where it is no name and no call.
    pub fn touchable(&self, span: Span) -> String {
        let text = self.text(span);
        let mut depth = 0;
        let is_one = text.chars().all(|c| {
            depth += i32::from("([".contains(c)) - i32::from(")]".contains(c));
            depth > 0 || c.is_alphanumeric() || "_.)]".contains(c)
        });
        if is_one { text.to_string() } else { format!("({text})") }
    }

    /// Adds the edit that calls another function with the same arguments.
    pub fn call_instead(&self, error: Diagnostic, arguments: &Arguments<'a>, name: &str) -> Diagnostic {
        let own = arguments.builtin.name;
        if !self.text(arguments.span).starts_with(own) {
            return error;
        }
        let place = Span { end: arguments.span.start + own.len() as u32, ..arguments.span };
        error.edit(format!("write `{name}`"), place, name, false)
    }
}
