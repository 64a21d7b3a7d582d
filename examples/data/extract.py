"""Writes the data of the examples from two PyPI packages. See README.md.

    pip download --no-deps scikit-learn==1.9.1 palmerpenguins==0.1.6
    python extract.py scikit_learn-1.9.1-*.whl palmerpenguins-0.1.6-py3-none-any.whl
"""

import csv
import gzip
import io
import sys
import zipfile

CANCER = ["radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points", "symmetry", "fractal_dimension"]


def rows_of(text, skip):
    return list(csv.reader(io.StringIO(text)))[skip:]


def write(name, header, rows):
    with open(name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main(sklearn, penguins):
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


if __name__ == "__main__":
    main(*sys.argv[1:])
