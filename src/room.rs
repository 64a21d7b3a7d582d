//! What a step needs in memory, and what the interpreter can count: asked before anything is taken.
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::show::shape_text;
use crate::graph::{BATCH, Graph, Leaf, NodeId, Op};
use crate::interpreter::{Interpreter, Real};
use crate::kernel::{Fault, Float};
use crate::limits;
use crate::memory;
use std::cmp::Reverse;

/// A batched graph that will run in a precision, with so many rows of a batch at most.
#[derive(Clone, Copy)]
pub struct Room<'g> {
    pub graph: &'g Graph,
    pub rows: usize,
    pub float: Float,
}

/// Why there is none.
pub enum NoRoom {
    Refused(Box<Diagnostic>),
    /// A mistake of the compiler.
    Fault(Fault),
}

impl Room<'_> {
    /// Whether there is memory for what is learned and kept, and for so many bytes of values.
    ///
    /// # Errors
    /// E0909: the machine has not so much.
    pub fn of_values(self, bytes: u128) -> Result<(), NoRoom> {
        let needed = self.leaves() + bytes;
        let available = memory::available().unwrap_or(limits::ADDRESSES).min(limits::ADDRESSES);
        if needed <= available {
            return Ok(());
        }
        Err(NoRoom::Refused(Box::new(self.too_large(needed, available))))
    }

    /// The same for the interpreter, which writes named functions out.
    ///
    /// # Errors
    /// E0909; E0908: there are more places than its numbers can count.
    pub fn of_interpreter(self, roots: &[NodeId]) -> Result<(), NoRoom> {
        self.counts()?;
        // Constants are in f64 before they are in the precision of the model.
        let is_table = |id: &NodeId| matches!(self.graph.op(*id), Op::Leaf(Leaf::Iota(_) | Leaf::Table(..)));
        let in_f64 = Room { float: Float::F64, ..self };
        let tables: u128 = self.graph.ids().filter(is_table).map(|id| in_f64.bytes(self.graph.shape(id))).sum();
        self.of_values(tables)?;
        let (all, largest) = self.written_out();
        self.of_values(tables + largest)?;
        // Only if all values together would be too much it is looked at closely which of them share memory.
        if memory::available().is_some_and(|free| free < self.leaves() + tables + all) {
            let needed = match self.float {
                Float::F32 => Interpreter::<f32>::needed(self.graph, roots, self.rows),
                Float::F64 => Interpreter::<f64>::needed(self.graph, roots, self.rows),
            };
            let needed = needed.map_err(|reason| NoRoom::Fault(Fault { place: "the interpreter".into(), reason }))?;
            self.of_values(tables + needed)?;
        }
        Ok(())
    }

    fn counts(self) -> Result<(), NoRoom> {
        let (most, precision) = match self.float {
            Float::F32 => (f32::WHOLE, "f32"),
            Float::F64 => (f64::WHOLE, "f64"),
        };
        let count = |id: NodeId| self.graph.ty(id).kind.count().filter(|&n| most < n && n != BATCH);
        let Some((id, count)) = self.graph.ids().find_map(|id| Some((id, count(id)?))) else { return Ok(()) };
        let message =
            format!("the interpreter computes with indices as numbers, and in {precision} counts to {most} only");
        let error = Diagnostic::error("E0908", message);
        let error = match self.graph.span_of(id) {
            Some(span) => error.at(span, format!("{count} places")),
            None => error.note(format!("here are {count} places")),
        };
        Err(NoRoom::Refused(Box::new(error.help("native code has no such limit, nor `--precision f64`"))))
    }

    /// The bytes of all values, named functions written out, and of the largest.
    fn written_out(self) -> (u128, u128) {
        let (mut all, mut largest) = (0_u128, 0);
        for id in self.graph.ids() {
            let size = self.bytes(self.graph.shape(id));
            let (inner, most) = match self.graph.op(id) {
                Op::Named(op, arguments) => {
                    let mut written = Graph::new();
                    let holes: Vec<NodeId> =
                        arguments.iter().map(|&a| written.hole(self.graph.ty(a).clone())).collect();
                    (op.definition)(&mut written, &holes);
                    Room { graph: &written, ..self }.written_out()
                }
                _ => (0, 0),
            };
            all = all.saturating_add(size).saturating_add(inner);
            largest = largest.max(size).max(most);
        }
        (all, largest)
    }

    fn bytes(self, shape: &[usize]) -> u128 {
        let extents = shape.iter().map(|&n| if n == BATCH { self.rows } else { n } as u128);
        extents.fold(self.float.bytes() as u128, |product, n| product.saturating_mul(n))
    }

    /// What is learned and kept, which is in f64 before it is given to an executor.
    fn leaves(self) -> u128 {
        let in_f64 = Room { float: Float::F64, ..self };
        let variables = self.graph.parameters.iter().chain(&self.graph.states);
        variables.map(|v| in_f64.bytes(&v.ty.shape) + self.bytes(&v.ty.shape)).sum()
    }

    /// What is said of a step that needs more memory than is free.
    pub fn too_large(self, needed: u128, available: u128) -> Diagnostic {
        let graph = self.graph;
        let mut largest: Vec<(u128, String, Option<Span>)> = vec![];
        for variable in graph.parameters.iter().chain(&graph.states) {
            let size = self.bytes(&variable.ty.shape);
            largest.push((
                size,
                format!("`{}` {}", variable.name, shape_text(&variable.ty.shape)),
                Some(variable.span),
            ));
        }
        let unnamed = graph.ids().filter(|id| graph.name_of(*id).is_none() && !matches!(graph.op(*id), Op::Leaf(_)));
        for id in graph.names().map(|n| n.0).chain(unnamed) {
            let shape = graph.shape(id);
            let name = graph.name_of(id).map_or_else(|| "a value".to_string(), |name| format!("`{name}`"));
            let own: Vec<usize> = shape.iter().copied().filter(|n| *n != BATCH).collect();
            let times = if own.len() < shape.len() { format!(", {} times", self.rows) } else { String::new() };
            largest.push((self.bytes(shape), format!("{name} {}{times}", shape_text(&own)), graph.span_of(id)));
        }
        largest.sort_by_key(|value| Reverse(value.0));
        largest.dedup_by(|a, b| a.1 == b.1);
        largest.truncate(3);
        let message =
            format!("this needs {} of memory, and {} are free", memory::text(needed), memory::text(available));
        let error = Diagnostic::error("E0909", message);
        let (error, shown) = match largest.first() {
            Some((size, name, Some(span))) => (error.at(*span, format!("{name}: {}", memory::text(*size))), 1),
            _ => (error, 0),
        };
        let rest = largest.iter().skip(shown).map(|(size, name, _)| format!("{name}: {}", memory::text(*size)));
        let rest: Vec<String> = rest.collect();
        let which = if shown == 0 { "the largest are" } else { "next come" };
        let error = match rest.is_empty() {
            true => error,
            false => error.note(format!("{which} {}", rest.join(" and "))),
        };
        let smaller = if graph.inputs.is_empty() {
            "smaller values need less"
        } else {
            "a smaller `batch` and smaller values need less"
        };
        error.help(smaller)
    }
}
