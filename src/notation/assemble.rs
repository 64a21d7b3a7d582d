//! Writes the lines of an outline: left sides, starts of recurrences, explanations.
use super::derivation::{Derivation, Form, Line, Recurrence, Request, Said, State, Where};
use super::expression::{Expression, Running, Symbol};
use super::names::Names;
use super::opening::opened;
use super::outline::{Entry, outline};
use super::place::{Affine, Place};
use super::prepare::prepared;
use super::scans::{Scan, Scans};
use super::writer::{At, Axis, Hint, Needs, Piece, Writer};
use crate::graph::{Graph, Kind, LoopId, NodeId};
use crate::limits::{NOTATION_WORDS, NOTATION_WORK};
use crate::random::Noise;
use rustc_hash::FxHashSet;

/// The lines of a request.
pub fn derivation(graph: &Graph, request: &Request) -> Derivation {
    let (graph, request) = prepared(graph, request);
    let opened = match request.form {
        Form::Paper => None,
        Form::Program => opened(&graph, &request, &roots(&graph, &request)),
    };
    let (graph, request, mut scans) = opened.unwrap_or((graph, request, Scans::default()));
    let graph = &graph;
    let mut roots = roots(graph, &request);
    roots.extend(scans.all.iter().flat_map(Scan::operands));
    let mut names = Names::new(graph, &graph.reachable(&roots), &request.titles);
    for scan in &mut scans.all {
        scan.give_names(&mut names);
    }
    let entries = outline(graph, &request, &scans, &mut names);
    for scan in scans.all.iter().flat_map(|scan| std::iter::once(scan).chain(&scan.inner)) {
        for shared in scan.shared(graph, &names) {
            names.give_letter(graph, shared);
        }
    }
    let mut assembly = Assembly {
        writer: Writer::new(graph, names, request.form),
        scans: scans.all,
        explained: vec![],
        introduced: FxHashSet::default(),
        lines: vec![],
    };
    for entry in &entries {
        assembly.entry(entry);
    }
    let lasts = graph.names().filter_map(|(id, name)| Some((assembly.writer.last_round(id, name)?, name.to_string())));
    Derivation { lasts: lasts.collect(), lines: assembly.lines }.without_idle_lines()
}

/// What is printed, and what has a name: values that bear one are spoken of by it, even where nothing else leads to them.
fn roots(graph: &Graph, request: &Request) -> Vec<NodeId> {
    let mut roots: Vec<NodeId> = request.results.iter().map(|w| w.node).collect();
    roots.extend(&request.values);
    roots.extend(request.titles.keys());
    roots.extend(graph.names().map(|n| n.0).filter(|id| graph.node(*id).loops.is_empty()));
    roots
}

/// One value as a formula, values with names being called by them; its own name is left aside if `defines`.
pub fn expression(graph: &Graph, id: NodeId, defines: bool) -> Expression {
    let names = Names::new(graph, &graph.reachable(&[id]), &Default::default());
    let mut writer = Writer::new(graph, names, Form::Paper);
    writer.work = NOTATION_WORDS;
    let at = At::whole(graph.shape(id).len());
    written(&mut writer, id, at, |w, at| if defines { w.definition(id, at) } else { w.value(id, at) }).0.expression
}

struct Assembly<'g> {
    writer: Writer<'g>,
    scans: Vec<Scan>,
    /// What has been said in a `where`: ends of loops, values before the first round.
    explained: Vec<Expression>,
    introduced: FxHashSet<NodeId>,
    lines: Vec<Line>,
}

