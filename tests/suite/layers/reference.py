"""PyTorch's values and gradients of every layer, cell, norm, activation and loss of the prelude: writes `reference.json` beside this file.

    python3 -m venv env && env/bin/pip install torch
    env/bin/python tests/suite/layers/reference.py

A case is an expression in Gradus and the same in PyTorch, of values that come from a formula of small whole numbers, as in
`tests/suite/layers.rs`. `c` has the shape of the answer y; of the loss Σ c y the gradient by c is y itself. All numbers are float64.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def value(at, shape, modulus):
    """The value number `at` of a case: numbers in -1 to 1 that look like chance."""
    numbers = [2 * (389 * (k + 31 * at + 1) % modulus) / modulus - 1 for k in range(math.prod(shape))]
    return torch.tensor(numbers).reshape(shape).requires_grad_()


CASES = []


def case(name, gradus, shapes, answer, torch_of, modulus=1009, beside=""):
    """`beside` are lines of the program that declare what is no parameter."""
    CASES.append((name, gradus, shapes, answer, torch_of, modulus, beside))


def image(x):
    # In PyTorch 2.15 `batch_norm` differentiates wrongly what is not contiguous; differences say so.
    return x.movedim(-1, 0).contiguous()


def back(x):
    return x.movedim(0, -1).contiguous()


def conv(x, w, b=None, **options):
    """A convolution of one example, channels last, with a kernel [sizes…, in, out]."""
    kernel = w.movedim((-1, -2), (0, 1))
    axes = x.dim() - 1
    return back((F.conv1d, F.conv2d)[axes - 1](image(x)[None], kernel, b, **options)[0])


def transposed(x, w, b=None, **options):
    """The kernel is [sizes…, in / groups, out]; PyTorch wants [in, out / groups, sizes…]."""
    groups = options.get("groups", 1)
    *sizes, into, out = w.shape
    kernel = w.reshape(*sizes, into, groups, out // groups).movedim((-2, -3, -1), (0, 1, 2))
    kernel = kernel.reshape(groups * into, out // groups, *sizes)
    axes = x.dim() - 1
    return back((F.conv_transpose1d, F.conv_transpose2d)[axes - 1](image(x)[None], kernel, b, **options)[0])


def pool(function, x, *arguments, **options):
    return back(function(image(x)[None], *arguments, **options)[0])


def unpool(number, d, x, size):
    """Where `x` has its greatest comes from PyTorch's pooling; `d` is put there."""
    _, at = (F.max_pool1d, F.max_pool2d)[number - 1](image(x)[None], size, return_indices=True)
    return back((F.max_unpool1d, F.max_unpool2d)[number - 1](image(d)[None], at, size)[0])


def padded(x, *around):
    """Zeros before and behind each axis, the last axes first; the channels stay."""
    return back(F.pad(image(x), around))


# Convolutions over one axis.
one = {"x": [11, 3]}
case("conv1d", "conv1d(x, 4, 3)", one | {"y.w": [3, 3, 4], "y.b": [4]}, [9, 4], lambda v: conv(v["x"], v["y.w"], v["y.b"]))
case("conv1d_one_tap", "conv1d(x, 2, 1)", one | {"y.w": [1, 3, 2], "y.b": [2]}, [11, 2],
     lambda v: conv(v["x"], v["y.w"], v["y.b"]))
case("conv1d_whole", "conv1d(x, 2, 11, bias = false)", one | {"y.w": [11, 3, 2]}, [1, 2], lambda v: conv(v["x"], v["y.w"]))
case("conv1d_stride", "conv1d(x, 4, 3, stride = 3)", one | {"y.w": [3, 3, 4], "y.b": [4]}, [3, 4],
     lambda v: conv(v["x"], v["y.w"], v["y.b"], stride=3))
case("conv1d_all", "conv1d(x, 4, 3, stride = 2, dilation = 3, padding = 2)", one | {"y.w": [3, 3, 4], "y.b": [4]}, [5, 4],
     lambda v: conv(v["x"], v["y.w"], v["y.b"], stride=2, dilation=3, padding=2))
case("conv1d_same", "conv1d(x, 4, 4, padding = same)", one | {"y.w": [4, 3, 4], "y.b": [4]}, [11, 4],
     lambda v: conv(v["x"], v["y.w"], v["y.b"], padding="same"))
case("conv1d_causal", "conv1d(x, 4, 3, dilation = 2, padding = causal)", one | {"y.w": [3, 3, 4], "y.b": [4]}, [11, 4],
     lambda v: conv(padded(v["x"], 4, 0), v["y.w"], v["y.b"], dilation=2))
