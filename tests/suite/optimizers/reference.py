"""What PyTorch's optimizers make of the net in `model.nn`: writes `reference.json` beside this file.

    python3 -m venv env && env/bin/pip install torch
    env/bin/python tests/suite/optimizers/reference.py

All numbers are float64. Rows and first parameters come from a formula of small whole numbers, so that both sides begin with the
same bits. There are 24 rows in batches of 4, in their order; they can't be fitted exactly, so gradients stay large and no optimizer
divides a small number by a small number, which would amplify rounding. The objective is the mean over the batch.

A case is named as a `.nn` file spells its optimizer. Behind it stands PyTorch's, and its schedule if there is one, with what the
schedule counts.
"""

import json
import math
import pathlib

import torch
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from torch.optim import lr_scheduler as schedules

ROWS, BATCH, MARKS = 24, 4, (100, 1000)
STEPS = MARKS[-1]
SHAPES = [(3, 3), (3,), (2, 3), (2,)]

CASES = {
    "sgd": (lambda p: SGD(p), None),
    "sgd(rate = 0.05)": (lambda p: SGD(p, lr=0.05), None),
    "sgd(rate = 0.05, decay = 0.1)": (lambda p: SGD(p, lr=0.05, weight_decay=0.1), None),
    "momentum": (lambda p: SGD(p, momentum=0.9), None),
    "momentum(rate = 0.01, momentum = 0.8, decay = 0.1)": (
        lambda p: SGD(p, lr=0.01, momentum=0.8, weight_decay=0.1),
        None,
    ),
    "nesterov": (lambda p: SGD(p, momentum=0.9, nesterov=True), None),
    "nesterov(rate = 0.01, momentum = 0.8, decay = 0.1)": (
        lambda p: SGD(p, lr=0.01, momentum=0.8, weight_decay=0.1, nesterov=True),
        None,
    ),
    "adagrad": (lambda p: Adagrad(p), None),
    "adagrad(rate = 0.1, eps = 0.01, decay = 0.1)": (lambda p: Adagrad(p, lr=0.1, eps=0.01, weight_decay=0.1), None),
    "rmsprop": (lambda p: RMSprop(p), None),
    "rmsprop(rate = 0.003, alpha = 0.9, eps = 0.01, decay = 0.1)": (
        lambda p: RMSprop(p, lr=0.003, alpha=0.9, eps=0.01, weight_decay=0.1),
        None,
    ),
    "adam": (lambda p: Adam(p), None),
    "adam(rate = 0.01, beta1 = 0.8, beta2 = 0.95, eps = 0.01, decay = 0.1)": (
        lambda p: Adam(p, lr=0.01, betas=(0.8, 0.95), eps=0.01, weight_decay=0.1),
        None,
    ),
    "adamw": (lambda p: AdamW(p), None),
    "adamw(rate = 0.01, beta1 = 0.8, beta2 = 0.95, eps = 0.01, decay = 0.1)": (
        lambda p: AdamW(p, lr=0.01, betas=(0.8, 0.95), eps=0.01, weight_decay=0.1),
        None,
    ),
    "sgd(rate = step_decay(0.05, by = 0.7, every = 20))": (
        lambda p: SGD(p, lr=0.05),
        ("epoch", lambda o: schedules.StepLR(o, step_size=20, gamma=0.7)),
    ),
    "adam(rate = exponential(0.01, by = 0.98))": (
        lambda p: Adam(p, lr=0.01),
        ("epoch", lambda o: schedules.ExponentialLR(o, gamma=0.98)),
    ),
    "momentum(rate = cosine(0.01))": (
        lambda p: SGD(p, lr=0.01, momentum=0.9),
        ("step", lambda o: schedules.CosineAnnealingLR(o, T_max=STEPS)),
    ),
    "adamw(rate = warm_up(0.01, 30))": (
        lambda p: AdamW(p, lr=0.01),
        ("step", lambda o: schedules.LinearLR(o, start_factor=1 / 30, total_iters=29)),
    ),
    # PyTorch's default begins at a 25th of the highest rate and goes along a cosine; with these options it is a line from zero and
    # back, as in the paper.
    "sgd(rate = one_cycle(0.05, peak = 0.25))": (
        lambda p: SGD(p),
        (
            "step",
            lambda o: schedules.OneCycleLR(
                o,
                max_lr=0.05,
                total_steps=STEPS,
                pct_start=0.25,
                anneal_strategy="linear",
                cycle_momentum=False,
                div_factor=0.25 * STEPS,
                final_div_factor=math.inf,
            ),
        ),
    ),
}


def fraction(k, factor, modulus):
    """A number in -1/2 to 1/2 that looks like chance."""
    return (factor * k % modulus) / modulus - 0.5


def tensor(shape, number):
    return torch.tensor([number(k) for k in range(math.prod(shape))], dtype=torch.float64).reshape(shape)


def trained(optimizer, schedule):
    """The parameters, one after the other, after so many steps as `MARKS` says."""
    x = tensor((ROWS, 3), lambda k: 4 * fraction(k, 29, 73))
    t = tensor((ROWS, 2), lambda k: 2 * fraction(k, 17, 49))
    w, b, u, c = parameters = [
        tensor(shape, lambda k, at=at: fraction(k + 10 * at + 1, 13, 41)).requires_grad_() for at, shape in enumerate(SHAPES)
    ]
    optimizer = optimizer(parameters)
    counts, schedule = (schedule[0], schedule[1](optimizer)) if schedule else (None, None)
    marks = {}
    for step in range(1, STEPS + 1):
        first = (step - 1) * BATCH % ROWS
        rows = slice(first, first + BATCH)
        y = torch.tanh(x[rows] @ w.T + b) @ u.T + c
        optimizer.zero_grad()
        ((y - t[rows]) ** 2).sum(dim=1).mean().backward()
        optimizer.step()
        if counts == "step" or (counts == "epoch" and first + BATCH == ROWS):
            schedule.step()
        if step in MARKS:
            marks[str(step)] = torch.cat([p.detach().flatten() for p in parameters]).tolist()
    return marks


torch.set_num_threads(1)
version = torch.__version__.split("+")[0]
cases = []
for name, case in CASES.items():
    marks = ",\n".join(f"   {json.dumps(step)}: {json.dumps(numbers)}" for step, numbers in trained(*case).items())
    cases.append(f"  {json.dumps(name)}: {{\n{marks}\n  }}")
made_by = f"tests/suite/optimizers/reference.py, with PyTorch {version}"
text = f'{{\n "made by": {json.dumps(made_by)},\n "cases": {{\n' + ",\n".join(cases) + "\n }\n}\n"
pathlib.Path(__file__).with_name("reference.json").write_text(text)
