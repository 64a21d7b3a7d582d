"""Where the peers' parameters are in the programs of `models/`: the path there, and how the numbers lie. What is not in the table
bears the peers' name and lies as theirs does."""

from typing import NamedTuple


class Lies(NamedTuple):
    axes: str  # numpy.einsum's: the peers' axes -> the program's
    split: tuple = None  # what the peers' shape is taken apart into before
    rows: bool = False  # afterwards all axes behind the first are one


KERNEL = Lies("oihw->hwio")
WINDOW = Lies("oihw->ohwi", rows=True)  # the same as a matrix, by what flatten makes of a window
PIXELS = Lies("oihw->ohwi", split=(64, 32, 5, 5), rows=True)  # a matrix behind flatten: channels first -> last


def block(k):
    """A block of the gpt that is made of layers."""
    a = {"g1": "1.gain", "a1": "1.bias", "qkv": "2.qkv.w", "qkvb": "2.qkv.b", "o": "2.out.w", "ob": "2.out.b"}
    rest = {"g2": "1.gain", "a2": "1.bias", "u": "2.w", "ub": "2.b", "d": "3.w", "db": "3.b"}
    return {f"l{k}.{p}": f"h.{k}.a.{path}" for p, path in a.items()} | {f"l{k}.{p}": f"h.{k}.{path}" for p, path in rest.items()}


def block_by_hand(k):
    names = ["g1", "a1", "qkv", "qkvb", "o", "ob", "g2", "a2", "u", "ub", "d", "db"]
    return {f"l{k}.{p}": f"l.{k}.{p}" for p in names}


NAMES = {
    "cnn": {
        "k1": ("a.w", KERNEL), "c1": "a.b",
        "k2": ("b.w", KERNEL), "c2": "b.b",
        "w1": ("h.w", PIXELS), "b1": "h.b",
        "w2": "y.w", "b2": "y.b",
    },
    "by_hand/cnn": {"k1": ("k1", WINDOW), "k2": ("k2", WINDOW), "w1": ("w1", PIXELS)},
    "lstm": {"wi": "h.w", "wh": "h.u", "bi": "h.b", "w1": "y.w", "b1": "y.b"},
    "gpt": {"tok": "e.1.w", "pos": "e.2.w", **block(0), **block(1), "gf": "y.1.gain", "af": "y.1.bias", "head": "y.2.w"},
    "by_hand/gpt": {**block_by_hand(0), **block_by_hand(1)},
}  # fmt: skip


def place(program, name):
    entry = NAMES.get(program, {}).get(name, name)
    return entry if isinstance(entry, tuple) else (entry, None)


def there(program, parameters):
    """The peers' parameters as the program has them."""
    import numpy

    found = {}
    for name, values in parameters.items():
        path, lies = place(program, name)
        if lies:
            values = numpy.einsum(lies.axes, values.reshape(lies.split or values.shape))
            values = values.reshape(len(values), -1) if lies.rows else values
        found[path] = numpy.ascontiguousarray(values)
    return found


def back(program, found, shapes):
    """The program's parameters as the peers have them, whose names and shapes are given."""
    import numpy

    paths = {place(program, name)[0] for name in shapes}
    if found.keys() != paths:
        raise RuntimeError(f"{program} has {sorted(found)}, where {sorted(paths)} were wanted: see names.py")
    parameters = {}
    for name, shape in shapes.items():
        path, lies = place(program, name)
        values = found[path]
        if lies:
            before, after = lies.axes.split("->")
            size = dict(zip(before, lies.split or shape))
            values = numpy.einsum(f"{after}->{before}", values.reshape([size[axis] for axis in after]))
        parameters[name] = values.reshape(shape)
    return parameters