case("conv1d_groups", "conv1d(x, 6, 3, groups = 3, padding = 1)", one | {"y.w": [3, 1, 6], "y.b": [6]}, [11, 6],
     lambda v: conv(v["x"], v["y.w"], v["y.b"], groups=3, padding=1))
case("conv1d_one_place", "conv1d(x, 2, 3, padding = same)", {"x": [1, 1], "y.w": [3, 1, 2], "y.b": [2]}, [1, 2],
     lambda v: conv(v["x"], v["y.w"], v["y.b"], padding="same"))

# Over two.
two = {"x": [7, 6, 4]}
case("conv2d", "conv2d(x, 5, 3)", two | {"y.w": [3, 3, 4, 5], "y.b": [5]}, [5, 4, 5], lambda v: conv(v["x"], v["y.w"], v["y.b"]))
case("conv2d_by_axis", "conv2d(x, 3, [2, 3], stride = [2, 1], dilation = [1, 2], padding = [1, 2])",
     two | {"y.w": [2, 3, 4, 3], "y.b": [3]}, [4, 6, 3],
     lambda v: conv(v["x"], v["y.w"], v["y.b"], stride=(2, 1), dilation=(1, 2), padding=(1, 2)))
case("conv2d_same_by_axis", "conv2d(x, 3, [3, 2], padding = [same, valid])", two | {"y.w": [3, 2, 4, 3], "y.b": [3]}, [7, 5, 3],
     lambda v: conv(v["x"], v["y.w"], v["y.b"], padding=(1, 0)))
case("conv2d_same_stride", "conv2d(x, 3, 3, stride = 2, padding = same)", two | {"y.w": [3, 3, 4, 3], "y.b": [3]}, [4, 3, 3],
     lambda v: conv(padded(v["x"], 0, 1, 1, 1), v["y.w"], v["y.b"], stride=2))
case("conv2d_groups", "conv2d(x, 6, 2, groups = 2, stride = 3)", two | {"y.w": [2, 2, 2, 6], "y.b": [6]}, [2, 2, 6],
     lambda v: conv(v["x"], v["y.w"], v["y.b"], groups=2, stride=3))
case("conv2d_depthwise", "conv2d(x, 4, 3, groups = 4, bias = false, activation = tanh)", two | {"y.w": [3, 3, 1, 4]}, [5, 4, 4],
     lambda v: torch.tanh(conv(v["x"], v["y.w"], groups=4)))
case("conv2d_patches", "conv2d(x, 5, 3, stride = 3)", {"x": [6, 9, 2], "y.w": [3, 3, 2, 5], "y.b": [5]}, [2, 3, 5],
     lambda v: conv(v["x"], v["y.w"], v["y.b"], stride=3))

# Transposed.
case("conv1d_transposed", "conv1d_transposed(x, 4, 3)", one | {"y.w": [3, 3, 4], "y.b": [4]}, [13, 4],
     lambda v: transposed(v["x"], v["y.w"], v["y.b"]))
case("conv1d_transposed_all", "conv1d_transposed(x, 4, 3, stride = 3, dilation = 2, padding = 1, output_padding = 2)",
     one | {"y.w": [3, 3, 4], "y.b": [4]}, [35, 4],
     lambda v: transposed(v["x"], v["y.w"], v["y.b"], stride=3, dilation=2, padding=1, output_padding=2))
case("conv1d_transposed_same", "conv1d_transposed(x, 4, 4, stride = 2, padding = same)", one | {"y.w": [4, 3, 4], "y.b": [4]}, [22, 4],
     lambda v: transposed(v["x"], v["y.w"], v["y.b"], stride=2, padding=1))
case("conv1d_transposed_groups", "conv1d_transposed(x, 6, 2, stride = 2, groups = 3)", one | {"y.w": [2, 1, 6], "y.b": [6]}, [22, 6],
     lambda v: transposed(v["x"], v["y.w"], v["y.b"], stride=2, groups=3))
case("conv2d_transposed", "conv2d_transposed(x, 5, 3, stride = 2, padding = 1, output_padding = 1)",
     {"x": [3, 4, 2], "y.w": [3, 3, 2, 5], "y.b": [5]}, [6, 8, 5],
     lambda v: transposed(v["x"], v["y.w"], v["y.b"], stride=2, padding=1, output_padding=1))
