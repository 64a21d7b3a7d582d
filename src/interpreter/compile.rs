//! From the graph to lines: each value gets a layout, each operation that computes something a line.
#![deny(clippy::wildcard_enum_match_arm)]
use super::copy::Pieces;
use super::index::Access;
use super::layout::Strided;
use super::numbers::Numbers;
use super::program::{Line, LoopLines};
use crate::graph::class::facts;
use crate::graph::rebuild::Rebuild;
use crate::graph::{BATCH, Graph, Leaf, NodeId, Op, Shape};
use crate::op::BinaryOp;
use crate::oracle::{LoopRun, Visit, schedule};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// What `compile` gives. Buffers stand in this order: parameters, states, inputs, the numbers, then tables and computed values.
pub struct Compiled {
    pub lines: Vec<Line>,
    pub numbers: Numbers,
    /// Elements of each buffer, for the greatest number of rows.
    pub sizes: Vec<usize>,
    /// Contents of buffers that never change.
    pub tables: Vec<(usize, Vec<f64>)>,
    /// Where each root lies: row by row in a buffer of its own.
    pub roots: Vec<Strided>,
}

/// The lines of a batched graph.
///
/// # Errors
/// The graph is not batched, has holes, or uses a loop's values outside of it.
pub fn compile(graph: &Graph, roots: &[NodeId], max_rows: usize) -> Result<Compiled, String> {
    let mut rebuild = Rebuild::new(graph);
    let roots = rebuild.run(roots, |to, _, op| {
        if let Op::Named(named, arguments) = &op { (named.definition)(to, arguments) } else { to.intern(op) }
    });
    let graph = &rebuild.to;
    let mut compiler = Compiler::new(graph, max_rows);
    let mut lines = vec![];
    for step in schedule(graph, &roots)? {
        compiler.step(&step, &mut lines)?;
    }
    let (mut places, mut taken) = (vec![], FxHashSet::default());
    for &root in &roots {
        let layout = compiler.layouts[&root].clone();
        let own = compiler.is_own(&layout) && taken.insert(layout.buffer);
        places.push(if own { layout } else { compiler.copied(&layout, &mut lines) });
    }
    let Compiler { numbers, mut sizes, tables, numbers_at, .. } = compiler;
    sizes[numbers_at] = numbers.values.len();
    Ok(Compiled { lines, numbers, sizes, tables, roots: places })
}

struct Compiler<'a> {
    graph: &'a Graph,
    max_rows: usize,
    numbers: Numbers,
    numbers_at: usize,
    sizes: Vec<usize>,
    tables: Vec<(usize, Vec<f64>)>,
    layouts: FxHashMap<NodeId, Strided>,
    /// Where values that are stacked are written at once.
    slots: FxHashMap<NodeId, Strided>,
}

