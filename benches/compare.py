"""The same training in Gradus, PyTorch and JAX: are the numbers the same, and which is faster?

    python benches/compare.py --peers DIR                       # both, all workloads
    python benches/compare.py --peers DIR numbers mnist         # numbers of one
    python benches/compare.py --peers DIR speed --rounds 7 --markdown table.md --json table.json

DIR holds the peers (`work.py`, `peers.py`, `export.py`); run this with a Python that has what they need. See benches/README.md."""

import argparse
import itertools
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

import names

sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")

HERE = pathlib.Path(__file__).resolve().parent
WORKLOADS = ["xor", "iris", "digits", "mnist", "cnn", "lstm", "gpt"]
DENSE = ["iris", "digits", "mnist"]  # nets of dense layers and ReLUs: near_kinks knows these
ENGINES = ["jax-scan", "jax", "torch", "torch-compile"]
EXECUTORS = ["jit", "interpreter"]
STEPS = 20
LOSSES, PARAMETERS, IN_F64 = 1e-5, 1e-4, 1e-9
UNIT_ROUNDOFF = 2.0**-24


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="numbers|speed|WORKLOAD", help="what to compare; without a word, everything")
    parser.add_argument("--peers", type=pathlib.Path, required=True, help="the folder of the peers")
    parser.add_argument("--gradus", type=pathlib.Path, default=HERE.parent / "target/release/gradus", help="the binary")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5, help="how often each engine has its turn")
    parser.add_argument("--seconds", default="2", help="seconds that a peer measures")
    parser.add_argument("--engines", default=",".join(ENGINES), help="peers, with commas between")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the tables here too")
    parser.add_argument("--json", type=pathlib.Path, help="write all figures here")
    given = parser.parse_args()
    unknown = [w for w in given.words if w not in ("numbers", "speed", *WORKLOADS)]
    if unknown:
        parser.error(f"{unknown[0]} is neither numbers nor speed nor one of {', '.join(WORKLOADS)}")
    given.gradus, given.peers = given.gradus.resolve(), given.peers.resolve()
    if not given.gradus.is_file():
        parser.error(f"{given.gradus} is not there: cargo build --release")
    if not (given.peers / "peers.py").is_file():
        parser.error(f"{given.peers} does not hold the peers")
    kinds = [w for w in given.words if w in ("numbers", "speed")]
    given.kinds = kinds or ["numbers", "speed"]
    given.workloads = [w for w in given.words if w in WORKLOADS] or WORKLOADS
    return given


def run(command, cores=None, cwd=None):
    """What a command prints; it ends this program if it fails."""
    pin = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd=cwd, preexec_fn=pin)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr.strip()[-2000:]}")
    return done.stdout


def one_core(threads):
    """The core that the peers pin themselves to, if they do."""
    return {sorted(os.sched_getaffinity(0))[-1]} if threads == 1 else None


def programs(workload):
    """The program of a workload, and the same net by hand if there is one."""
    return [p for p in (workload, f"by_hand/{workload}") if (HERE / f"models/{p}.nn").is_file()]


def spoken(program):
    workload = program.removeprefix("by_hand/")
    return workload if program == workload else f"{workload} by hand"


def exported(given, workload, folder):
    """The data of a workload, as the peers write it, and for each of its programs the start, under the program's own names."""
    import work
    from safetensors.numpy import save_file

    run([sys.executable, "export.py", workload, folder], cwd=given.peers)
    parameters = work.params_of(workload, work.load(workload)[0])
    starts = {}
    for program in programs(workload):
        starts[program] = folder / f"{program.replace('/', '_')}_start.safetensors"
        save_file(names.there(program, parameters), starts[program])
    return folder / "data.npz", starts


# ------------------------------------------------------------------------------------------------ numbers