case("conv2d_transposed_by_axis", "conv2d_transposed(x, 4, [2, 3], stride = [1, 3], groups = 2, bias = false)",
     {"x": [3, 2, 2], "y.w": [2, 3, 1, 4]}, [4, 6, 4],
     lambda v: transposed(v["x"], v["y.w"], stride=(1, 3), groups=2))

# Pooling.
case("max_pool1d", "max_pool1d(x, 2)", one, [5, 3], lambda v: pool(F.max_pool1d, v["x"], 2))
case("max_pool1d_all", "max_pool1d(x, 3, stride = 2, padding = 1, dilation = 2)", one, [5, 3],
     lambda v: pool(F.max_pool1d, v["x"], 3, stride=2, padding=1, dilation=2))
case("max_pool1d_ties", "max_pool1d(x, 4, stride = 2)", one, [4, 3], lambda v: pool(F.max_pool1d, v["x"], 4, stride=2), modulus=3)
case("max_pool2d", "max_pool2d(x, 2)", two, [3, 3, 4], lambda v: pool(F.max_pool2d, v["x"], 2))
case("max_pool2d_by_axis", "max_pool2d(x, [3, 2], stride = [1, 2], padding = [1, 0])", two, [7, 3, 4],
     lambda v: pool(F.max_pool2d, v["x"], (3, 2), stride=(1, 2), padding=(1, 0)))
case("max_pool2d_ties", "max_pool2d(x, 2)", two, [3, 3, 4], lambda v: pool(F.max_pool2d, v["x"], 2), modulus=3)
case("max_unpool1d", "max_unpool1d(d, x, 3)", {"d": [4, 3], "x": [12, 3]}, [12, 3],
     lambda v: unpool(1, v["d"], v["x"], 3))
case("max_unpool1d_ties", "max_unpool1d(d, x, 4)", {"d": [3, 2], "x": [12, 2]}, [12, 2],
     lambda v: unpool(1, v["d"], v["x"], 4), modulus=3)
case("max_unpool2d", "max_unpool2d(d, x, [3, 2])", {"d": [2, 4, 3], "x": [6, 8, 3]}, [6, 8, 3],
     lambda v: unpool(2, v["d"], v["x"], (3, 2)))
case("upsample1d", "upsample1d(x, 3)", {"x": [4, 3]}, [12, 3], lambda v: pool(F.interpolate, v["x"], scale_factor=3))
case("upsample2d", "upsample2d(x, [2, 3])", {"x": [3, 4, 2]}, [6, 12, 2],
     lambda v: pool(F.interpolate, v["x"], scale_factor=(2, 3)))
case("mean_pool1d", "mean_pool1d(x, 3)", one, [3, 3], lambda v: pool(F.avg_pool1d, v["x"], 3))
case("mean_pool1d_all", "mean_pool1d(x, 4, stride = 3, padding = 2)", one, [4, 3],
     lambda v: pool(F.avg_pool1d, v["x"], 4, stride=3, padding=2))
case("mean_pool2d", "mean_pool2d(x, [2, 3])", two, [3, 2, 4], lambda v: pool(F.avg_pool2d, v["x"], (2, 3)))
case("mean_pool2d_all", "mean_pool2d(x, 3, stride = 2, padding = 1)", two, [4, 3, 4],
     lambda v: pool(F.avg_pool2d, v["x"], 3, stride=2, padding=1))

# Dense layers and tables.
case("dense", "dense(x, 5)", {"x": [4], "y.w": [5, 4], "y.b": [5]}, [5], lambda v: F.linear(v["x"], v["y.w"], v["y.b"]))
case("dense_mapped", "dense(x, 2, bias = false)", {"x": [3, 5, 4], "y.w": [2, 4]}, [3, 5, 2], lambda v: F.linear(v["x"], v["y.w"]))
case("neuron", "neuron(x, activation = sigmoid)", {"x": [6, 4], "y.w": [4], "y.b": []}, [6],
     lambda v: torch.sigmoid(v["x"] @ v["y.w"] + v["y.b"]))
case("embedding", "embedding(k, 3)", {"y.w": [5, 3]}, [4, 3], lambda v: F.embedding(torch.tensor([2, 0, 2, 4]), v["y.w"]),
     beside="input k: [4] class(5)\ndata { k: [2, 0, 2, 4] }\n")
case("learned_positions", "learned_positions(x)", {"x": [6, 4], "y.w": [6, 4]}, [6, 4], lambda v: v["x"] + v["y.w"])


