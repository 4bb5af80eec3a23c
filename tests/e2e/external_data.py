"""Data for external-data.test: one set of small pictures, in as many ways as Python has it.

external_data.py files: writes them for the data set npy.
external_data.py save FOLDER: writes them as a data set of Hugging Face.
external_data.py HOW: serves them.
"""
import sys

import numpy as np


def pictures(count, seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, count)
    x = rng.integers(0, 60, (count, 6, 5), dtype=np.uint8)
    x[np.arange(count), y] += 100
    return x, y


TRAIN, TEST = pictures(200, 1), pictures(50, 2)
if sys.argv[1] == "files":
    for name, (x, y) in ("train", TRAIN), ("test", TEST):
        np.save(f"{name}-x.npy", x)
        np.save(f"{name}-y.npy", y)
    sys.exit()

class Labels:
    num_classes = 4


class Folder:
    """As a split of Hugging Face behaves, for this adapter."""

    def __init__(self, x, y):
        self.x, self.y, self.features = x, y, {"image": object(), "label": Labels()}

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {"image": self.x[i], "label": int(self.y[i]), "writer": f"writer {i % 7}"}


def generator(x, y):
    for i, (a, b) in enumerate(zip(x, y)):
        yield a, b, i % 7


def folder(**more):
    kith_data.serve({"train": Folder(*TRAIN), "test": Folder(*TEST)}, **more)


def save(path):
    import datasets
    splits = {name: datasets.Dataset.from_dict({"image": list(x), "label": y, "writer": [i % 7 for i in range(len(x))]})
              for name, (x, y) in (("train", TRAIN), ("test", TEST))}
    # lists come back as whole numbers of 64 bits, so that these are said to be bytes
    kinds = datasets.Features({"image": datasets.Array2D((6, 5), "uint8"), "label": datasets.ClassLabel(4),
                               "writer": datasets.Value("int64")})
    ready = datasets.DatasetDict({name: split.cast(kinds) for name, split in splits.items()})
    ready.save_to_disk(path)


if sys.argv[1] == "save":
    save(sys.argv[2])
    sys.exit()

import kith_data  # noqa: E402

how = {
    "list": lambda: kith_data.serve(list(generator(*TRAIN)), list(generator(*TEST)), user=2),
    "generator": lambda: kith_data.serve(generator(*TRAIN), generator(*TEST), user=2),
    "function": lambda: kith_data.serve(lambda: generator(*TRAIN), lambda: generator(*TEST), user=2),
    "folder": lambda: folder(user="writer"),
    "words": lambda: kith_data.serve([(x, "abcd"[y], 0) for x, y in zip(*TRAIN)],
                                     [(x, "abcd"[y], 0) for x, y in zip(*TEST)]),
    "saved": lambda: kith_data.serve(sys.argv[2], user="writer"),
    "real": lambda: kith_data.serve([(x.reshape(-1) / 255, float(x.mean()), i % 3) for i, x in enumerate(TRAIN[0])],
                                    user=2),
    "nothing": lambda: kith_data.serve([]),
    "ragged": lambda: kith_data.serve([(np.zeros(3), 0), (np.zeros(4), 1)]),
    "text": lambda: kith_data.serve([("to be or not", 1)]),
    "negative": lambda: kith_data.serve([(np.zeros(3), -1)]),
    "unnamed": lambda: kith_data.serve([{"pixels": np.zeros(3), "label": 1}]),
    "raises": lambda: kith_data.serve(1 / 0 for _ in range(3)),
}
how[sys.argv[1]]()
