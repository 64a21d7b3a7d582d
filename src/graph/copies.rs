//! Copies of loops within one arena. A walk over nodes in their order (substitution, lifting, recognition, what needs fewer loops around) copies
//! those whose bodies it changes: what a copy carries, when it begins and when it is finished is said here, once.
use super::{Binder, Graph, Leaf, LoopId, NodeId, Op};
use rustc_hash::FxHashMap;

/// Loops and their copies.
#[derive(Default)]
pub struct LoopCopies(FxHashMap<LoopId, LoopId>);

impl LoopCopies {
    /// The copy of a loop; itself, if it is not copied.
    pub fn of(&self, of: LoopId) -> LoopId {
        self.0.get(&of).copied().unwrap_or(of)
    }

    /// Comes before the walk makes the image of a node that belongs to a loop. If the node stands for what a copied loop carries,
    /// that is its image. A copy has the binders that the walk meets, which are those that are needed, in the order of their numbers.
    ///
    /// `start` gives the first value of what is carried, `next` the next one, or nothing where the walk did not meet it.
    pub fn visit(
        &mut self,
        graph: &mut Graph,
        op: &Op,
        is_copied: impl Fn(LoopId) -> bool,
        start: impl FnOnce(&mut Graph, &Binder) -> NodeId,
        next: impl Fn(&mut Graph, &Binder) -> Option<NodeId>,
    ) -> Option<NodeId> {
        match *op {
            Op::Leaf(Leaf::Binder(of, number)) if is_copied(of) => {
                let to = self.begin(graph, of);
                let binder = graph.looped(of).binders[number as usize].clone();
                let init = start(graph, &binder);
                return Some(graph.add_binder(to, init, binder.ty.kind, binder.ty.varying));
            }
            Op::Leaf(Leaf::LoopIndex(of)) | Op::Element { of, .. } if is_copied(of) => _ = self.begin(graph, of),
            // By now the whole body has images.
            Op::Last { of, .. } | Op::Stacked { of, .. } => {
                if let Some(&to) = self.0.get(&of) {
                    let binders = graph.looped(of).binders.clone();
                    let images: Vec<NodeId> = binders.iter().filter_map(|binder| next(graph, binder)).collect();
                    images.into_iter().enumerate().for_each(|(number, next)| graph.set_next(to, number, next));
                }
            }
            _ => {}
        }
        None
    }

    /// The copy of a loop: a new one, without binders, if there is none.
    pub fn begin(&mut self, graph: &mut Graph, of: LoopId) -> LoopId {
        *self.0.entry(of).or_insert_with(|| {
            let (length, reverse, origin) =
                (graph.looped(of).length, graph.looped(of).reverse, graph.looped(of).origin);
            let to = graph.begin_loop(length, reverse, &[]);
            graph.loops[to.0 as usize].origin = origin;
            to
        })
    }
}
