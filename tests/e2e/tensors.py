"""What tensors.test asks of NumPy. The models are those lines of docs/models.md themselves.

data               writes images with labels, as arrays, and a play
begin TO FROM      writes a run's tensors again, in another order and precision
loss DOCS FOLDER MODEL [LAYERS]   prints the test loss of a run's model on what `data` wrote
"""
import json
import re
import sys

import numpy as np


def write_data():
    draw = np.random.default_rng(7)
    pattern = draw.normal(size=(3, 2, 9, 8))
    for split, count in (("train", 60), ("test", 40)):
        label = draw.integers(0, 3, count)
        np.save(f"{split}-x.npy", (pattern[label] + draw.normal(size=(count, 2, 9, 8))).astype("<f4"))
        np.save(f"{split}-y.npy", label.astype("<i4"))
    words = "now is the time for all good men to come to the aid of their fiancée — party".split()
    with open("play.txt", "w", encoding="utf-8") as play:
        play.write("nobody says this\n\n")
        for k in range(60):
            who, gap = "ANN" if k % 3 else "BOB", "\n\n" if k % 7 == 0 else "\n"
            play.write(f"{who}:\n{' '.join(draw.choice(words, 8))},{gap}{' '.join(words[:k % 9 + 1])}.\n\n")
        play.write("CID:\ntoo little\n")


def write_begin(to, from_):
    with open(from_, "rb") as file:
        header, data = json.loads(file.read(int.from_bytes(file.read(8), "little"))), file.read()
    del header["__metadata__"]
    types = {"F32": "<f4", "F64": "<f8"}
    out, at = b"", {}
    for name, t in reversed(list(header.items())):
        first, end = t["data_offsets"]
        numbers = np.frombuffer(data[first:end], types[t["dtype"]]).astype("<f8").tobytes()
        at[name] = {"shape": t["shape"], "data_offsets": [len(out), len(out) + len(numbers)], "dtype": "F64"}
        out += numbers
    text = json.dumps(at, indent=1).encode()
    with open(to, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + out)


def print_loss(docs, folder, model, *more):
    with open(docs, encoding="utf-8") as page:
        section = page.read().split("\n## In NumPy\n")[1].split("\n## ")[0]
    there = {}
    for block in re.findall(r"```python\n(.*?)```", section, re.S):
        exec(block, there)  # pylint: disable=exec-used
    w = there["read"](f"{folder}/model.safetensors")
    if model == "lstm":
        test = there["windows"]("play.txt", length=20, share=0.2, least=300)
        loss = there["loss"](there["lstm"](w, test[:, :-1]), test[:, 1:])
    else:
        x, y = np.load("test-x.npy").astype(float), np.load("test-y.npy")
        loss = there["loss"](there[model](w, x, *more), y)
    print(f"{loss:.9g}")


{"data": write_data, "begin": write_begin, "loss": print_loss}[sys.argv[1]](*sys.argv[2:])
