"""A Python iterable, or a data set of Hugging Face, as data of Kith.

    import kith_data

    kith_data.serve("femnist", user="writer_id")  # a folder that datasets.save_to_disk() made

and in the experiment `dataset = external`, with `command = python3 thisfile.py` under [external-data].
"""
import os
from collections.abc import Mapping

import numpy as np

from kith_channel import Channel, Refusal

FEATURES = ("image", "img", "pixel_values", "x", "features", "input_ids", "data")
LABELS = ("label", "labels", "y", "target", "targets", "fine_label", "class")
TRAIN, TEST = 0, 1


def passes_over(split):
    """One pass over the examples of a split: what can be iterated, or called for that, or indexed from 0 on."""
    if split is None:
        return ()
    if hasattr(split, "with_format"):  # Hugging Face, whose lists would be as wide as Python's numbers
        return split.with_format("numpy")
    if callable(split) and not hasattr(split, "__getitem__"):
        return split()
    if hasattr(split, "__iter__"):
        return split
    return (split[i] for i in range(len(split)))


def column(example, name, guesses, place, what):
    """The example's part of this name, or the one that has a usual name, or the one at this place."""
    if name is None and isinstance(example, Mapping):
        name = next((guess for guess in guesses if guess in example), None)
        if name is None:
            raise Refusal(f"examples have {', '.join(map(str, example))}; say which is {what}: "
                          f"kith_data.serve(..., {what}=\"{next(iter(example))}\")")
    try:
        return example[place if name is None else name]
    except (KeyError, IndexError, TypeError) as why:
        raise Refusal(f"examples are of the type {type(example).__name__} and have no {what} "
                      f"({place if name is None else name!r})") from why


def features_of(value, narrow):
    """An array whose images have their channels first; narrow: its numbers are bytes."""
    x = np.asarray(value)
    x = x.astype(np.uint8) if narrow else x
    if x.dtype.kind not in "buif":
        raise Refusal(f"x is {type(value).__name__}, which is no array of numbers; turn it into one first")
    if x.ndim == 3 and x.dtype == np.uint8 and x.shape[2] in (1, 3, 4) and x.shape[0] not in (1, 3, 4):
        x = x.transpose(2, 0, 1)
    if x.ndim > 3:
        raise Refusal(f"x has the shape {x.shape}; images are (H, W), (H, W, C) or (C, H, W), vectors (F)")
    return x


def says_bytes(split, name):
    """Whether a data set of Hugging Face says so of this column, whose numbers come wider than they are kept."""
    kinds = getattr(split, "features", None) or {}
    found = next((kinds[key] for key in ([name] if name else FEATURES) if key in kinds), None)
    while hasattr(found, "feature"):
        found = found.feature
    return getattr(found, "dtype", None) == "uint8"


class Split:
    """What one pass found. keeps: whether features are kept to be loaded."""

    def __init__(self, split, names, keeps, users):
        self.x, self.y, self.user, self.count, self.shape = [], [], [], 0, None
        self.bytes, narrow = True, says_bytes(split, names["x"])
        for example in passes_over(split):
            x = features_of(column(example, names["x"], FEATURES, 0, "x"), narrow)
            if self.shape is None:
                self.shape = x.shape
            if x.shape != self.shape:
                raise Refusal(f"example {self.count} has the shape {x.shape}, and those before it {self.shape}")
            self.bytes &= x.dtype == np.uint8
            if keeps:
                self.x.append(x.reshape(-1))
            if names["y"] is not False:
                self.y.append(column(example, names["y"], LABELS, 1, "y"))
            if names["user"] is not None:
                who = column(example, names["user"], (), 2, "user")
                self.user.append(users.setdefault(who.item() if hasattr(who, "item") else who, len(users)))
            self.count += 1