def torch_run(given, workload, precision):
    """The losses of the first steps in PyTorch, the parameters after them, and the ReLUs that sat within rounding of their kink:
    whose argument is less than the unit roundoff of f32 times the sum of the magnitudes that it is the sum of."""
    import numpy
    import torch
    import work

    torch.set_num_threads(1)
    dtype = getattr(torch, precision)
    torch.set_default_dtype(dtype)
    shapes, x, t, batch, (kind, rate) = work.load(workload)
    parameters = {k: torch.tensor(v, dtype=dtype, requires_grad=True) for k, v in work.params_of(workload, shapes).items()}
    x, t = (torch.from_numpy(numpy.ascontiguousarray(v)) for v in (x, t))
    x, t = (v.to(dtype) if v.is_floating_point() else v for v in (x, t))
    make = {
        "adam": lambda p: torch.optim.Adam(p, lr=rate),
        "momentum": lambda p: torch.optim.SGD(p, lr=rate, momentum=0.9),
        "sgd": lambda p: torch.optim.SGD(p, lr=rate),
    }
    optimizer, loss_of = make[kind](list(parameters.values())), work.torch_loss(workload)
    losses, kinks = [], set()
    for step in range(STEPS):
        at = step % (len(x) // batch) * batch
        if workload in DENSE:
            kinks |= near_kinks(parameters, x[at : at + batch], step + 1)
        optimizer.zero_grad()
        loss = loss_of(parameters, x[at : at + batch], t[at : at + batch])
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    after = {k: v.detach().to(torch.float64).numpy() for k, v in parameters.items()}
    return losses, after, kinks


def near_kinks(parameters, h, step):
    import torch

    found, layers = set(), sum(k.startswith("w") for k in parameters)
    with torch.no_grad():
        for layer in range(1, layers):
            w, b = parameters[f"w{layer}"], parameters[f"b{layer}"]
            a = torch.nn.functional.linear(h, w, b)
            terms = torch.nn.functional.linear(h.abs(), w.abs(), b.abs())
            close = (a.abs() < UNIT_ROUNDOFF * terms) & (terms > 0)
            found |= {(layer, int(unit), step) for _, unit in close.nonzero()}
            h = torch.relu(a)
    return found


def gradus_run(given, program, data, start, executor, precision, shapes):
    """The losses of the first steps, and the parameters after them as the peers have them, in f64."""
    from safetensors.numpy import load_file

    saved = start.with_suffix(".saved")
    out = run(
        [given.gradus, "run", HERE / f"models/{program}.nn", "--data", data, "--weights", start, "--no-shuffle",
         "--steps", STEPS, "--log-every", "1", "--json", "--executor", executor, "--precision", precision,
         "--threads", given.threads, "--save", saved]
    )  # fmt: skip
    events = [json.loads(line) for line in out.splitlines()]
    losses = [e["loss"] for e in events if e["event"] == "step"]
    after = {k: v.astype("float64") for k, v in load_file(saved).items()}
    return losses, names.back(program, after, shapes)


def differences(losses, parameters, wanted_losses, wanted):
    """The largest relative differences: of a loss; of a parameter in the Euclidean norm; of an entry, to the largest of its parameter."""
    import numpy

    if len(losses) != len(wanted_losses):
        raise RuntimeError(f"{len(losses)} losses, where {len(wanted_losses)} were wanted")
    norm = {k: float(numpy.linalg.norm(parameters[k] - w) / numpy.linalg.norm(w)) for k, w in wanted.items()}
    entry = {k: float(abs(parameters[k] - w).max() / abs(w).max()) for k, w in wanted.items()}
    each = [abs(a - b) / abs(b) for a, b in zip(losses, wanted_losses)]
    return {"loss": max(each), "last": each[-1], "parameter": max(norm.values()), "entry": max(entry.values()), "by_parameter": norm}


def without(parameters, kinks):
    """The parameters without what belongs to units that sat within rounding of a kink."""
    import numpy

    kept = {}
    for name, values in parameters.items():
        units = {unit for layer, unit, _ in kinks if name in (f"w{layer}", f"b{layer}")}
        kept[name] = numpy.delete(values, sorted(units), axis=0)
    return kept


def numbers(given):
    results = []
    for workload in given.workloads:
        with tempfile.TemporaryDirectory() as folder:
            data, starts = exported(given, workload, pathlib.Path(folder))
            losses, after, _ = torch_run(given, workload, "float32")
            exact_losses, exact, kinks = torch_run(given, workload, "float64")
            rounding = differences(losses, after, exact_losses, exact)
            shapes = {k: v.shape for k, v in after.items()}
            for (program, start), executor in itertools.product(starts.items(), EXECUTORS):
                got_losses, got = gradus_run(given, program, data, start, executor, "f32", shapes)
                found = differences(got_losses, got, losses, after)
                smooth = differences(got_losses, without(got, kinks), losses, without(after, kinks))
                precise = differences(*gradus_run(given, program, data, start, executor, "f64", shapes), exact_losses, exact)
                results.append({
                    "workload": workload, "program": program, "executor": executor, "threads": given.threads,
                    "first_loss": got_losses[0], "last_loss": got_losses[-1], "wanted_last_loss": losses[-1],
                    **found, "parameter_off_kinks": smooth["parameter"], "f64": precise, "torch_rounding": rounding,
                    "kinks": [{"layer": layer, "unit": unit, "step": step} for layer, unit, step in sorted(kinks)],
                    "verdict": verdict(found, smooth, precise),
                })  # fmt: skip
                print(f"numbers of {spoken(program)}, {executor}: {results[-1]['verdict']}", file=sys.stderr)
    return results


def verdict(found, smooth, precise):
    """In f32, rounding may decide: a ReLU within rounding of its kink may fall to either side in any right program, and then its
    unit learns something else; Adam walks a gradient's sign, also where that is of rounding alone. In f64 it decides nothing."""
    if not (found["loss"] <= LOSSES and precise["loss"] <= IN_F64 and precise["parameter"] <= IN_F64):
        return "DIFFERS"
    if found["parameter"] <= PARAMETERS:
        return "holds"
    return "holds off kinks" if smooth["parameter"] <= PARAMETERS else "holds in f64"


def numbers_table(given, results):
    lines = [
        f"Against PyTorch in f32, {STEPS} steps, {threads_of(given)}: the largest relative difference of the losses, and of the last; "
        "of a parameter (‖Δ‖ / ‖p‖), and, of dense nets, without the units whose ReLU sat within rounding of its kink. "
        "Beside it, of a parameter, PyTorch's own f32 against its f64, and Gradus in f64 against PyTorch in f64. "
        f"It holds to {LOSSES:.0e} of the losses, {PARAMETERS:.0e} of the parameters, {IN_F64:.0e} in f64.",
        "",
        f"| workload | executor | losses | at step {STEPS} | parameters | off kinks | units at kinks | PyTorch's rounding | in f64 | |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for r in results:
        units = len({(k["layer"], k["unit"]) for k in r["kinks"]})
        off = f"{r['parameter_off_kinks']:.1e} | {units}" if r["workload"] in DENSE else "|"
        lines.append(
            f"| {spoken(r['program'])} | {r['executor']} | {r['loss']:.1e} | {r['last']:.1e} | {r['parameter']:.1e} | {off} "
            f"| {r['torch_rounding']['parameter']:.1e} | {r['f64']['parameter']:.1e} | {r['verdict']} |"
        )
    return lines


# -------------------------------------------------------------------------------------------------- speed


def speed(given):
    engines = given.engines.split(",")
    results = []
    for workload in given.workloads:
        with tempfile.TemporaryDirectory() as folder:
            data, starts = exported(given, workload, pathlib.Path(folder))
            rounds, failed = [], {}
            for number in range(given.rounds):
                turn = {}
                # Who goes first changes, so that none always runs on a warm machine.
                everyone = [*starts, *engines]
                for engine in everyone[number % len(everyone) :] + everyone[: number % len(everyone)]:
                    if engine in failed:
                        continue
                    try:
                        if engine in starts:
                            turn[engine] = gradus_bench(given, engine, data, starts[engine])
                        else:
                            turn[engine] = peer(given, workload, engine)
                    except RuntimeError as error:
                        if engine in starts:
                            raise
                        failed[engine] = str(error)
                    print(f"{workload}, round {number + 1} of {given.rounds}: {calls(engine)} {cell(turn.get(engine))}", file=sys.stderr)
                peers = [e for e in engines if e in turn]
                if not peers:
                    raise RuntimeError("no peer ran:\n" + "\n".join(failed.values()))
                fastest = min(peers, key=lambda e: turn[e]["us"])
                rounds.append({"us": {calls(e): r["us"] for e, r in turn.items()}, "fastest": fastest,
                               "ratio": turn[workload]["us"] / turn[fastest]["us"],
                               "bench": {calls(e): turn[e]["bench"] for e in starts}})  # fmt: skip
            results.append({
                "workload": workload, "threads": given.threads, "rounds": rounds, "failed": failed,
                "ratio": statistics.median(r["ratio"] for r in rounds),
                "us": {e: statistics.median(r["us"][e] for r in rounds) for e in rounds[-1]["us"]},
            })  # fmt: skip
    return results


def calls(engine):
    """What the figures call it: `gradus`, `by hand`, or a peer."""
    return "gradus" if engine in WORKLOADS else "by hand" if engine.startswith("by_hand/") else engine


def gradus_bench(given, program, data, start):
    command = [given.gradus, "bench", HERE / f"models/{program}.nn", "--data", data, "--weights", start,
               "--threads", given.threads, "--json"]  # fmt: skip
    bench = json.loads(run(command, one_core(given.threads)))
    return {"us": bench["jit"]["step_us"], "bench": bench}


def peer(given, workload, engine):
    command = [sys.executable, "peers.py", workload, "--engine", engine, "--threads", given.threads, "--seconds", given.seconds]
    return json.loads(run(command, cwd=given.peers).strip().splitlines()[-1])


def cell(turn):
    return f"{turn['us']:.4g} µs" if turn else "fails"


def speed_table(given, results):
    engines = given.engines.split(",")
    pinned = ", each engine pinned to the same core" if given.threads == 1 else ""
    lines = [
        f"Microseconds a step on {threads_of(given)}{pinned}: medians of {given.rounds} rounds in which all take turns. The ratio is the "
        "median of each round's Gradus to its fastest peer. Beside it, in the same runs, the net that is made of layers written by hand, "
        "and Gradus' interpreter.",
        "",
        "| workload | gradus | " + " | ".join(engines) + " | ratio | lowest–highest | by hand | interpreter |",
        "|---|---:|" + "---:|" * len(engines) + "---:|---:|---:|---:|",
    ]
    for r in results:
        best = min((e for e in engines if e in r["us"]), key=lambda e: r["us"][e])
        shown = [f"**{r['us'][e]:.4g}**" if e == best else f"{r['us'][e]:.4g}" if e in r["us"] else "fails" for e in engines]
        ratios = [x["ratio"] for x in r["rounds"]]
        interpreted = statistics.median(x["bench"]["gradus"]["interpreter"]["step_us"] for x in r["rounds"])
        by_hand = f"{r['us']['by hand']:.4g}" if "by hand" in r["us"] else ""
        lines.append(
            f"| {r['workload']} | {r['us']['gradus']:.4g} | {' | '.join(shown)} | **{r['ratio']:.2f}** "
            f"| {min(ratios):.2f}–{max(ratios):.2f} | {by_hand} | {interpreted:.4g} |"
        )
    return lines


# ---------------------------------------------------------------------------------------------- the whole


def threads_of(given):
    return f"{given.threads} thread{'' if given.threads == 1 else 's'}"


def machine(given):
    cpu = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        names = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
        cpu = names[0] if names else cpu
    from importlib.metadata import PackageNotFoundError, version

    def known(package):
        try:
            return version(package)
        except PackageNotFoundError:
            return None

    versions = {p: v for p in ("torch", "jax", "numpy") if (v := known(p))}
    return {"processor": cpu, "cores": len(os.sched_getaffinity(0)), "gradus": run([given.gradus, "--version"]).strip(), **versions}


def main():
    given = arguments()
    sys.path.insert(0, str(given.peers))
    figures = {"machine": machine(given)}
    lines = [", ".join(f"{k} {v}" if k != "processor" else v for k, v in figures["machine"].items())]
    if "numbers" in given.kinds:
        figures["numbers"] = numbers(given)
        lines += ["", "## The same numbers", "", *numbers_table(given, figures["numbers"])]
    if "speed" in given.kinds:
        figures["speed"] = speed(given)
        lines += ["", "## Speed", "", *speed_table(given, figures["speed"])]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if given.markdown:
        given.markdown.write_text(text)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")
    sys.exit(0 if all(r["verdict"] != "DIFFERS" for r in figures.get("numbers", [])) else 1)


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        sys.exit(f"compare.py: {error}")