impl Assembly<'_> {
    fn entry(&mut self, entry: &Entry) {
        let id = entry.node;
        let graph = self.writer.graph;
        // A line of its own is written out; a result that is another line's value, or has a letter, is that.
        let defines = self.writer.names.get(id).is_none_or(|t| entry.symbols.contains(&t.symbol));
        let is_known = if defines { !self.introduced.insert(id) } else { self.introduced.contains(&id) };
        // A forward value may have been explained where another line speaks of it.
        if is_known && entry.symbols.iter().all(|s| matches!(s, Symbol::Adjoint(_))) {
            return;
        }
        let write = |w: &mut Writer, at: &At| if defines { w.definition(id, at) } else { w.value(id, at) };
        let is_zero = |init: &NodeId| graph.constant_of(*init) == Some(0.0);
        // The rounds, the first one, in which a loop carries what it was given, and if that is carried by an outer loop, its first.
        let mut stages = vec![];
        let mut starts: Vec<(LoopId, Affine)> = vec![];
        let mut wheres = vec![];
        loop {
            self.writer.work = NOTATION_WORK;
            self.writer.crossed.clear();
            let at = At { axes: vec![Axis::Free; graph.shape(id).len()], loops: starts.clone() };
            let (piece, at, indices) = written(&mut self.writer, id, at, write);
            let crossed: Vec<(LoopId, NodeId)> =
                self.writer.crossed.iter().copied().filter(|c| self.is_backward(c.0, id)).collect();
            let known = |of: LoopId| starts.iter().any(|start| start.0 == of);
            let next = crossed.iter().find(|c| !is_zero(&c.1) && !known(c.0)).map(|c| c.0);
            if let (None, true, Some((of, _))) = (next, starts.is_empty(), crossed.first()) {
                wheres = self.before_first(*of, &piece.expression);
            }
            // A sum over all rounds reads what was there before the first one, too.
            let outside: Vec<LoopId> =
                self.writer.crossed.iter().map(|c| c.0).filter(|&of| !self.is_within(of, id)).collect();
            for of in outside {
                wheres.extend(self.before_first(of, &piece.expression));
            }
            stages.push((piece, at, indices));
            let Some(of) = next else { break };
            starts.push((of, self.writer.start_place(of)));
        }
        while let Some((piece, at, indices)) = stages.pop() {
            self.push(entry, piece, &at, indices, std::mem::take(&mut wheres));
        }
    }

    fn push(&mut self, entry: &Entry, piece: Piece, at: &At, indices: Vec<Running>, mut wheres: Vec<Where>) {
        let axes = at.axes.len();
        let left: Vec<Expression> = entry.symbols.iter().map(|s| self.writer.left(entry.node, s.clone(), at)).collect();
        let is_claim = entry.symbols.iter().all(|symbol| matches!(symbol, Symbol::Derivative { .. }));
        let is_number = piece.axes.is_empty() && piece.expression.is_any_number();
        let right = match is_claim && is_number {
            true => piece.expression,
            false => self.with_all_axes(entry.node, piece, at),
        };
        // A line that is spoken of as a condition is one: in brackets, it would be a number.
        let right = if self.writer.graph.ty(entry.node).kind == Kind::Bool { right.condition() } else { right };
        // Letters that stand here for the first time are explained, and the letters of those explanations.
        let mut letters: Vec<NodeId> = entry.letter.into_iter().collect();
        letters.extend(self.letters_in(left.iter().chain([&right])));
        let mut recurrences = vec![];
        let mut at = 0;
        while let Some(&letter) = letters.get(at) {
            at += 1;
            if !self.introduced.insert(letter) {
                continue;
            }
            if let Some(scan) = self.scans.iter().find(|scan| scan.makes(letter)).cloned() {
                self.introduced.extend(scan.carried.iter().map(|c| c.stack));
                let recurrence = self.recurrence(&scan);
                letters.extend(self.letters_in(recurrence.formulas()));
                recurrences.push(recurrence);
            } else {
                let explained = self.explanation(letter);
                letters.extend(self.letters_in([&explained.right].into_iter()));
                wheres.push(explained);
            }
        }
        let mut ends = vec![];
        let said = |wheres: &[Where]| wheres.iter().map(|w| w.right.clone()).collect::<Vec<_>>();
        for formula in left.iter().chain([&right]).chain(&said(&wheres)) {
            formula.each_symbol(&mut |symbol| ends.extend(self.writer.end_of_loop(symbol)));
        }
        for (letter, length) in ends {
            let left = Expression::name(letter);
            if !self.explained.contains(&left) {
                self.explained.push(left.clone());
                let right = Expression::Number(length as f64);
                wheres.push(Where { left, sign: "=", right, indices: vec![], axes: 0, node: None });
            }
        }
        if self.writer.form == Form::Paper {
            self.drawn(&left, &right, &mut wheres);
        }
        self.lines.push(Line { left, right, indices, axes, wheres, recurrences, node: entry.node });
    }

    /// `u ~ uniform(0, 1)`, said once of what is drawn.
    fn drawn(&mut self, left: &[Expression], right: &Expression, wheres: &mut Vec<Where>) {
        let graph = self.writer.graph;
        let mut found = vec![];
        for formula in left.iter().chain([right]).chain(wheres.iter().map(|explained| &explained.right)) {
            formula.each_symbol(&mut |symbol| {
                let Symbol::Name(name) = symbol else { return };
                found.extend(graph.draws.iter().find(|draw| draw.name == *name));
            });
        }
        for draw in found {
            let left = Expression::name(draw.name.clone());
            if !self.explained.contains(&left) {
                self.explained.push(left.clone());
                let (name, numbers): (_, &[f64]) = match draw.noise {
                    Noise::Uniform => ("uniform", &[0.0, 1.0]),
                    Noise::Normal => ("normal", &[1.0]),
                };
                let right = Expression::call(name, numbers.iter().map(|&n| Expression::Number(n)).collect());
                wheres.push(Where { left, sign: "~", right, indices: vec![], axes: 0, node: None });
            }
        }
    }

    /// The values that a formula calls by letters that were chosen here.
    fn letters_in<'e>(&self, formulas: impl Iterator<Item = &'e Expression>) -> Vec<NodeId> {
        let mut found = vec![];
        for formula in formulas {
            formula.each_symbol(&mut |symbol| found.extend(self.writer.names.letter_of(symbol)));
        }
        // What is called within a round is explained there.
        let is_round = |id: &NodeId| !self.scans.is_empty() && !self.writer.graph.node(*id).loops.is_empty();
        found.retain(|id| !is_round(id));
        found
    }

    /// A loop as its statement says it.
    fn recurrence(&mut self, scan: &Scan) -> Recurrence {
        let graph = self.writer.graph;
        let firsts: Vec<Expression> = scan.carried.iter().map(|c| self.whole(c.init)).collect();
        let around = std::mem::replace(&mut self.writer.in_body, true);
        let nexts: Vec<Expression> = scan.carried.iter().map(|c| self.whole(c.next)).collect();
        let mut body: Vec<(NodeId, Said)> = vec![];
        let mut formulas = nexts.clone();
        while let Some(formula) = formulas.pop() {
            let mut found = vec![];
            formula.each_symbol(&mut |symbol| found.extend(self.writer.names.letter_of(symbol)));
            for id in found {
                let is_said = |said: &(NodeId, Said)| match scan.inner.iter().find(|inner| inner.makes(id)) {
                    Some(inner) => inner.makes(said.0),
                    None => said.0 == id,
                };
                if !scan.has_in_body(graph, id) || body.iter().any(is_said) {
                    continue;
                }
                let said = match scan.inner.iter().find(|inner| inner.makes(id)) {
                    Some(inner) => Said::Loop(self.recurrence(inner)),
                    None => Said::Value(self.explanation(id)),
                };
                formulas.extend(said.formulas().into_iter().cloned());
                body.push((id, said));
            }
        }
        self.writer.in_body = around;
        body.sort_by_key(|said| said.0);
        let looped = graph.looped(scan.of);
        Recurrence {
            place: Running { symbol: self.writer.names.loop_letter(scan.of).0, length: looped.length },
            reverse: looped.reverse,
            states: (scan.carried.iter().zip(firsts).zip(nexts))
                .map(|((c, first), next)| State {
                    // In brackets, a truth value would be a number.
                    only: c.has_start.then(|| match graph.ty(c.init).kind {
                        Kind::Bool => Expression::call("stack", vec![first.clone()]),
                        _ => self.writer.list_of_one(c.init, first.clone()),
                    }),
                    name: c.name.clone(),
                    rounds: c.rounds.clone(),
                    state: c.state.clone(),
                    first,
                    next,
                })
                .collect(),
            body: body.into_iter().map(|said| said.1).collect(),
        }
    }

    /// A value with all its axes, where nothing can say it place for place: what needs that gets a letter.
    fn whole(&mut self, id: NodeId) -> Expression {
        let shape = self.writer.graph.shape(id).to_vec();
        let at = At::whole(shape.len());
        let (piece, at, indices) = written(&mut self.writer, id, at, |w, at| w.value(id, at));
        if !indices.is_empty() {
            self.writer.names.give_letter(self.writer.graph, id);
            return written(&mut self.writer, id, At::whole(shape.len()), |w, at| w.value(id, at)).0.expression;
        }
        self.with_all_axes(id, piece, &at)
    }

    /// A formula for a value. Axes of one element need no word on paper, but a program's shapes must be right.
    fn with_all_axes(&self, id: NodeId, piece: Piece, at: &At) -> Expression {
        let shape = self.writer.graph.shape(id);
        let free: Vec<usize> = (0..shape.len()).filter(|&k| at.axes[k] == Axis::Free).collect();
        let is_number = piece.axes.is_empty() && piece.expression.is_any_number();
        let lacks_unit = free.iter().any(|k| shape[*k] == 1 && !piece.axes.contains(k));
        let right = piece.expression.bracketed();
        let sizes = || free.iter().map(|&k| shape[k]).collect::<Vec<_>>();
        match self.writer.form {
            Form::Program if is_number => return Expression::filled(right, &sizes()),
            Form::Program if lacks_unit => {}
            _ => return right,
        }
        let right = if let Expression::Reshaped(x, _) = right { *x } else { right };
        Expression::Reshaped(Box::new(right), sizes())
    }

    fn explanation(&mut self, letter: NodeId) -> Where {
        let at = At::whole(self.writer.graph.shape(letter).len());
        let (piece, at, indices) = written(&mut self.writer, letter, at, |w, at| w.definition(letter, at));
        let symbol = self.writer.names.get(letter).map_or(Symbol::Name(String::new()), |t| t.symbol.clone());
        let left = self.writer.left(letter, symbol, &at);
        // Elsewhere a reshape says nothing; here it says what the letter's axes are.
        let is_truth = self.writer.graph.ty(letter).kind == Kind::Bool;
        let right = match self.with_all_axes(letter, piece, &at) {
            // In brackets, it would be a number.
            truth if is_truth => truth.condition(),
            Expression::Reshaped(x, shape) => {
                let sizes = shape.iter().map(|&n| Expression::Number(n as f64)).collect();
                Expression::call("reshape", vec![*x, Expression::List(sizes)])
            }
            other => other,
        };
        Where { left, sign: "=", right, indices, axes: at.axes.len(), node: Some(letter) }
    }

    fn is_backward(&self, of: LoopId, line: NodeId) -> bool {
        self.writer.graph.looped(of).origin.is_some() && self.is_within(of, line)
    }
    fn is_within(&self, of: LoopId, line: NodeId) -> bool {
        self.writer.graph.node(line).loops.contains(&of)
    }

    /// `δ_{T+1} = 0`, for the adjoints that are read from the round before.
    fn before_first(&mut self, of: LoopId, right: &Expression) -> Vec<Where> {
        let step = if self.writer.graph.looped(of).reverse { 1 } else { -1 };
        let letter = Affine::letter(&self.writer.names.loop_letter(of).0);
        let (here, first) = (letter.plus(step).expression(), self.writer.start_place(of).plus(step).expression());
        let mut found = vec![];
        subscripted(right, &here, &mut found);
        let mut wheres = vec![];
        for (symbol, rest) in found {
            let left = symbol.clone().subscript(std::iter::once(first.clone()).chain(rest).collect());
            if !self.explained.contains(&left) {
                self.explained.push(left.clone());
                let is_it = |next: NodeId| {
                    self.writer.names.get(next).is_some_and(|t| Expression::Symbol(t.symbol.clone()) == symbol)
                };
                let binders = &self.writer.graph.looped(of).binders;
                let init = binders.iter().find(|binder| is_it(binder.next)).map(|binder| binder.init);
                let right = init.map_or(Expression::Number(0.0), |init| self.whole(init));
                wheres.push(Where { left, sign: "=", right, indices: vec![], axes: 0, node: None });
            }
        }
        wheres
    }
}

