//! From the batched graph of a training step to a program of kernels: which values live in memory and how, which are computed
//! together, and in what order.
pub mod arena;
mod draws;
pub mod emit;
pub mod expand;
mod grouped;
pub mod kernels;
pub mod layout;
pub mod memory;
mod multiply;
pub mod orders;
pub mod products;
pub mod refusal;
mod rounds;
mod scatters;
pub mod schedule;
mod sums;
mod updates;
pub mod values;
mod weight;

use crate::diagnostic::Span;
use crate::graph::{Graph, Kind, Leaf, LoopId, NodeId, Op, Runtime};
use crate::kernel::{
    Affine, Buffer, BufferId, Command, Division, Element, Float, KernelId, Location, LoopVariable, Multiplication,
    ProductId, Program, Role,
};
use crate::limits;
use crate::step::Target;
use kernels::{Destination, Written};
use layout::{Layout, extent};
use memory::{Memory, Stored};
use orders::Orders;
use refusal::{Outcome, Refusal};
use rustc_hash::{FxHashMap, FxHashSet};
use schedule::Item;

/// What is to be planned: the batched, simplified graph and what is wanted of it.
pub struct Request<'a> {
    pub graph: &'a Graph,
    /// Next values, by what they replace.
    pub updates: &'a [(Target, NodeId)],
    /// Numbers that are written down each step.
    pub logged: &'a [NodeId],
    /// Values that are read after a step.
    pub outputs: &'a [NodeId],
    pub float: Float,
    /// The most rows of a batch.
    pub batch: usize,
}

/// Where a value of the outside stands.
#[derive(Clone, Debug)]
pub struct Binding {
    pub buffer: BufferId,
    pub shape: Vec<usize>,
    pub layout: Layout,
}

/// An input: a table of all rows of the data, and how many elements a row has.
#[derive(Clone, Debug)]
pub struct InputBinding {
    pub slot: u32,
    pub row: usize,
    pub kind: Kind,
}

/// The program, and where to put and find things.
#[derive(Debug)]
pub struct Plan {
    pub program: Program,
    pub parameters: Vec<Binding>,
    pub states: Vec<Binding>,
    /// By the input's number; none if the program doesn't use it.
    pub inputs: Vec<Option<InputBinding>>,
    /// The slot of the order of rows.
    pub order_slot: u32,
    pub outputs: Vec<Binding>,
    /// Lists of numbers: set once before the first step.
    pub constants: Vec<(Binding, Vec<f64>)>,
}

/// A step that can't be planned: where the value was written that no kernel computes, what it is called, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub name: Option<String>,
    pub span: Option<Span>,
    pub why: String,
}

/// Plans a step.
///
/// # Errors
/// A value can't be computed by any kernel.
pub fn plan(request: &Request) -> Result<Plan, Refused> {
    let roots: Vec<NodeId> = request
        .updates
        .iter()
        .map(|u| u.1)
        .chain(request.logged.iter().copied())
        .chain(request.outputs.iter().copied())
        .collect();
    let (mut graph, roots) = expand::expand(request.graph, &roots);
    let roots = graph.with_loops_apart(&roots);
    planned(request, &graph, &roots).map_err(|Refusal { node, why }| Refused {
        name: graph.name_of(node).map(str::to_string),
        span: graph.span_of(node),
        why,
    })
}

fn planned(request: &Request, graph: &Graph, roots: &[NodeId]) -> Outcome<Plan> {
    let (updated, outputs) = roots.split_at(request.updates.len());
    let updates = request.updates.iter().zip(updated).map(|(u, &id)| (u.0, id));
    let updates: Vec<(Target, NodeId)> =
        updates.filter(|&(target, id)| updates::target_of(graph, id) != Some(target)).collect();
    let mut planner = Planner::new(graph, request.float, request.batch);
    let order = graph.reachable(roots);
    planner.orders = orders::orders(graph, &order, &updates);
    planner.place_leaves(&updates);
    let told = values::told(graph, &order, &outputs[..request.logged.len()]);
    planner.place_values(&order, roots, &updates, &told);
    let (items, lateness) = schedule::schedule(graph, &order, &planner.memory, &planner.late);
    planner.gather_inputs(&order)?;
    planner.draw(&order);
    let steps = planner.steps(&items)?;
    planner.program.steps.extend(steps);
    let mut left = planner.leave(&lateness, &updates, outputs)?;
    let outputs = left.split_off(request.logged.len());
    Ok(planner.finish(&left, outputs))
}