# Cells.
def recurrent(kind, v, path, reverse=False):
    w, u, b = (v[f"{path}.{name}"] for name in ("w", "u", "b"))
    net = kind(w.shape[1], u.shape[1]).double()
    values = {"weight_ih_l0": w, "weight_hh_l0": u, "bias_ih_l0": b, "bias_hh_l0": torch.zeros_like(b)}
    x = v["x"].flip(0) if reverse else v["x"]
    y = torch.func.functional_call(net, values, (x,))[0]
    return y.flip(0) if reverse else y


def of_cell(path, n, m, gates):
    return {f"{path}.w": [gates * m, n], f"{path}.u": [gates * m, m], f"{path}.b": [gates * m]}


cells = {"rnn": (torch.nn.RNN, 1), "lstm": (torch.nn.LSTM, 4), "gru": (torch.nn.GRU, 3)}
for name, (kind, gates) in cells.items():
    case(name, f"{name}(x, 5)", {"x": [7, 3]} | of_cell("y", 3, 5, gates), [7, 5], lambda v, kind=kind: recurrent(kind, v, "y"))
    case(f"{name}_one_step", f"{name}(x, 2)", {"x": [1, 3]} | of_cell("y", 3, 2, gates), [1, 2],
         lambda v, kind=kind: recurrent(kind, v, "y"))
    case(f"{name}_both_ways", f"bidirectional(x, 2, {name})",
         {"x": [6, 3]} | of_cell("y.forward", 3, 2, gates) | of_cell("y.backward", 3, 2, gates), [6, 4],
         lambda v, kind=kind: torch.cat([recurrent(kind, v, "y.forward"), recurrent(kind, v, "y.backward", True)], -1))

# Attention.
qkv = {"q": [5, 3], "k": [4, 3], "v": [4, 2]}
case("attention", "attention(q, k, v)", qkv, [5, 2], lambda v: F.scaled_dot_product_attention(v["q"], v["k"], v["v"]))
case("attention_causal", "attention(q, k, v, causal = true)", qkv, [5, 2],
     lambda v: F.scaled_dot_product_attention(v["q"], v["k"], v["v"], is_causal=True))


def self_attention(v, heads, causal=False, bias=True):
    x, n = v["x"], v["x"].shape[-1]
    net = torch.nn.MultiheadAttention(n, heads, bias=bias, batch_first=True).double()
    values = {"in_proj_weight": v["y.qkv.w"], "out_proj.weight": v["y.out.w"]}
    if bias:
        values |= {"in_proj_bias": v["y.qkv.b"], "out_proj.bias": v["y.out.b"]}
    mask = torch.ones(len(x), len(x), dtype=torch.bool).triu(1) if causal else None
    return torch.func.functional_call(net, values, (x[None],) * 3, dict(attn_mask=mask, need_weights=False))[0][0]


of_heads = {"y.qkv.w": [18, 6], "y.qkv.b": [18], "y.out.w": [6, 6], "y.out.b": [6]}
for heads in (1, 3):
    case(f"self_attention_{heads}", f"self_attention(x, {heads})", {"x": [5, 6]} | of_heads, [5, 6],
         lambda v, heads=heads: self_attention(v, heads))
case("self_attention_causal", "self_attention(x, 2, causal = true, bias = false)",
     {"x": [5, 6], "y.qkv.w": [18, 6], "y.out.w": [6, 6]}, [5, 6], lambda v: self_attention(v, 2, True, False))

# Norms.
case("layer_norm", "layer_norm(x)", {"x": [3, 5], "y.gain": [5], "y.bias": [5]}, [3, 5],
     lambda v: F.layer_norm(v["x"], [5], v["y.gain"], v["y.bias"]))
case("rms_norm", "rms_norm(x)", {"x": [3, 5], "y.gain": [5]}, [3, 5], lambda v: F.rms_norm(v["x"], [5], v["y.gain"], 1e-5))
case("batch_norm", "batch_norm(x)", {"x": [6, 5], "y.gain": [5], "y.bias": [5]}, [6, 5],
     lambda v: F.batch_norm(v["x"], None, None, v["y.gain"], v["y.bias"], training=True))
case("batch_norm_image", "batch_norm(x)", {"x": [3, 4, 2], "y.gain": [2], "y.bias": [2]}, [3, 4, 2],
     lambda v: back(F.batch_norm(image(v["x"])[None], None, None, v["y.gain"], v["y.bias"], training=True)[0]))
for groups in (1, 3, 6):
    case(f"group_norm_{groups}", f"group_norm(x, {groups})", {"x": [3, 4, 6], "y.gain": [6], "y.bias": [6]}, [3, 4, 6],
         lambda v, groups=groups: back(F.group_norm(image(v["x"])[None], groups, v["y.gain"], v["y.bias"])[0]))

