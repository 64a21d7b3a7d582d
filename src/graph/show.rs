//! A graph as text, a line a node: for `gradus show --stage graph` and for tests.
use super::{BATCH, Graph, Kind, Leaf, NodeId, Op};
use std::fmt::Write;

/// The nodes that the roots need, in order, with their types and names.
pub fn show(graph: &Graph, roots: &[NodeId]) -> String {
    let mut out = String::new();
    for id in graph.reachable(roots) {
        let node = graph.node(id);
        let name = graph.name_of(id).map_or(String::new(), |n| format!("  // {n}"));
        let varying = if node.ty.varying { "" } else { " uniform" };
        let inside: String = node.loops.iter().map(|l| format!(" in loop {}", l.0)).collect();
        let _ =
            writeln!(out, "%{:<4}{:<44}: {}{varying}{inside}{name}", id.0, operation(graph, id), type_text(graph, id));
    }
    for (number, l) in graph.loops.iter().enumerate() {
        let direction = if l.reverse { " in reverse" } else { "" };
        let _ = writeln!(out, "loop {number}: {} places{direction}", l.length);
        for (index, b) in l.binders.iter().enumerate() {
            let _ = writeln!(out, "  carries {index}: %{} starts as %{}, next %{}", b.leaf.0, b.init.0, b.next.0);
        }
    }
    let list: Vec<String> = roots.iter().map(|r| format!("%{}", r.0)).collect();
    let _ = writeln!(out, "roots {}", list.join(" "));
    out
}

/// A shape as people write it: `[3, 4]`; `batch` is the axis of examples.
pub fn shape_text(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(|&n| if n == BATCH { "batch".into() } else { n.to_string() }).collect();
    format!("[{}]", sizes.join(", "))
}

/// The indices of an element that stands at this place, row by row.
pub fn indices(mut flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut out = vec![0; shape.len()];
    for (index, extent) in out.iter_mut().zip(shape).rev() {
        *index = flat % extent;
        flat /= extent;
    }
    out
}

fn type_text(graph: &Graph, id: NodeId) -> String {
    let ty = graph.ty(id);
    let kind = match ty.kind {
        Kind::Real => String::new(),
        Kind::Bool => " bool".into(),
        Kind::Index(k) => format!(" index({k})"),
        Kind::Class(_, k) => format!(" class({k})"),
    };
    format!("{}{kind}", shape_text(&ty.shape))
}

fn operation(graph: &Graph, id: NodeId) -> String {
    let labels = |axes: &[u8]| -> String { axes.iter().map(|&l| char::from(b'a' + l)).collect() };
    let operands: Vec<String> = graph.op(id).operands().iter().map(|x| format!("%{}", x.0)).collect();
    let operands = operands.join(" ");
    match graph.op(id) {
        Op::Leaf(leaf) => match leaf {
            Leaf::Constant(value, _) => format!("{}", value.0),
            Leaf::Table(values, _) => format!("table of {}", values.len()),
            Leaf::Iota(n) => format!("0..{n}"),
            Leaf::Input(i) => format!("input {}", graph.inputs[*i as usize].name),
            Leaf::Parameter(i) => format!("param {}", graph.parameters[*i as usize].name),
            Leaf::State(i) => format!("state {}", graph.states[*i as usize].name),
            Leaf::Setting(i) => format!("setting {}", graph.settings[*i as usize].0),
            Leaf::Runtime(what) => what.name().into(),
            Leaf::Binder(of, index) => format!("carried {index} of loop {}", of.0),
            Leaf::LoopIndex(of) => format!("place of loop {}", of.0),
            Leaf::Draw(n, _) => {
                let draw = &graph.draws[*n as usize];
                format!("draw {} of {}", draw.name, draw.noise.name())
            }
            Leaf::Hole(n, _) => format!("hole {n}"),
        },
        Op::Unary(op, _) => format!("{} {operands}", op.name),
        Op::Binary(op, ..) => format!("{} {operands}", op.name),
        Op::Select { .. } => format!("select {operands}"),
        Op::Reduce { op, axes, .. } => format!("{} over {axes:?} {operands}", op.row().name),
        Op::Contract(c) => {
            format!("contract {},{}->{} {operands}", labels(&c.a_axes), labels(&c.b_axes), labels(&c.out_axes))
        }
        Op::View(view) => {
            let rows: Vec<String> = view.rows.iter().map(row_text).collect();
            format!("view {operands} [{}]", rows.join(", "))
        }
        Op::Reshape { .. } => format!("reshape {operands}"),
        Op::Join { axis, .. } => format!("join along {axis} {operands}"),
        Op::OneHot { .. } => format!("onehot {operands}"),
        Op::Gather { shared, .. } => format!("gather {operands} sharing {shared}"),
        Op::ScatterAdd { shared, .. } => format!("scatter_add {operands} sharing {shared}"),
        Op::Named(op, _) => format!("{} {operands}", op.name),
        Op::BatchMean { axes, .. } if axes.is_empty() => format!("batch_mean {operands}"),
        Op::BatchMean { axes, .. } => format!("batch_mean {operands} and over {axes:?}"),
        Op::Element { of, .. } => format!("element {operands} of loop {}", of.0),
        Op::Last { of, .. } => format!("last {operands} of loop {}", of.0),
        Op::Stacked { of, .. } => format!("stacked {operands} of loop {}", of.0),
    }
}

/// `2i + j - 3`, with `i`, `j`, … the view's axes.
fn row_text(row: &super::Row) -> String {
    let mut text = String::new();
    for &(axis, c) in &row.terms {
        let name = char::from(b'i' + axis as u8);
        let sign = if c < 0 {
            "-"
        } else if text.is_empty() {
            ""
        } else {
            "+"
        };
        let factor = if c.abs() == 1 { String::new() } else { c.abs().to_string() };
        let _ = write!(text, "{sign}{factor}{name}");
    }
    if row.offset != 0 || text.is_empty() {
        let _ = write!(text, "{}{}", if row.offset >= 0 && !text.is_empty() { "+" } else { "" }, row.offset);
    }
    if row.divisor != 1 {
        text = format!("({text})/{}", row.divisor);
    }
    text
}
