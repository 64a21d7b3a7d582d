//! Names and words of the language itself, a line each: what it means, how it is used, and where docs/language.md speaks of it.
use super::super::paragraph::wrapped;

/// One entry.
pub struct Word {
    pub name: &'static str,
    /// In a sentence.
    pub meaning: &'static str,
    /// As it stands in a program.
    pub example: &'static str,
    /// A heading of docs/language.md.
    pub section: &'static str,
}

const DECLARATIONS: &str = "Declarations";
const EXPRESSIONS: &str = "Expressions";
const TRUTH: &str = "Truth and classes";
const LISTS: &str = "Lists and indices";
const LAYERS: &str = "Functions, layers, models";
const LOOPS: &str = "Loops";
const DERIVATIVES: &str = "Derivatives";
const FUNCTIONS: &str = "Table of functions";
const TRAINING: &str = "Training";
const OPTIMIZERS: &str = "Optimizers";
const DATA: &str = "Data";
const METRICS: &str = "Metrics and outputs";

const fn word(name: &'static str, section: &'static str, example: &'static str, meaning: &'static str) -> Word {
    Word { name, meaning, example, section }
}

/// All of them, section by section. In the examples `x` and `a` are `[4]`, `xs` is `[10, 4]`, `m` is `[4, 4]`, `v` and `t` are numbers, `k`
/// is a class, `s` a truth value; `w` is a parameter `[4]`, and `loss` a number made of it.
#[rustfmt::skip]
pub const WORDS: &[Word] = &[
    word("input", DECLARATIONS, "input z: [4]", "Declares what is given for each example, also when predicting."),
    word("target", DECLARATIONS, "target z: class(3)", "Declares what is given for each example of training, and is to be found by predicting."),
    word("param", DECLARATIONS, "param u: [3, 4] ~ glorot", "Declares a parameter: what training learns."),
    word("state", DECLARATIONS, "layer mean_so_far(x: [n]) { state c: [n] = 0; c <- 0.9 c + 0.1 batch_mean(x); c }", "Declares what a layer or an optimizer keeps from step to step; `<-` gives its next value."),
    word("require", DECLARATIONS, "fn faded(x, share) { require 0 <= share <= 1, \"how much stays\"; share * x }", "Says what has to hold of arguments, and why."),
    word("weights", DECLARATIONS, "z = w' x; train { minimize loss + 0.01 * norm(weights)^2; epochs 9 }", "All parameters that multiply, as one vector."),
    word("params", DECLARATIONS, "z = neuron(x); size = norm(params(z))", "All parameters as one vector; `params(h)` are those below a name."),
    word("if", EXPRESSIONS, "z = if v > 0 then v else -v", "A choice, element by element; it always has `else`."),
    word("then", EXPRESSIONS, "z = if v > 0 then v else -v", "Stands before the value of an `if` whose condition holds."),
    word("else", EXPRESSIONS, "z = if v > 0 then v else -v", "Stands before the value of an `if` whose condition does not hold."),
    word("and", EXPRESSIONS, "z = v > 0 and s", "Whether both hold."),
    word("or", EXPRESSIONS, "z = v > 0 or s", "Whether one of them holds."),
    word("not", EXPRESSIONS, "z = not s", "Whether it does not hold."),
    word("true", TRUTH, "z = dense(x, 3, bias = true)", "A truth value that is known when compiling."),
    word("false", TRUTH, "z = dense(x, 3, bias = false)", "A truth value that is known when compiling."),
    word("bool", TRUTH, "input z: bool", "The type of a truth value, which counts as 0 or 1 in arithmetic."),
    word("class", TRUTH, "target z: class(3)", "The type of one class among so many: a name, not a number."),
    word("onehot", TRUTH, "z = onehot(k)", "The vector that is 1 at the class and 0 elsewhere."),
    word("concat", LISTS, "z = concat(x, a)", "Puts vectors behind each other, along the last axis or `axis = k`."),
    word("stack", LISTS, "z = stack(x, a)", "Puts values of one shape side by side, along a new first axis or `axis = k`."),
    word("split", LISTS, "(p, q) = split(x, 2)", "Takes a value apart into equal parts, as a tuple."),
    word("reshape", LISTS, "z = reshape(x, [2, 2])", "The same elements in another shape."),
    word("flatten", LISTS, "z = flatten(xs)", "The same elements as one vector."),
    word("transpose", LISTS, "z = transpose(xs, [1, 0])", "The same elements with the axes in another order; of a matrix `m'` does it."),
    word("pad", LISTS, "z = pad(x, 1, 1)", "Puts zeros before and behind, along the last axis or `axis = k`."),
    word("reverse", LISTS, "z = reverse(xs)", "The other way round, along the first axis or `axis = k`."),
    word("cumsum", LISTS, "z = cumsum(x)", "Running sums along the last axis or `axis = k`."),
    word("sort", LISTS, "z = sort(x)", "In ascending order, of itself or of `by = keys`."),
    word("zeros", LISTS, "z = zeros([2, 3])", "A value of this shape that is 0 everywhere."),
    word("ones", LISTS, "z = ones(3)", "A value of this shape that is 1 everywhere."),
    word("identity", LISTS, "z = identity(3)", "The square matrix with 1 on its diagonal."),
    word("linspace", LISTS, "z = linspace(0, 1, 5)", "So many numbers at equal distances, from the first to the last."),
    word("fn", LAYERS, "fn f(x, k = 2) = x^k", "Defines a function, which only computes."),
    word("layer", LAYERS, "layer half(x: [n], m) { param u: [m, n]; u x / 2 }", "Defines a layer: each call in the text has parameters of its own."),
    word("model", LAYERS, "model u(x) = x |> dense(8) |> tanh |> neuron", "Defines a model: its parameters are made once, for all calls."),
    word("batch_mean", LAYERS, "metric z = sqrt(batch_mean((v - t)^2))", "The mean over the examples of the batch; in a metric, over the whole part."),
    word("batch_size", LAYERS, "metric z = batch_mean(v) * batch_size", "How many examples the batch has."),
    word("training", LAYERS, "z = if training then v else 0", "True while training, false elsewhere; known when compiling."),
    word("for", LOOPS, "z = for p in xs { norm(p) }", "Does the same for each part of a value; all results are stacked."),
    word("fold", LOOPS, "z = fold p in xs with h = 0 { tanh(h + p[0]) }", "A loop that carries a state on; its value is the last state."),
    word("scan", LOOPS, "z = scan p in xs with h = 0 { h + p[0] }", "A loop that carries a state on; its value are all states, stacked."),
    word("repeat", LOOPS, "z = repeat n in [8, 6, 5] with h = x { relu(dense(h, n)) }", "A loop that is unrolled: each round has parameters of its own."),
    word("in", LOOPS, "z = for p in xs { norm(p) }", "Stands between the names of a loop and what it runs over."),
    word("with", LOOPS, "z = fold p in xs with h = 0 { tanh(h + p[0]) }", "Says what a loop carries on, and what that starts with."),
    word("grad", DERIVATIVES, "z = grad(loss, w)", "The derivative of the first by the second, also written `∂loss/∂w`."),
    word("jacobian", DERIVATIVES, "z = jacobian(sin(x), x)", "The derivatives of each entry of the first by each entry of the second."),
    word("hessian", DERIVATIVES, "z = hessian(loss, w)", "The second derivatives of a number by each two entries."),
    word("stop_gradient", DERIVATIVES, "z = stop_gradient(loss)", "The value itself, which counts as a constant where it is differentiated."),
    word("exp", FUNCTIONS, "z = exp(x)", "Euler's number to this power."),
    word("expm1", FUNCTIONS, "z = expm1(x)", "`exp(x) - 1`, exact near 0."),
    word("log", FUNCTIONS, "z = log(x)", "The natural logarithm."),
    word("log1p", FUNCTIONS, "z = log1p(x)", "`log(1 + x)`, exact near 0."),
    word("sqrt", FUNCTIONS, "z = sqrt(x)", "The square root."),
    word("rsqrt", FUNCTIONS, "z = rsqrt(x)", "`1 / sqrt(x)`."),
    word("reciprocal", FUNCTIONS, "z = reciprocal(x)", "`1 / x`."),
    word("abs", FUNCTIONS, "z = abs(x)", "The absolute value."),
    word("sign", FUNCTIONS, "z = sign(x)", "1, -1, or 0 of 0."),
    word("floor", FUNCTIONS, "z = floor(x)", "The whole number at or below."),
    word("ceil", FUNCTIONS, "z = ceil(x)", "The whole number at or above."),
    word("round", FUNCTIONS, "z = round(x)", "The nearest whole number; of two the even one."),
    word("mod", FUNCTIONS, "z = mod(x, 2)", "The remainder, with the sign of what is divided by."),
    word("sin", FUNCTIONS, "z = sin(x)", "The sine, of radians."),
    word("cos", FUNCTIONS, "z = cos(x)", "The cosine, of radians."),
    word("tan", FUNCTIONS, "z = tan(x)", "The tangent, of radians."),
    word("asin", FUNCTIONS, "z = asin(x)", "The angle of this sine, in radians."),
    word("acos", FUNCTIONS, "z = acos(x)", "The angle of this cosine, in radians."),
    word("atan", FUNCTIONS, "z = atan(x)", "The angle of this tangent, in radians."),
    word("atan2", FUNCTIONS, "z = atan2(v, t)", "`atan2(y, x)` is the angle of the point (x, y), in radians."),
    word("sinh", FUNCTIONS, "z = sinh(x)", "The hyperbolic sine."),
    word("cosh", FUNCTIONS, "z = cosh(x)", "The hyperbolic cosine."),
    word("asinh", FUNCTIONS, "z = asinh(x)", "The inverse of the hyperbolic sine."),
    word("pi", FUNCTIONS, "z = 2 pi v", "The number π."),
    word("sum", FUNCTIONS, "z = sum(x)", "The sum of all entries, or along `axis = k`."),
    word("prod", FUNCTIONS, "z = prod(x)", "The product of all entries, or along `axis = k`."),
    word("mean", FUNCTIONS, "z = mean(x)", "The mean of all entries of one example, or along `axis = k`; over the examples it is `batch_mean`."),
    word("max", FUNCTIONS, "z = max(x)", "The largest of all entries, or along `axis = k`; `max(a, b)` the larger of two, element by element."),
    word("min", FUNCTIONS, "z = min(x)", "The smallest of all entries, or along `axis = k`; `min(a, b)` the smaller of two, element by element."),
    word("var", FUNCTIONS, "z = var(x)", "The variance of all entries, divided by n, or along `axis = k`."),
    word("std", FUNCTIONS, "z = std(x)", "The standard deviation of all entries, of a population, or along `axis = k`."),
    word("norm", FUNCTIONS, "z = norm(x)", "The length of a vector, √(Σ x²), of all entries or along `axis = k`."),
    word("argmax", FUNCTIONS, "z = argmax(x)", "Where the largest entry is, as a class; of equal ones the first."),
    word("argmin", FUNCTIONS, "z = argmin(x)", "Where the smallest entry is, as a class; of equal ones the first."),
    word("dot", FUNCTIONS, "z = dot(x, a)", "The inner product of two vectors, also written `x · a` and `x' a`."),
    word("infinity", FUNCTIONS, "z = if v > 0 then t else -infinity", "What no number exceeds, also written `∞`: a score of `-∞` is nothing to `softmax`, and the least for `max`."),
    word("convolve1d", FUNCTIONS, "z = convolve1d(xs, ones([3, 4, 2]), 1, 1, padding = valid)", "What `conv1d` is made of: a convolution with the kernel `[size, in, out]` that is given."),
    word("convolve2d", FUNCTIONS, "z = convolve2d(reshape(xs, [5, 4, 2]), ones([3, 3, 2, 6]), padding = same)", "What `conv2d` is made of: a convolution with the kernel `[height, width, in, out]` that is given."),
    word("convolve1d_transposed", FUNCTIONS, "z = convolve1d_transposed(xs, ones([3, 4, 2]), stride = 2)", "What `conv1d_transposed` is made of, with the kernel `[size, in, out]` that is given."),
    word("convolve2d_transposed", FUNCTIONS, "z = convolve2d_transposed(reshape(xs, [5, 4, 2]), ones([3, 3, 2, 6]), stride = 2)", "What `conv2d_transposed` is made of, with the kernel `[height, width, in, out]` that is given."),
    word("windows", FUNCTIONS, "z = max(windows(xs, 3, stride = 2), axis = 1)", "Successive entries as an axis of their own, as pooling reduces them: of `[t, n]` windows of 3 are `[places, 3, n]`."),
    word("shape", LISTS, "z = reshape(x, shape(m[0..1]))", "The sizes of a value's axes, as a list that is known when compiling."),
    word("per_axis", LISTS, "z = windows(reshape(xs, [5, 4, 2]), per_axis(2, 2))", "One number as a list of so many, or the list itself: the size of a window in a layer of one's own."),
    word("train", TRAINING, "train { minimize loss; epochs 60 }", "The section that says what is made small, and how; in `data`, `train where …` says which rows are for training."),
    word("minimize", TRAINING, "train { minimize loss; epochs 60 }", "What training makes small: one number for each example, whose mean counts. In a claim, that number."),
    word("batch", TRAINING, "train { minimize loss; batch 32; epochs 60 }", "How many rows each step takes, or `all`; 32 if nothing is said."),
    word("epochs", TRAINING, "train { minimize loss; epochs 60 }", "How often training goes through all rows; in a formula, that number."),
    word("steps", TRAINING, "train { minimize loss; steps 1000 }", "How many steps training takes; in a formula, that number."),
    word("seed", TRAINING, "train { minimize loss; epochs 60; seed 7 }", "What initial values and the order of rows follow from; 1 if nothing is said."),
    word("clip", TRAINING, "train { minimize loss; epochs 60; clip norm 1 }", "Shortens the gradients, all alike, where the norm of all of them together is more."),
    word("freeze", TRAINING, "z = dense(x, 3); train { minimize loss + sum(z); epochs 60; freeze z }", "Leaves what is below a name as it begins: parameters, and states of layers."),
    word("start", TRAINING, "train { minimize loss; epochs 60; start \"base.safetensors\" }", "Begins with the weights of a file, as far as paths and shapes fit; `gradus run --weights` takes all of them."),
    word("stop", TRAINING, "train { minimize loss; epochs 60; stop when loss has not improved for 10 }", "Ends training early: when a number has not improved for so many epochs, whose best parameters are kept, or when a condition holds."),
    word("use", LAYERS, "", "`use \"blocks.nn\"` brings in the functions, layers, models and optimizers of another file; with `as b` they are called `b.block`."),
    word("optimizer", OPTIMIZERS, "train { minimize loss; optimizer adam(rate = 1e-3); epochs 60 }", "Says in `train` how parameters change in a step; at the top level it defines a way of one's own."),
    word("step", OPTIMIZERS, "train { minimize loss; optimizer sgd(rate = 1 / step); steps 9 }", "The number of the step, from 1."),
    word("epoch", OPTIMIZERS, "train { minimize loss; optimizer sgd(rate = 1 / epoch); epochs 9 }", "The number of the epoch, from 1."),
    word("gradients", OPTIMIZERS, "optimizer clipped(w, g, rate = 1) { w <- w - rate * g / norm(gradients) }", "All gradients as one vector, in an optimizer."),
    word("data", DATA, "data \"d.csv\" { x = [p .. q] }", "The section that says where the examples come from."),
    word("file", DATA, "data { x = file(\"x.npy\") }", "The array that another file holds."),
    word("all", DATA, "data \"d.csv\" { x = all except t }", "`all except t` are all columns but these, as a vector."),
    word("except", DATA, "data \"d.csv\" { x = all except t }", "`all except t` are all columns but these, as a vector."),
    word("standardize", DATA, "data \"d.csv\" { standardize x }", "Brings columns to mean 0 and deviation 1 of the training part; `t.mean` and `t.std` are what was learned."),
    word("fill", DATA, "data \"d.csv\" { fill x with mean }", "Says what stands for a missing value."),
    word("test", DATA, "data \"d.csv\" { test 0.2 }", "Which rows are kept for the end, to be judged once."),
    word("validation", DATA, "data \"d.csv\" { validation 0.1 }", "Which rows are judged after each epoch, and not learned from."),
    word("weight", DATA, "data \"d.csv\" { weight = q }", "How much each row counts in the objective; `weight balanced t` makes classes count equally (class_weight, sample_weight)."),
    word("rows", DATA, "data { x ~ normal(0, 1); rows 2000 }", "How many examples are drawn."),
    word("same", DATA, "input p, q: class(4)\ndata \"d.csv\" { same classes p, q }", "`same classes p, q` makes one list of the names of two columns, which is learned from both."),
    word("metric", METRICS, "metric accuracy = (v > 0.5) == s", "What is measured beside the loss: one number for each example, whose mean is shown."),
    word("output", METRICS, "z = 2 x; output z", "What `gradus predict` gives; without it, `y`."),
    word("window", DATA, "data \"d.csv\" { window 25 }", "Makes one example of so many successive rows; `by person` never across two recordings, `step 50` so far apart."),
];

