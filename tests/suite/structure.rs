//! What a training step does not do, read off its graph and its program: whatever the machine, none of it is timed.
use gradus::graph::{BATCH, Graph, Leaf, NodeId, Op};
use gradus::kernel::{Command, Float, Program, Role};
use gradus::model::Options;
use gradus::pipeline::{self, Batched};
use gradus::vector::Extent;

/// A program's training step, batched and planned.
struct Planned {
    batched: Batched,
    program: Program,
    rows: usize,
}

#[track_caller]
fn plan(text: &str, rows: usize) -> Planned {
    let source = pipeline::read("model.nn", text, &Options::default());
    assert!(source.diagnostics.is_empty(), "{:?}", source.diagnostics);
    let batched = pipeline::batched(&pipeline::training_step(&source.training.unwrap()), true);
    let program = pipeline::planned(&batched, Float::F32, rows).unwrap().program;
    Planned { batched, program, rows }
}

impl Planned {
    /// Everything that a step computes.
    fn nodes(&self) -> Vec<NodeId> {
        let updates = self.batched.updates.iter().map(|u| u.1);
        let roots: Vec<NodeId> = updates.chain(self.batched.logged.iter().map(|l| l.1)).collect();
        self.graph().reachable(&roots)
    }
    fn graph(&self) -> &Graph {
        &self.batched.graph
    }
    /// The largest buffer that holds a value, in elements of one example.
    fn largest_value(&self) -> usize {
        let values = self.program.buffers.iter().filter(|buffer| buffer.role == Role::Value);
        values.map(|buffer| buffer.elements.div_ceil(self.rows)).max().unwrap()
    }
    /// The shapes of parameters with two axes or more.
    fn matrices(&self) -> Vec<&[usize]> {
        self.graph().parameters.iter().map(|p| &p.ty.shape[..]).filter(|shape| shape.len() > 1).collect()
    }
    /// Products of matrices that the steps take, those in loops once.
    fn products(&self) -> usize {
        products(&self.program.steps)
    }
}

fn products(steps: &[Command]) -> usize {
    let of = |step: &Command| match step {
        Command::Product(_) => 1,
        Command::Loop { body, .. } => products(body),
        _ => 0,
    };
    steps.iter().map(of).sum()
}

fn loops(steps: &[Command]) -> Vec<&[Command]> {
    steps.iter().filter_map(|step| if let Command::Loop { body, .. } = step { Some(&body[..]) } else { None }).collect()
}

/// Layers of these widths with a class at the end.
fn network(widths: &[usize]) -> String {
    let (input, hidden, classes) = (widths[0], &widths[1..widths.len() - 1], widths[widths.len() - 1]);
    let hidden: String = hidden.iter().map(|width| format!(" |> dense({width}) |> relu")).collect();
    format!(
        "input x: [{input}]\ntarget t: class({classes})\nh = x{hidden}\ny = softmax(dense(h, {classes}))\n\
         loss = cross_entropy(y, t)\ntrain {{ minimize loss; optimizer momentum(rate = 0.1); epochs 1 }}\n"
    )
}

/// An Elman net of 5 moments with 20 sensors and 24 units.
const ELMAN: &str = "input x: [5, 20]
target t: class(3)
layer elman(xs: [t, n], m) {
    param u: [m, n]
    param w: [m, m]
    param b: [m]
    fold v in xs with h = zeros(m) { tanh(u v + w h + b) }
}
h = elman(x, 24)
loss = cross_entropy(softmax(dense(h, 3)), t)
train { minimize loss; optimizer sgd(rate = 0.1); epochs 1 }
";

/// Two states, gates, all moments wanted, from the end to the beginning.
const GATED: &str = "input x: [5, 20]
target t: class(3)
layer gated(xs: [t, n], m) {
    param u: [m, n], v: [m, n], w: [m, m], b: [m]
    (hs, cs) = scan q in reverse(xs) with h = zeros(m), c = zeros(m) {
        g = sigmoid(v q + w h + b)
        c = g * c + (1 - g) * tanh(u q)
        (tanh(c), c)
    }
    hs + cs
}
h = mean(gated(x, 24), axis = 0)
loss = cross_entropy(softmax(dense(h, 3)), t)
train { minimize loss; optimizer sgd(rate = 0.1); epochs 1 }
";