struct Planner<'g> {
    graph: &'g Graph,
    memory: Memory<'g>,
    float: Float,
    batch: usize,
    program: Program,
    parameters: Vec<Binding>,
    states: Vec<Binding>,
    inputs: Vec<Option<InputBinding>>,
    constants: Vec<(Binding, Vec<f64>)>,
    order: BufferId,
    orders: Orders,
    /// Where the next values of what is updated are written.
    next: FxHashMap<Target, BufferId>,
    /// Updates that come after all else.
    late: FxHashSet<NodeId>,
    loops: Vec<(LoopId, LoopVariable)>,
}

impl<'g> Planner<'g> {
    fn new(graph: &'g Graph, float: Float, batch: usize) -> Planner<'g> {
        let program = Program {
            float,
            batch,
            buffers: vec![],
            arena_bytes: 0,
            slots: 1,
            scalars: vec![],
            outputs: vec![],
            kernels: vec![],
            products: vec![],
            draws: vec![],
            steps: vec![],
        };
        let memory = Memory {
            graph,
            batch,
            stored: FxHashMap::default(),
            stacks: FxHashMap::default(),
            groups: Default::default(),
            runtime: FxHashMap::default(),
            weights: vec![],
        };
        let mut planner = Planner {
            graph,
            memory,
            float,
            batch,
            program,
            parameters: vec![],
            states: vec![],
            inputs: vec![None; graph.inputs.len()],
            constants: vec![],
            order: BufferId(0),
            orders: Orders::default(),
            next: FxHashMap::default(),
            late: FxHashSet::default(),
            loops: vec![],
        };
        planner.program.buffers.push(Buffer {
            name: "order of rows".into(),
            element: Element::U32,
            elements: 1,
            place: Location::Window { slot: 0 },
            role: Role::Data,
            overwrites: None,
        });
        planner
    }

    /// A piece of the program's memory.
    fn allocate(&mut self, name: &str, element: Element, elements: usize, role: Role) -> BufferId {
        let offset = self.program.arena_bytes;
        let end = offset.saturating_add(elements.saturating_mul(element.bytes()));
        self.program.arena_bytes = end.min(usize::MAX / 2).next_multiple_of(64);
        self.program.buffers.push(Buffer {
            name: name.into(),
            element,
            elements,
            place: Location::Arena { offset },
            role,
            overwrites: None,
        });
        BufferId(self.program.buffers.len() as u32 - 1)
    }

    fn new_stored(&mut self, name: &str, kind: Kind, layout: Layout, float: Float, role: Role) -> Stored {
        let element = if kind.is_whole() { Element::U32 } else { float.element() };
        let buffer = self.allocate(name, element, layout.elements, role);
        Stored { buffer, offset: 0, layout, float }
    }

    fn natural(&self, shape: &[usize]) -> Layout {
        self.ordered(shape, None)
    }
    fn ordered(&self, shape: &[usize], order: Option<Vec<usize>>) -> Layout {
        let order = order.unwrap_or_else(|| (0..shape.len()).collect());
        Layout::padded(shape, &order, self.batch, self.float)
    }

    /// Parameters, states, counters.
    fn place_leaves(&mut self, updates: &[(Target, NodeId)]) {
        let updated: FxHashSet<Target> = updates.iter().map(|u| u.0).collect();
        for what in Runtime::ALL {
            let buffer = self.allocate(what.name(), Element::F64, 1, Role::Scalar);
            self.memory.runtime.insert(what, buffer);
            self.program.scalars.push(buffer);
        }
        for (variables, role) in [(&self.graph.parameters, Role::Parameter), (&self.graph.states, Role::State)] {
            for (number, variable) in variables.iter().enumerate() {
                let target = if role == Role::Parameter {
                    Target::Parameter(number as u32)
                } else {
                    Target::State(number as u32)
                };
                let order = self.orders.targets.get(&target).cloned();
                let layout = self.ordered(&variable.ty.shape, order);
                let stored = self.new_stored(&variable.name, Kind::Real, layout.clone(), self.float, role);
                let binding = Binding { buffer: stored.buffer, shape: variable.ty.shape.clone(), layout };
                if updated.contains(&target) {
                    self.follow(target, binding.buffer);
                }
                if role == Role::Parameter { self.parameters.push(binding) } else { self.states.push(binding) }
            }
        }
        for id in self.graph.ids() {
            let binding = match self.graph.op(id) {
                Op::Leaf(Leaf::Parameter(i)) => &self.parameters[*i as usize],
                Op::Leaf(Leaf::State(i)) => &self.states[*i as usize],
                _ => continue,
            };
            let stored =
                Stored { buffer: binding.buffer, offset: 0, layout: binding.layout.clone(), float: self.float };
            self.memory.stored.insert(id, stored);
        }
    }

    /// Buffers for all values that are kept.
    fn place_values(&mut self, order: &[NodeId], roots: &[NodeId], updates: &[(Target, NodeId)], told: &[bool]) {
        let scalars = values::step_scalars(self.graph);
        let kept = values::keep(self.graph, order, roots, &scalars, told, self.float);
        self.memory.weights = kept.weights.clone();
        self.place_updates(order, updates, &kept.kept, &scalars);
        self.place_groups(order, roots, &kept, &scalars);
        // Stacks first: what is stacked is written there.
        for &id in order {
            if let Op::Stacked { of, x } = *self.graph.op(id) {
                let shape = self.graph.shape(id).to_vec();
                let mut axes: Vec<usize> = (0..shape.len()).collect();
                if shape.first() == Some(&crate::graph::BATCH) {
                    axes.swap(0, 1);
                }
                let layout = if kept.dense[id.index()] {
                    Layout::dense(&shape, self.batch, self.float)
                } else {
                    Layout::padded(&shape, &axes, self.batch, self.float)
                };
                let name = self.name(id);
                let stored = self.new_stored(&name, self.graph.ty(id).kind, layout, self.float, Role::Value);
                self.memory.stored.insert(id, stored);
                // What an inner loop leaves is pushed as a whole; other values are written straight onto the stack.
                let own = self.graph.op(x).loop_used().is_some() || matches!(self.graph.op(x), Op::Leaf(_));
                if !own && kept.kept[x.index()] {
                    self.memory.stacks.entry(x).or_insert((of, id));
                }
            }
        }
        for &id in order {
            if self.memory.stored.contains_key(&id) || self.memory.stacks.contains_key(&id) {
                continue;
            }
            let shape = self.graph.shape(id).to_vec();
            let kind = self.graph.ty(id).kind;
            let name = self.name(id);
            let layout = if kept.dense[id.index()] {
                Layout::dense(&shape, self.batch, self.float)
            } else {
                self.ordered(&shape, self.orders.values.get(&id).cloned())
            };
            let stored = match self.graph.op(id) {
                Op::Leaf(Leaf::Input(number)) => {
                    let row: usize = shape[1..].iter().product();
                    let slot = self.program.slots as u32;
                    self.program.slots += 1;
                    self.inputs[*number as usize] = Some(InputBinding { slot, row, kind });
                    self.new_stored(&name, kind, layout, self.float, Role::Value)
                }
                Op::Leaf(Leaf::Draw(..)) => {
                    let layout = self.natural(&shape);
                    self.new_stored(&name, kind, layout, self.float, Role::Value)
                }
                Op::Leaf(Leaf::Table(numbers, _)) => {
                    let stored = self.new_stored(&name, kind, layout.clone(), self.float, Role::Constant);
                    let values = numbers.iter().map(|n| n.0).collect();
                    self.constants.push((Binding { buffer: stored.buffer, shape, layout }, values));
                    stored
                }
                Op::Leaf(Leaf::Binder(..)) => self.new_stored(&name, kind, layout, self.float, Role::Value),
                Op::Leaf(_) => continue,
                _ if !kept.kept[id.index()] || self.graph.constant_of(id).is_some() => continue,
                _ if scalars[id.index()] => self.new_stored(&name, kind, layout, Float::F64, Role::Scalar),
                _ if told[id.index()] => self.new_stored(&name, kind, layout, Float::F64, Role::Value),
                _ => self.new_stored(&name, kind, layout, self.float, Role::Value),
            };
            self.memory.stored.insert(id, stored);
        }
    }

    fn name(&self, id: NodeId) -> String {
        self.graph.name_of(id).map_or_else(|| format!("v{}", id.0), str::to_string)
    }

    fn push_kernel(&mut self, written: Written) -> Outcome<Command> {
        let arguments = written.places.iter().map(|of| self.variable_of(*of)).collect::<Outcome<_>>()?;
        self.program.kernels.push(written.kernel);
        Ok(Command::Kernel { kernel: KernelId(self.program.kernels.len() as u32 - 1), arguments })
    }
    /// The place of a loop around the kernel: outside of the loop there is none.
    fn variable_of(&self, of: LoopId) -> Outcome<Affine> {
        match self.loops.iter().find(|(known, _)| *known == of) {
            Some((_, variable)) => Ok(Affine::from(*variable)),
            None => {
                let inside = self.graph.ids().find(|id| self.graph.node(*id).loops.contains(&of));
                Err(Refusal { node: inside.unwrap_or(NodeId(0)), why: "is read outside of its loop".into() })
            }
        }
    }

    /// Rows of this batch out of the tables.
    fn gather_inputs(&mut self, order: &[NodeId]) -> Outcome<()> {
        for &id in order {
            let Op::Leaf(Leaf::Input(number)) = self.graph.op(id) else { continue };
            let Some(input) = self.inputs[*number as usize].clone() else { continue };
            let name = self.name(id);
            let element = if input.kind.is_whole() { Element::U32 } else { self.float.element() };
            let place = Location::Table { slot: input.slot };
            self.program.buffers.push(Buffer {
                name: format!("data {name}"),
                element,
                elements: input.row,
                place,
                role: Role::Data,
                overwrites: None,
            });
            let table = BufferId(self.program.buffers.len() as u32 - 1);
            let stored = self.memory.stored[&id].clone();
            let written = kernels::gather_input(
                &format!("rows of {name}"),
                self.float,
                &stored,
                self.graph.shape(id),
                table,
                self.order,
                &input,
            )?;
            let step = self.push_kernel(written)?;
            self.program.steps.push(step);
        }
        Ok(())
    }

    fn destination(&self, id: NodeId) -> Destination {
        let stack = self.memory.stacks.get(&id).copied();
        let stored = self.memory.stored[&stack.map_or(id, |s| s.1)].clone();
        Destination { id, stored, stack }
    }

    fn steps(&mut self, items: &[Item]) -> Outcome<Vec<Command>> {
        let mut steps = vec![];
        for item in items {
            match item {
                Item::Group(members) => {
                    let all: Vec<Destination> = members.iter().map(|&m| self.destination(m)).collect();
                    let float = all[0].stored.float;
                    let name: Vec<String> = members.iter().map(|&m| self.name(m)).collect();
                    let written = kernels::pointwise(&self.memory, &name.join(", "), float, &all)?;
                    steps.push(self.push_kernel(written)?);
                }
                Item::Single(id) => steps.extend(self.single(*id)?),
                Item::Together(members) => match self.grouped_product(members[0])? {
                    Some(product) => steps.extend(product),
                    None => {
                        for &id in members {
                            steps.extend(self.single(id)?);
                        }
                    }
                },
                Item::Loop { of, body } => steps.extend(self.looped(*of, body)?),
            }
        }
        Ok(steps)
    }

    fn single(&mut self, id: NodeId) -> Outcome<Vec<Command>> {
        if let Some(product) = self.product(id)? {
            return Ok(product);
        }
        let to = self.destination(id);
        let (name, float) = (self.name(id), to.stored.float);
        let written = match self.graph.op(id) {
            Op::Reduce { op, axes, x } => vec![kernels::reduction(&self.memory, &name, float, &to, *op, axes, *x)?],
            Op::Contract(c) => vec![kernels::contraction(&self.memory, &name, float, &to, c)?],
            Op::ScatterAdd { index, values, shared, .. } => {
                let lost = scatters::loses(&self.memory, *index, *shared).then(|| {
                    let layout = self.natural(self.graph.shape(id));
                    let stored = self.new_stored(&format!("{name} lost"), Kind::Real, layout, float, Role::Value);
                    Destination { id, stored, stack: None }
                });
                let rows = (*index, *values, *shared);
                vec![scatters::scatter(&self.memory, &name, float, &to, lost.as_ref(), rows)?]
            }
            Op::Join { axis, parts } => {
                let mut start = 0;
                let mut all = vec![];
                for &part in parts {
                    all.push(kernels::join_part(&self.memory, &name, float, &to, *axis, start, part)?);
                    start += extent(self.graph.shape(part)[*axis], self.batch);
                }
                all
            }
            // What no kernel makes is refused when it is written.
            _ => vec![kernels::pointwise(&self.memory, &name, float, &[to])?],
        };
        written.into_iter().map(|written| self.push_kernel(written)).collect()
    }

    fn finish(mut self, logged: &[Binding], outputs: Vec<Binding>) -> Plan {
        self.program.outputs = logged.iter().map(|b| b.buffer).collect();
        let bytes = |buffer: &Buffer| buffer.elements as u128 * buffer.element.bytes() as u128;
        let total: u128 = self.program.buffers.iter().map(bytes).sum();
        if total <= limits::ADDRESSES {
            arena::share(&mut self.program);
        } else {
            // Nobody has that: it is only said how much.
            self.program.arena_bytes = usize::try_from(total).unwrap_or(usize::MAX);
        }
        // After the memory is shared: what overlaps must not be touched by two steps at once.
        self.program.insert_barriers();
        Plan {
            program: self.program,
            parameters: self.parameters,
            states: self.states,
            inputs: self.inputs,
            order_slot: 0,
            outputs,
            constants: self.constants,
        }
    }
}

#[cfg(test)]
mod tests;