/// The entry of a name, for a terminal.
pub fn entry(name: &str) -> Option<String> {
    let word = WORDS.iter().find(|word| word.name == name)?;
    let example = if word.example.is_empty() { String::new() } else { format!("\n    {}\n", word.example) };
    let anchor = word.section.to_lowercase().replace(',', "").replace(' ', "-");
    Some(format!("{}\n\n{}\n{example}\nMore: docs/language.md#{anchor}\n", word.name, wrapped(word.meaning)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::of_the_language;
    use crate::pipeline;

    /// What the examples speak of.
    const BEFORE: &str = "input x, a: [4], xs: [10, 4], m: [4, 4], v: [], k: class(3)\ntarget t: [], s: bool\nparam w: [4]\n\
                          loss = (w' x - t)^2\n";

    const RESERVED: [&str; 13] =
        ["if", "then", "else", "and", "or", "not", "true", "false", "fold", "scan", "for", "repeat", "with"];

    #[test]
    fn every_name_and_word_has_an_entry() {
        for name in of_the_language().into_iter().chain(RESERVED) {
            let has_entry = entry(name).is_some() || super::super::entry(name).is_some();
            assert!(!RESERVED.contains(&name) || crate::syntax::is_reserved(name), "{name}");
            assert!(has_entry, "`gradus explain {name}` has no answer");
        }
    }

    #[test]
    fn examples_are_right() {
        for word in WORDS.iter().filter(|word| !word.example.is_empty()) {
            let source = pipeline::read("model.nn", &format!("{BEFORE}{}\n", word.example), &Default::default());
            let errors: Vec<_> = source.diagnostics.iter().filter(|said| said.is_error()).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", word.name);
            assert!(word.example.contains(word.name), "{}", word.name);
        }
    }

    #[test]
    fn sections_are_there() {
        let text = include_str!("../../../docs/language.md");
        for word in WORDS {
            assert!(text.contains(&format!("\n## {}\n", word.section)), "{}: {}", word.name, word.section);
            assert!(word.meaning.ends_with('.'), "{}", word.name);
        }
    }
}