impl<'a> Compiler<'a> {
    fn new(graph: &'a Graph, max_rows: usize) -> Compiler<'a> {
        let count = |shape: &Shape| super::layout::extents(shape, max_rows).iter().product();
        let variables = graph.parameters.iter().chain(&graph.states).chain(&graph.inputs);
        let mut sizes: Vec<usize> = variables.map(|v| count(&v.ty.shape)).collect();
        let numbers_at = sizes.len();
        sizes.push(0);
        Compiler {
            graph,
            max_rows,
            numbers: Numbers::default(),
            numbers_at,
            sizes,
            tables: vec![],
            layouts: FxHashMap::default(),
            slots: FxHashMap::default(),
        }
    }

    /// A new buffer for a value of this shape.
    fn dense(&mut self, shape: &[usize]) -> Strided {
        self.sizes.push(super::layout::extents(shape, self.max_rows).iter().product());
        Strided::dense(self.sizes.len() - 1, shape)
    }
    /// The value again, row by row in a buffer of its own.
    fn copied(&mut self, from: &Strided, lines: &mut Vec<Line>) -> Strided {
        let to = self.dense(&from.shape);
        lines.push(Line::Copy { from: from.clone(), to: to.clone() });
        to
    }
    /// Whether a value is computed, and its buffer holds nothing else: `advance` may give it away. Leaves, numbers and tables stay where
    /// they are, and of a part the rest is not meant.
    fn is_own(&self, layout: &Strided) -> bool {
        let computed = layout.buffer > self.numbers_at && self.tables.iter().all(|t| t.0 != layout.buffer);
        let count: usize = super::layout::extents(&layout.shape, self.max_rows).iter().product();
        computed && layout.is_dense() && self.sizes[layout.buffer] == count
    }
    fn at(&self, id: NodeId) -> Strided {
        self.layouts[&id].clone()
    }

    fn step(&mut self, step: &Visit, lines: &mut Vec<Line>) -> Result<(), String> {
        match step {
            Visit::Node(id) => {
                let layout = self.node(*id, lines)?;
                self.layouts.insert(*id, layout);
                Ok(())
            }
            Visit::Loop(run) => self.run_loop(run, lines),
        }
    }

    fn node(&mut self, id: NodeId, lines: &mut Vec<Line>) -> Result<Strided, String> {
        let ty = self.graph.ty(id);
        // Other values may be marked as varying although no input made them so.
        if ty.varying && matches!(self.graph.op(id), Op::Leaf(Leaf::Input(_))) {
            return Err(format!("%{} varies with the example: the graph is not batched", id.0));
        }
        if let Some(place) = self.numbers.place(self.graph, id) {
            return Ok(Strided::repeated(self.numbers_at, place, &ty.shape));
        }
        let op = self.graph.op(id);
        // What is only another layout of an operand.
        match op {
            Op::Leaf(leaf) => return self.leaf(id, leaf, lines),
            Op::View(view) => {
                if let Some(layout) = self.at(view.x).viewed(view) {
                    return Ok(layout);
                }
            }
            Op::Reshape { x, shape } => {
                let x = self.at(*x);
                if let Some(layout) = x.reshaped(shape) {
                    return Ok(layout);
                }
                let dense = self.copied(&x, lines);
                return dense.reshaped(shape).ok_or_else(|| format!("%{} has too few elements", id.0));
            }
            Op::Element { of, x } => return Ok(self.at(*x).element(of.0 as usize)),
            Op::Unary(..)
            | Op::Binary(..)
            | Op::Select { .. }
            | Op::Reduce { .. }
            | Op::Contract(_)
            | Op::Join { .. }
            | Op::OneHot { .. }
            | Op::Gather { .. }
            | Op::ScatterAdd { .. }
            | Op::Named(..)
            | Op::BatchMean { .. }
            | Op::Last { .. }
            | Op::Stacked { .. } => {}
        }
        let out = match self.slots.get(&id) {
            Some(slot) => slot.clone(),
            None => self.dense(&ty.shape),
        };
        let result = out.clone();
        match op {
            Op::Unary(op, x) => lines.push(Line::Unary { op: *op, x: self.at(*x), out }),
            Op::Binary(op, x, y) => match (op.repeats, self.whole_power(*y)) {
                (Some(times), Some(power)) => self.power(BinaryOp(times), self.at(*x), power, out, lines),
                _ => lines.push(Line::Binary { op: *op, x: self.at(*x), y: self.at(*y), out }),
            },
            Op::Select { condition, yes, no } => {
                let (condition, yes, no) = (self.at(*condition), self.at(*yes), self.at(*no));
                lines.push(Line::Select { condition, yes, no, out });
            }
            Op::Reduce { op, axes, x } => {
                lines.push(Line::Reduce { op: *op, axes: axes.clone(), x: self.at(*x), out });
            }
            Op::Contract(c) => {
                lines.push(Line::Contract { contraction: c.clone(), a: self.at(c.a), b: self.at(c.b), out });
            }
            Op::View(view) => {
                let x = self.at(view.x);
                let pieces = Rc::new(Pieces::new(view, &x));
                lines.push(Line::Filled { view: view.clone(), pieces, x, out });
            }
            Op::Join { axis, parts } => {
                let mut start = 0;
                for &part in parts {
                    let length = self.graph.shape(part)[*axis];
                    lines.push(Line::Copy { from: self.at(part), to: out.part(*axis, start, length) });
                    start += length;
                }
            }
            Op::OneHot { index, .. } => {
                let index = self.at(*index);
                let data = index.clone();
                lines.push(Line::Indexed { access: Access::OneHot, shared: 0, index, data, out });
            }
            Op::Gather { table, index, shared } => {
                let (index, data) = (self.at(*index), self.at(*table));
                lines.push(Line::Indexed { access: Access::Gather, shared: *shared, index, data, out });
            }
            Op::ScatterAdd { index, values, shared, .. } => {
                let (index, data) = (self.at(*index), self.at(*values));
                lines.push(Line::Indexed { access: Access::ScatterAdd, shared: *shared, index, data, out });
            }
            Op::BatchMean { .. } => return Err(format!("%{} is a mean over examples: the graph is not batched", id.0)),
            Op::Leaf(_)
            | Op::Reshape { .. }
            | Op::Named(..)
            | Op::Element { .. }
            | Op::Last { .. }
            | Op::Stacked { .. } => return Err(format!("%{} has no value by itself", id.0)),
        }
        Ok(result)
    }

    /// An exponent for which products are better than the function.
    fn whole_power(&self, exponent: NodeId) -> Option<u32> {
        let value = self.graph.constant_of(exponent)?;
        (value.fract() == 0.0 && (2.0..=8.0).contains(&value)).then_some(value as u32)
    }
    /// `xⁿ` as products, by squaring.
    fn power(&mut self, op: BinaryOp, x: Strided, n: u32, out: Strided, lines: &mut Vec<Line>) {
        match n {
            2 => lines.push(Line::Binary { op, x: x.clone(), y: x, out }),
            _ => {
                let (part, other) = if n.is_multiple_of(2) { (n / 2, None) } else { (n - 1, Some(x.clone())) };
                let factor = self.dense(&out.shape);
                self.power(op, x, part, factor.clone(), lines);
                lines.push(Line::Binary { op, x: factor.clone(), y: other.unwrap_or(factor), out });
            }
        }
    }

    fn leaf(&mut self, id: NodeId, leaf: &Leaf, lines: &mut Vec<Line>) -> Result<Strided, String> {
        let shape = self.graph.shape(id);
        let (parameters, states) = (self.graph.parameters.len(), self.graph.states.len());
        match leaf {
            Leaf::Parameter(number) => Ok(Strided::dense(*number as usize, shape)),
            Leaf::State(number) => Ok(Strided::dense(parameters + *number as usize, shape)),
            Leaf::Input(number) => Ok(Strided::dense(parameters + states + *number as usize, shape)),
            Leaf::Table(values, _) => Ok(self.table(values.iter().map(|v| v.0).collect(), shape)),
            Leaf::Iota(n) => Ok(self.table((0..*n).map(|i| i as f64).collect(), shape)),
            Leaf::LoopIndex(of) => {
                let out = self.dense(shape);
                lines.push(Line::Place { of: of.0 as usize, out: out.clone() });
                Ok(out)
            }
            Leaf::Draw(number, shape) => {
                if shape.first() != Some(&BATCH) {
                    return Err(format!("%{} is drawn for each example: the graph is not batched", id.0));
                }
                let out = self.dense(shape);
                lines.push(Line::Draw { number: *number as usize, out: out.clone() });
                Ok(out)
            }
            Leaf::Hole(..) => Err(format!("%{} is a hole", id.0)),
            Leaf::Constant(..) | Leaf::Setting(_) | Leaf::Runtime(_) | Leaf::Binder(..) => {
                Err(format!("%{} has no value by itself", id.0))
            }
        }
    }

    fn table(&mut self, values: Vec<f64>, shape: &[usize]) -> Strided {
        let layout = self.dense(shape);
        self.tables.push((layout.buffer, values));
        layout
    }

    fn run_loop(&mut self, run: &LoopRun, lines: &mut Vec<Line>) -> Result<(), String> {
        let graph = self.graph;
        let of = graph.looped(run.of);
        let number = run.of.0 as usize;
        let binders: Vec<_> = run.binders.iter().map(|&k| &of.binders[k]).collect();
        let mut all = LoopLines {
            of: number,
            length: of.length,
            reverse: of.reverse,
            before: vec![],
            body: vec![],
            stacks: vec![],
            hand_on: vec![],
            after: vec![],
        };
        for binder in &binders {
            let init = self.at(binder.init);
            let carried = self.copied(&init, &mut all.before);
            self.layouts.insert(binder.leaf, carried);
        }
        let mut stacks = vec![];
        for &projection in &run.projections {
            if let Op::Stacked { x, .. } = *graph.op(projection) {
                let stack = self.stack(x, of.length);
                self.layouts.insert(projection, stack.clone());
                if facts(graph.op(x)).stacks_at_once && run.body.contains(&Visit::Node(x)) {
                    self.slots.insert(x, stack.element(number));
                } else {
                    stacks.push((x, stack));
                }
            }
        }
        for step in &run.body {
            self.step(step, &mut all.body)?;
        }
        for (x, stack) in stacks {
            all.stacks.push(Line::Copy { from: self.at(x), to: stack.element(number) });
        }
        self.hand_on(&binders, &mut all.hand_on);
        for &projection in &run.projections {
            if let Op::Last { x, .. } = *graph.op(projection) {
                let value = if of.length == 0 {
                    let binder = of.binders.iter().find(|b| b.next == x || b.leaf == x);
                    let binder = binder.ok_or_else(|| format!("%{} has no value in a loop of no rounds", x.0))?;
                    self.at(binder.init)
                } else {
                    self.at(x).fixed(number, if of.reverse { 0 } else { of.length - 1 })
                };
                self.layouts.insert(projection, value);
            }
        }
        lines.push(Line::Loop(all));
        // Another run of this loop has stacks of its own.
        for &projection in &run.projections {
            if let Op::Stacked { x, .. } = *graph.op(projection) {
                self.slots.remove(&x);
            }
        }
        Ok(())
    }

    /// Room for a value at each place of a loop: place by place, so that what a round reads and writes is contiguous.
    fn stack(&mut self, x: NodeId, length: usize) -> Strided {
        let shape = self.graph.shape(x).to_vec();
        let each: usize = super::layout::extents(&shape, self.max_rows).iter().product();
        let mut stack = self.dense(&shape);
        self.sizes[stack.buffer] = each * length;
        let axis = usize::from(shape.first() == Some(&BATCH));
        stack.shape.insert(axis, length);
        stack.strides.insert(axis, each as isize);
        stack
    }

    /// All next values are taken before any binder changes.
    fn hand_on(&mut self, binders: &[&crate::graph::Binder], lines: &mut Vec<Line>) {
        let carried: Vec<usize> = binders.iter().map(|b| self.layouts[&b.leaf].buffer).collect();
        let mut moves = vec![];
        for binder in binders.iter().filter(|b| b.next != b.leaf) {
            let mut next = self.at(binder.next);
            if carried.contains(&next.buffer) {
                next = self.copied(&next, lines);
            }
            moves.push(Line::Copy { from: next, to: self.at(binder.leaf) });
        }
        lines.extend(moves);
    }
}
