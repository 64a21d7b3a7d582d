//! Named functions become what they are computed by, and windows that reach beyond their value windows of a padded one.
use crate::graph::rebuild::Rebuild;
use crate::graph::{BATCH, Graph, NodeId, Op, Row, View};
use crate::simplify::{Stage, simplify};

/// The graph in basic classes, simplified once more.
pub fn expand(graph: &Graph, roots: &[NodeId]) -> (Graph, Vec<NodeId>) {
    let mut rebuild = Rebuild::new(graph);
    let roots = rebuild.run(roots, |to, _, op| match op {
        Op::Named(row, arguments) => (row.definition)(to, &arguments),
        op => to.intern(op),
    });
    let simple = simplify(&rebuild.to, &roots, Stage::Simplify);
    let mut rebuild = Rebuild::new(&simple.graph);
    let roots = rebuild.run(&simple.roots, |to, _, op| match op {
        Op::View(view) => windows_of_padded(to, view),
        op => to.intern(op),
    });
    (rebuild.to, roots)
}

/// A window with zeros beyond the ends reads a value that is padded once: no window is ever copied out.
fn windows_of_padded(to: &mut Graph, view: View) -> NodeId {
    let mut rows = view.rows.clone();
    let mut padding: Vec<(usize, usize)> = vec![(0, 0); rows.len()];
    let extents = to.shape(view.x).to_vec();
    for (axis, row) in rows.iter_mut().enumerate() {
        let window = row.terms.len() > 1 && row.divisor == 1 && extents[axis] != BATCH;
        if !window || row.is_total(&view.shape) || row.low != 0 || row.high != extents[axis] as i64 {
            continue;
        }
        let reach = |c: i64, n: usize| c * (n as i64 - 1);
        let least = row.offset + row.terms.iter().map(|&(a, c)| reach(c, view.shape[a]).min(0)).sum::<i64>();
        let most = row.offset + row.terms.iter().map(|&(a, c)| reach(c, view.shape[a]).max(0)).sum::<i64>();
        let before = (-least).max(0);
        let behind = (most + 1 - extents[axis] as i64).max(0);
        padding[axis] = (before as usize, behind as usize);
        row.offset += before;
        row.high += before + behind;
    }
    if padding.iter().all(|p| *p == (0, 0)) {
        return to.intern(Op::View(view));
    }
    let shape: Vec<usize> =
        extents.iter().zip(&padding).map(|(&n, p)| if n == BATCH { n } else { n + p.0 + p.1 }).collect();
    let pads = extents
        .iter()
        .zip(&padding)
        .enumerate()
        .map(|(axis, (&n, p))| Row {
            offset: -(p.0 as i64),
            high: if n == BATCH { i64::MAX } else { n as i64 },
            ..Row::axis(axis, 1)
        })
        .collect();
    let padded = to.intern(Op::View(View { x: view.x, shape, rows: pads }));
    to.intern(Op::View(View { x: padded, shape: view.shape, rows }))
}