# Activations.
for gradus, function in {
    "relu(x)": F.relu,
    "leaky_relu(x, slope = 0.2)": lambda x: F.leaky_relu(x, 0.2),
    "elu(x, alpha = 0.7)": lambda x: F.elu(x, 0.7),
    "gelu(3 x)": lambda x: F.gelu(3 * x),
    "gelu_tanh(3 x)": lambda x: F.gelu(3 * x, approximate="tanh"),
    "silu(3 x)": lambda x: F.silu(3 * x),
    "mish(3 x)": lambda x: F.mish(3 * x),
    "softplus(9 x)": lambda x: F.softplus(9 * x, threshold=1e9),
    "sigmoid(9 x)": lambda x: torch.sigmoid(9 * x),
    "logit(sigmoid(x))": lambda x: torch.logit(torch.sigmoid(x)),
    "tanh(3 x)": lambda x: torch.tanh(3 * x),
    "erf(x)": torch.erf,
    "clip(x, -0.5, 0.25)": lambda x: torch.clamp(x, -0.5, 0.25),
    "softmax(9 x)": lambda x: F.softmax(9 * x, -1),
    "log_softmax(9 x)": lambda x: F.log_softmax(9 * x, -1),
}.items():
    case(gradus, gradus, {"x": [3, 7]}, [3, 7], lambda v, function=function: function(v["x"]))
case("logsumexp", "logsumexp(9 x)", {"x": [3, 7]}, [3], lambda v: torch.logsumexp(9 * v["x"], -1))

# Losses.
pair = {"x": [3, 7], "t": [3, 7]}
for gradus, function in {
    "squared_error(x, t)": lambda x, t: F.mse_loss(x, t, reduction="none"),
    "absolute_error(x, t)": lambda x, t: F.l1_loss(x, t, reduction="none"),
    "huber(x, t, delta = 0.6)": lambda x, t: F.huber_loss(x, t, reduction="none", delta=0.6),
    "binary_cross_entropy(sigmoid(9 x), sigmoid(t))":
        lambda x, t: F.binary_cross_entropy_with_logits(9 * x, torch.sigmoid(t), reduction="none"),
    "logistic_loss(9 x, sigmoid(t))":
        lambda x, t: F.binary_cross_entropy_with_logits(9 * x, torch.sigmoid(t), reduction="none"),
    "binary_cross_entropy(clip(0.4 x + 0.5, 0.01, 0.99), sigmoid(t))":
        lambda x, t: F.binary_cross_entropy(0.4 * x + 0.5, torch.sigmoid(t), reduction="none"),
    "hinge(x, sigmoid(t))": lambda x, t: torch.relu(1 - (2 * torch.sigmoid(t) - 1) * x),
}.items():
    case(gradus, gradus, pair, [3, 7], lambda v, function=function: function(v["x"], v["t"]))
case("cross_entropy", "cross_entropy(softmax(9 x), softmax(t))", pair, [3],
     lambda v: F.cross_entropy(9 * v["x"], F.softmax(v["t"], -1), reduction="none"))
case("kl", "kl(softmax(x), softmax(t))", pair, [3],
     lambda v: F.kl_div(F.log_softmax(v["x"], -1), F.softmax(v["t"], -1), reduction="none").sum(-1))

rows = []
for name, gradus, shapes, answer, torch_of, modulus, beside in CASES:
    shapes = {"c": answer} | shapes
    values = {path: value(at, shape, modulus) for at, (path, shape) in enumerate(shapes.items())}
    y = torch_of(values)
    assert list(y.shape) == answer, (name, list(y.shape), answer)
    (values["c"] * y).sum().backward()
    gradients = {path: [float(f"{number:.13g}") for number in (torch.zeros_like(value) if value.grad is None else value.grad).flatten().tolist()] for path, value in values.items()}
    rows.append({"name": name, "gradus": gradus, "beside": beside, "modulus": modulus, "order": list(shapes), "shapes": shapes, "gradients": gradients})

made_by = f"tests/suite/layers/reference.py, with PyTorch {torch.__version__.split('+')[0]}"
cases = ",\n".join("  " + json.dumps(row) for row in rows)
text = f'{{\n "made by": {json.dumps(made_by)},\n "cases": [\n{cases}\n ]\n}}\n'
pathlib.Path(__file__).with_name("reference.json").write_text(text)
print(len(rows), "cases")