#[test]
fn a_convolution_reads_its_windows_in_place() {
    // In the second one the windows would hold 5 · 8 numbers a moment, in its input gradient likewise.
    let planned = plan(
        "input x: [32, 8]
target t: class(3)
h = x |> conv1d(8, 5, dilation = 2, padding = causal) |> relu |> conv1d(8, 5, dilation = 3, padding = causal) |> relu
y = softmax(dense(mean(h, axis = 0), 3))
loss = cross_entropy(y, t)
train { minimize loss; optimizer sgd(rate = 0.1); epochs 1 }
",
        16,
    );
    // 32 moments and the 12 before the first, of 8 channels in rows of 16.
    let padded = (32 + 3 * 4) * 16;
    assert!(planned.largest_value() <= padded, "{}", planned.program.text());
    assert!(padded < 32 * 5 * 8);
}

#[test]
fn no_buffer_has_a_gradient_for_each_example() {
    for (text, rows) in [(network(&[64, 128, 96, 32]), 64), (ELMAN.into(), 32), (GATED.into(), 32)] {
        let planned = plan(&text, rows);
        let smallest = planned.matrices().iter().map(|shape| shape.iter().product::<usize>()).min().unwrap();
        // The last layer's matrix is the smallest; what is larger for one example than it is a stack of states.
        let states = 5 * 32;
        let largest = planned.largest_value();
        assert!(largest < smallest || largest <= states, "{largest} of {smallest}: {}", planned.program.text());
        for id in planned.nodes() {
            if let [BATCH, shape @ ..] = planned.graph().shape(id) {
                assert!(!planned.matrices().contains(&shape), "%{} of {text}", id.0);
            }
        }
    }
}

#[test]
fn the_first_layer_has_no_input_gradient() {
    for widths in [&[11, 3][..], &[11, 20, 3], &[11, 20, 30, 3], &[11, 20, 30, 40, 50, 3]] {
        let planned = plan(&network(widths), 32);
        let layers = widths.len() - 1;
        assert_eq!(planned.products(), 3 * layers - 1, "{}", planned.program.text());
        let computed = |id: &NodeId| {
            let is_leaf = matches!(planned.graph().op(*id), Op::Leaf(Leaf::Input(_)));
            planned.graph().shape(*id) == [BATCH, 11] && !is_leaf
        };
        assert_eq!(planned.nodes().into_iter().find(computed), None, "{}", planned.program.text());
    }
}

/// A net and its second derivative by an input: `z`, `z′` and `z″` of a layer share its weight.
const BENT: &str = "input x
model u(x) = [x] |> dense(24) |> tanh |> dense(24) |> tanh |> neuron
y = u(x)
loss = (∂²y/∂x² + y)²
train { minimize loss; optimizer sgd(rate = 0.01); epochs 1; batch 10 }
data { x ~ uniform(0, 1); rows 20 }
";

#[test]
fn streams_of_a_layer_are_one_product() {
    let step = plan(BENT, 10);
    let [of_three, others] = [3, 2].map(|count| {
        let with =
            |p: &&gradus::vector::Product| p.rows.first().is_some_and(|axis| axis.extent == Extent::Fixed(count));
        step.program.products.iter().filter(with).count()
    });
    // The second layer's forward and backward products.
    assert_eq!((of_three, others), (2, 0), "{}", step.program.text());
}

#[test]
fn what_is_the_same_for_all_examples_is_multiplied_once() {
    // The derivatives of the first layer are columns of its weight: no example has a gradient of the weight's shape.
    let two = BENT.replace("input x\n", "input x, t\n").replace("u(x)", "u(x, t)").replace("[x]", "[x, t]");
    let two = two.replace("∂²y/∂x²", "∂²y/∂x² + ∂²y/∂t²").replace("rows 20", "t ~ uniform(0, 1)\n rows 20");
    let step = plan(&two, 10);
    for id in step.nodes() {
        assert!(step.graph().shape(id) != [BATCH, 24, 2], "{:?}", step.graph().op(id));
    }
}

#[test]
fn a_backward_loop_carries_nothing_of_a_parameters_shape() {
    for text in [ELMAN, GATED] {
        let planned = plan(text, 32);
        let used: Vec<_> = planned.nodes().iter().filter_map(|id| planned.graph().op(*id).loop_used()).collect();
        assert!(used.len() >= 2);
        for binder in used.iter().flat_map(|of| &planned.graph().looped(*of).binders) {
            let whole = &binder.ty.shape[..];
            let shape = whole.strip_prefix(&[BATCH]).unwrap_or(whole);
            assert!(!planned.matrices().contains(&shape), "{whole:?}");
            // Of an example's shape, so it is no sum over the batch either.
            assert_eq!(whole.first(), Some(&BATCH), "{whole:?}");
        }
    }
}

