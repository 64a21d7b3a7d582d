"""What PyTorch and Keras make of the examples in `docs/prelude.md`: writes PyTorch's numbers to `reference.json` beside this file,
after Keras' were found to be the same.

    python3 -m venv env && env/bin/pip install torch keras
    env/bin/python tests/suite/prelude/reference.py

All numbers are float64. Inputs and parameters come from a formula of small whole numbers, as in `tests/suite/prelude.rs`. A layer of PyTorch
or Keras gets its parameters when it is made, in the layout that it has there. Of losses and metrics, which both tools average over the
batch by themselves, there is one number. Optimizers, schedules and initial values are only made: `tests/optimizers` compares those.
"""

import json
import math
import os
import pathlib
import re

os.environ["KERAS_BACKEND"] = "torch"

import keras
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
keras.config.set_floatx("float64")
keras.config.disable_traceback_filtering()
ROOT = pathlib.Path(__file__).parents[3]
ROWS = 6


def fraction(k, factor, modulus):
    """A number in -1/2 to 1/2 that looks like chance."""
    return (factor * k % modulus) / modulus - 0.5


def numbers(at, *shape):
    """The input number `at`."""
    values = [4 * fraction(k + 7 * at + 1, 29, 73) for k in range(ROWS * math.prod(shape))]
    return torch.tensor(values, dtype=torch.float64).reshape(ROWS, *shape)


