//! What recognition goes around: of `-log(y[k])` with `y = softmax(z)`, what is left needs `z` and no longer `y`. The derivative by `y` can't be
//! read off what was recognised then; where `y` is needed elsewhere too, only a part of it can.
use crate::graph::{Graph, Leaf, NodeId, Op};
use rustc_hash::{FxHashMap, FxHashSet};

/// A graph before and after recognition.
pub struct Around<'a> {
    before: &'a Graph,
    after: &'a Graph,
    /// Values whose images are known: what is learned and given, and what was kept.
    images: Vec<(NodeId, NodeId)>,
}

impl<'a> Around<'a> {
    pub fn new(before: &'a Graph, after: &'a Graph, kept: impl IntoIterator<Item = (NodeId, NodeId)>) -> Around<'a> {
        let leaf = |graph: &'a Graph, id: NodeId| match graph.op(id) {
            Op::Leaf(leaf @ (Leaf::Input(_) | Leaf::Parameter(_) | Leaf::State(_))) => Some(leaf),
            _ => None,
        };
        let known: FxHashMap<&Leaf, NodeId> = after.ids().filter_map(|id| Some((leaf(after, id)?, id))).collect();
        let mut images: Vec<(NodeId, NodeId)> = kept.into_iter().collect();
        images.extend(before.ids().filter_map(|id| Some((id, *known.get(leaf(before, id)?)?))));
        Around { before, after, images }
    }

    /// Whether a root needs something below `x` without `x` that it needed through `x` alone. Both are given before and after.
    pub fn goes_around(&self, root: (NodeId, NodeId), x: (NodeId, NodeId)) -> bool {
        let below = needed_without(self.after, x.1, None);
        if below.len() == 1 {
            return false;
        }
        let old = needed_without(self.before, root.0, Some(x.0));
        let new = needed_without(self.after, root.1, Some(x.1));
        self.images
            .iter()
            .any(|(m, image)| *image != x.1 && below.contains(image) && new.contains(image) && !old.contains(m))
    }
}

/// What a value needs, but for what it needs through another one.
fn needed_without(graph: &Graph, root: NodeId, without: Option<NodeId>) -> FxHashSet<NodeId> {
    let mut seen = FxHashSet::default();
    let mut todo = vec![root];
    while let Some(id) = todo.pop() {
        if Some(id) != without && seen.insert(id) {
            graph.each_below(id, |x| todo.push(x));
        }
    }
    seen
}