/// Adjoints that are read at this place, with the places of inner loops.
fn subscripted(formula: &Expression, place: &Expression, found: &mut Vec<(Expression, Vec<Expression>)>) {
    if let Expression::Subscript(base, places) = formula
        && places.first() == Some(place)
        && matches!(**base, Expression::Symbol(Symbol::Adjoint(_) | Symbol::Derivative { .. }))
        && !found.iter().any(|known| known.0 == **base)
    {
        found.push(((**base).clone(), places[1..].to_vec()));
    }
    formula.each_child(&mut |child| subscripted(child, place, found));
}

/// A value that repeats along an axis is said for each place of it; a number is said once.
fn repeats(piece: &Piece, at: &At, shape: &[usize]) -> Option<Needs> {
    let number = piece.expression.is_any_number() && piece.axes.is_empty();
    let missing = |k: &usize| at.axes[*k] == Axis::Free && shape[*k] != 1 && !piece.axes.contains(k);
    (0..shape.len()).find(missing).filter(|_| !number).map(|axis| Needs { axis, hint: Hint::Any })
}

/// Writes a value; an axis that must be at a place gets a letter, which the left side then bears.
fn written(
    writer: &mut Writer,
    id: NodeId,
    mut at: At,
    mut write: impl FnMut(&mut Writer, &At) -> Result<Piece, Needs>,
) -> (Piece, At, Vec<Running>) {
    let shape = writer.graph.shape(id).to_vec();
    let mut indices: Vec<(usize, Running)> = vec![];
    let before = writer.in_use.len();
    let piece = loop {
        let needs = match write(writer, &at) {
            Ok(piece) => match super::writer::tail(&piece, &at, &shape).or_else(|| repeats(&piece, &at, &shape)) {
                None => break piece.ascending(),
                Some(needs) => needs,
            },
            Err(needs) => needs,
        };
        if at.axes.get(needs.axis) != Some(&Axis::Free) {
            break Piece::scalar(Expression::name("…"));
        }
        let letter = writer.fresh_letter(needs.hint);
        writer.in_use.push(letter.clone());
        at.axes[needs.axis] = Axis::At(Place::Affine(Affine::letter(&letter)));
        indices.push((needs.axis, Running { symbol: letter, length: shape[needs.axis] }));
    };
    writer.in_use.truncate(before);
    indices.sort_by_key(|i| i.0);
    (piece, at, indices.into_iter().map(|i| i.1).collect())
}