#[test]
fn a_parameters_products_are_taken_after_the_loop() {
    let planned = plan(ELMAN, 32);
    let bodies = loops(&planned.program.steps);
    let [forward, backward] = bodies[..] else { panic!("{}", planned.program.text()) };
    // `w h` and, unless it was taken for all moments at once, `u v`; `wᵀ δ`.
    assert!(products(forward) <= 2, "{}", planned.program.text());
    assert_eq!(products(backward), 1, "{}", planned.program.text());
}

#[test]
fn a_thousand_layers_are_twice_the_work_of_five_hundred() {
    let of = |layers: usize| {
        let planned = plan(
            &format!(
                "input x: [4]\ny = neuron(repeat i in 0..{layers} with h = x {{ tanh(dense(h, 4)) }})\n\
                 train {{ minimize y^2; optimizer sgd(rate = 0.1); epochs 1 }}\n"
            ),
            8,
        );
        let program = &planned.program;
        [
            ("nodes", planned.nodes().len()),
            ("rewrites", planned.batched.rewrites),
            ("kernels", program.kernels.len()),
            ("instructions", program.kernels.iter().map(|kernel| kernel.registers.len()).sum()),
            ("steps", program.steps.len()),
            ("buffers", program.buffers.len()),
            ("bytes", program.arena_bytes),
        ]
    };
    for ((what, short), (_, long)) in of(500).into_iter().zip(of(1000)) {
        assert!(long as f64 <= 2.1 * short as f64, "{what}: {short} and {long}");
    }
}

/// A derivative in a program is that of the recognised form. Where the loop of a net is spelled out in functions that are recognised, it runs no
/// more often than where they are called by their names.
#[test]
fn a_recognised_loop_runs_once() {
    let program = |activation: &str| {
        format!(
            "input x: [6, 4]\ntarget t\nfn act(z) = {activation}\n\
             layer elman(xs: [t, n], m) {{\n    param w: [m, n], u: [m, m], b: [m] = 0\n    fold v in xs with h = zeros(m) {{ act(w v + u h + b) }}\n}}\n\
             h = elman(x, 8)\ny = neuron(h)\nfit = (y - t)^2\ng = grad(fit, h.u)\nloss = fit + 0.1 * norm(g)^2\n\
             train {{ minimize loss; epochs 1 }}\n"
        )
    };
    let count = |activation: &str| {
        let planned = plan(&program(activation), 16);
        (loops(&planned.program.steps).len(), planned.products())
    };
    let named = count("softplus(z)");
    assert!(named.0 >= 3, "{named:?}");
    assert_eq!(count("log(1 + exp(z))"), named);
    assert_eq!(count("max(z, 0) + log(1 + exp(-abs(z)))"), named);
}

/// A matrix's optimizer writes all of its next values in one kernel, over the old ones: also where one keeps the weight from before.
#[test]
fn next_values_are_written_in_place() {
    let own = "optimizer own(w, g, rate = 0.1) {
    state previous = 0, v = 0
    d = w - previous
    previous <- w
    v <- 0.9 v + g
    w <- w - rate * v + 0.5 d
}
";
    for optimizer in ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "own"] {
        let text = format!(
            "input x: [20]\ntarget t: [30]\n{own}param w: [30, 20] ~ normal(1)\nloss = sum((w x - t)^2)\n\
             train {{ minimize loss; optimizer {optimizer}(rate = 0.1); epochs 1 }}\n"
        );
        let source = pipeline::read("model.nn", &text, &Options::default());
        let batched = pipeline::batched(&pipeline::training_step(&source.training.unwrap()), true);
        let program = pipeline::planned(&batched, Float::F32, 8).unwrap().program;
        let next = program.buffers.iter().filter(|buffer| buffer.overwrites.is_some()).count();
        let text = program.text();
        let writes = |kernel: &&str| kernel.contains("] = ") && kernel.contains("    next ");
        assert_eq!(text.split("\nkernel ").filter(writes).count(), 1, "{optimizer}: {text}");
        assert_eq!(next, batched.updates.len());
        let copied = |buffer: &&gradus::kernel::Buffer| buffer.name.starts_with("old ");
        assert!(!program.buffers.iter().any(|buffer| copied(&buffer)), "{optimizer}: {text}");
    }
}