def parameter(at, *shape):
    """The parameter number `at` of a layer."""
    values = [fraction(k + 10 * at + 1, 13, 41) for k in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def torch_parameters(layer):
    """A layer's parameters by PyTorch's names, from ours."""
    match layer:
        case torch.nn.Linear():
            out, n = layer.weight.shape
            return {"weight": parameter(0, out, n), "bias": parameter(1, out)}
        case torch.nn.Conv1d():
            out, n, size = layer.weight.shape
            return {"weight": parameter(0, size, n, out).permute(2, 1, 0), "bias": parameter(1, out)}
        case torch.nn.Conv2d():
            out, n, *size = layer.weight.shape
            return {"weight": parameter(0, *size, n, out).permute(3, 2, 0, 1), "bias": parameter(1, out)}
        case torch.nn.ConvTranspose1d():
            n, out, size = layer.weight.shape
            return {"weight": parameter(0, size, n, out).permute(1, 2, 0), "bias": parameter(1, out)}
        case torch.nn.ConvTranspose2d():
            n, out, *size = layer.weight.shape
            return {"weight": parameter(0, *size, n, out).permute(2, 3, 0, 1), "bias": parameter(1, out)}
        case torch.nn.MultiheadAttention():
            n = layer.embed_dim
            of = {"in_proj_weight": parameter(0, 3 * n, n), "in_proj_bias": parameter(1, 3 * n)}
            return of | {"out_proj.weight": parameter(2, n, n), "out_proj.bias": parameter(3, n)}
        case torch.nn.RNNBase():
            (gates, n), (_, m) = layer.weight_ih_l0.shape, layer.weight_hh_l0.shape
            of = {}
            for at, direction in enumerate(["", "_reverse"][: 1 + layer.bidirectional]):
                of |= {
                    f"weight_ih_l0{direction}": parameter(3 * at, gates, n),
                    f"weight_hh_l0{direction}": parameter(3 * at + 1, gates, m),
                    f"bias_ih_l0{direction}": parameter(3 * at + 2, gates),
                    f"bias_hh_l0{direction}": torch.zeros(gates),
                }
            return of
        case torch.nn.LayerNorm() | torch.nn.BatchNorm1d() | torch.nn.GroupNorm():
            return {"weight": parameter(0, *layer.weight.shape), "bias": parameter(1, *layer.bias.shape)}
        case torch.nn.Embedding() | torch.nn.RMSNorm():
            return {"weight": parameter(0, *layer.weight.shape)}
        case _:
            return {}


def keras_parameters(layer):
    """A layer's parameters in Keras' order, from ours."""
    shapes = [tuple(weight.shape) for weight in layer.weights]
    match layer:
        case keras.layers.Dense():
            n, out = shapes[0]
            return [parameter(0, out, n).T, parameter(1, out)]
        case keras.layers.Conv1DTranspose() | keras.layers.Conv2DTranspose():
            *size, out, n = shapes[0]
            return [parameter(0, *size, n, out).transpose(-1, -2), parameter(1, out)]
        case keras.layers.Conv1D() | keras.layers.Conv2D():
            return [parameter(0, *shapes[0]), parameter(1, *shapes[1])]
        case keras.layers.SimpleRNN() | keras.layers.LSTM():
            (n, gates), (m, _) = shapes[:2]
            return [parameter(0, gates, n).T, parameter(1, gates, m).T, parameter(2, gates)]
        case keras.layers.Bidirectional():
            (n, gates), (m, _) = shapes[:2]
            ways = [[parameter(k, gates, n).T, parameter(k + 1, gates, m).T, parameter(k + 2, gates)] for k in (0, 3)]
            return ways[0] + ways[1]
        case keras.layers.MultiHeadAttention():
            n, heads, d = shapes[0]
            w, b = parameter(0, 3 * n, n).chunk(3), parameter(1, 3 * n).chunk(3)
            of = [part for w, b in zip(w, b) for part in (w.T.reshape(n, heads, d), b.reshape(heads, d))]
            return of + [parameter(2, n, n).T.reshape(heads, d, n), parameter(3, n)]
        case keras.layers.GRU():
            (n, gates), (m, _) = shapes[:2]
            r, z, new = range(0, m), range(m, 2 * m), range(2 * m, gates)
            order = [*z, *r, *new]
            bias = torch.stack([parameter(2, gates)[order], torch.zeros(gates)])
            return [parameter(0, gates, n)[order].T, parameter(1, gates, m)[order].T, bias]
        case keras.layers.BatchNormalization():
            return [parameter(0, *shapes[0]), parameter(1, *shapes[1]), torch.zeros(shapes[2]), torch.ones(shapes[3])]
        case _:
            return [parameter(at, *shape) for at, shape in enumerate(shapes)]


class Torch:
    """`torch.nn`, whose layers are filled as they are made."""

    init = torch.nn.init

    def __getattr__(self, name):
        def make(*arguments, **options):
            layer = getattr(torch.nn, name)(*arguments, **options).double()
            layer.load_state_dict(torch_parameters(layer), strict=False)
            return layer

        return make


class Keras:
    """`keras.layers`, whose layers are filled before they are called."""

    def __getattr__(self, name):
        def make(*arguments, **options):
            arguments = [getattr(argument, "layer", argument) for argument in arguments]
            layer = getattr(keras.layers, name)(*arguments, **options)

            def call(*values, **how):
                # The first call makes the weights.
                layer(*values, **how)
                layer.set_weights([weight.numpy() for weight in keras_parameters(layer)])
                return layer(*values, **how)

            call.layer = layer
            return call

        return make


x, y, xs, z, u, v = numbers(0, 4), numbers(1, 4), numbers(2, 10, 4), numbers(3, 3), numbers(4), numbers(5)
t = numbers(6, 4)
k = torch.tensor([row % 3 for row in range(ROWS)])
s = torch.tensor([row * row % 4 == 1 for row in range(ROWS)])
p, p3, t3 = torch.sigmoid(v), F.softmax(z, dim=-1), F.softmax(x[:, :3], dim=-1)
img = numbers(9, 6, 5, 4)
data = dict(img=img, x=x, y=y, xs=xs, z=z, u=u, v=v, t=t, k=k, s=s, p=p, p3=p3, t3=t3)


def pytorch(text):
    w = [torch.zeros(3, 4, requires_grad=True)]
    optimizer = torch.optim.SGD(w, lr=0.1)
    known = dict(torch=torch, F=F, nn=Torch(), optim=torch.optim, lr_scheduler=torch.optim.lr_scheduler, math=math)
    known |= dict(w=w[0] if "init" in text else w, o=optimizer, steps=1000, per=10)
    return eval(text, known | data)


def in_keras(text):
    return eval(text, vars(keras) | dict(layers=Keras(), steps=1000, per=10) | data)


rows = {}
group = name = None
for line in (ROOT / "docs/prelude.md").read_text().splitlines():
    if line.startswith("## "):
        group = line[3:]
    elif line.startswith("### "):
        name, found, keras_value = line[4:], {}, None
    elif match := re.fullmatch(r"\| (Gradus|Keras|PyTorch) \| `(.*)` \|", line):
        found[match[1]] = match[2]
        if match[1] == "Keras":
            keras_value = in_keras(match[2])
        if match[1] == "PyTorch":
            value = pytorch(match[2])
            if group not in ("Layers", "Activations", "Losses", "Metrics"):
                continue
            value = value.detach().double()
            if keras_value is not None:
                keras_value = torch.as_tensor(keras_value).detach().double()
                assert value.shape == keras_value.shape, (name, value.shape, keras_value.shape)
                away = (value - keras_value).abs().max().item()
                # Some of Keras' constants and results are float32, whatever one asks for.
                assert away < 2e-6, f"{name}: Keras is {away} away from PyTorch"
            rows[name] = found | {"values": value.flatten().tolist()}

texts = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
made_by = f"tests/suite/prelude/reference.py, with PyTorch {torch.__version__.split('+')[0]} and Keras {keras.__version__}"
text = f'{{\n "made by": {json.dumps(made_by)},\n "rows": {{\n{texts}\n }}\n}}\n'
pathlib.Path(__file__).with_name("reference.json").write_text(text)