class Served:
    def __init__(self, channel, train, test, names, classes, codes):
        first, self.channel = channel.first, channel
        self.real = np.float64 if first["real"] == 8 else np.float32
        if isinstance(train, (str, os.PathLike)):
            import datasets
            train = datasets.load_from_disk(train)
        if isinstance(train, Mapping) and "train" in train:
            train, test = train["train"], test if test is not None else train.get("test", train.get("validation"))
        users = {}
        self.split = [Split(split, names, bool(first["loads"]), users) for split in (train, test)]
        self.users, self.codes = len(users), codes or 0
        if not self.split[TRAIN].count:
            raise Refusal("there is no training example")
        if self.split[TEST].count and self.split[TEST].shape != self.split[TRAIN].shape:
            raise Refusal(f"training examples have the shape {self.split[TRAIN].shape}, and those for the test "
                          f"{self.split[TEST].shape}")
        self.find_classes(classes or self.named_classes(train, names["y"]))
        self.store = np.uint8 if all(s.bytes for s in self.split) else self.real
        self.tell()

    @staticmethod
    def named_classes(train, name):
        """As many as a data set of Hugging Face says."""
        features = getattr(train, "features", None) or {}
        found = [features[key] for key in ([name] if name else LABELS) if key in features]
        return getattr(found[0], "num_classes", None) if found else None

    def find_classes(self, classes):
        """Labels are whole numbers, or words that stand for them in alphabetical order; others are real targets."""
        every = [y for split in self.split for y in split.y]
        self.classes, self.targets = 0, 0
        if not every:
            return
        if isinstance(every[0], str):
            number = {word: k for k, word in enumerate(sorted(set(every)))}
            for split in self.split:
                split.y = [number[y] for y in split.y]
            self.classes = max(classes or 0, len(number))
        elif np.ndim(every[0]) == 0 and np.asarray(every[0]).dtype.kind in "bui":
            if min(every) < 0:
                raise Refusal(f"a label is {min(every)}; labels are whole numbers from 0 on")
            self.classes = max(classes or 0, int(max(every)) + 1)
        else:
            self.targets = int(np.size(every[0]))

    def tell(self):
        shape = self.split[TRAIN].shape
        image = shape if len(shape) == 3 else (1, *shape) if len(shape) == 2 else (0, 0, 0)
        self.channel.write(" ".join(map(str, (
            "data", int(np.prod(shape, dtype=int)), *image, self.classes, self.codes, self.targets,
            int(self.store is np.uint8), self.split[TRAIN].count, self.split[TEST].count, self.users))))

    def piece(self, size, labels, targets, users):
        self.memory, self.at = self.channel.map(0, size), (labels, targets, users)

    def put(self, dtype, offset, values):
        values = np.asarray(values, dtype).reshape(-1)
        np.frombuffer(self.memory, dtype, values.size, offset)[:] = values

    def load(self, which, first, count):
        split, rows = self.split[which], slice(first, first + count)
        self.put(self.store, 0, split.x[rows])
        if self.classes:
            self.put(np.int32, self.at[0], split.y[rows])
        if self.targets:
            self.put(self.real, self.at[1], split.y[rows])
        if self.users:
            self.put(np.uint32, self.at[2], split.user[rows])


def serve(train, test=None, x=None, y=None, user=None, classes=None, codes=None):
    """Serves Kith until it has all examples; does not return.

    train, test: whatever can be iterated or indexed (lists, generators, a PyTorch Dataset, a Hugging Face Dataset), a
      function that returns such a thing; for both at once a mapping ("train", and "test" or "validation"), or the
      folder of a Hugging Face data set on disk. It is read once.
    x, y, user: names of an example's parts, or their places where examples are tuples: 0, 1 by default and no user.
      y = False: there are no labels. Usual names (image, label ...) are found.
    classes: how many there are, where labels do not show all of them.
    codes: x are names 0 .. codes-1 and no numbers, as in a text.
    """
    channel = Channel("data")
    served = channel.attempt(Served, channel, train, test, {"x": x, "y": y, "user": user}, classes, codes)
    channel.serve({"piece": served.piece, "load": served.load})
