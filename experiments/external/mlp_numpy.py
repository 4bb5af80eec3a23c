"""A perceptron in NumPy with the names and the loss of Kith's own model mlp, with mlp.hidden = 20."""
import kith_numpy
import numpy as np

SIZES = [20]


def blocks(shape):
    ends = [shape.features, *SIZES, shape.classes]
    return {f"layers.{k}.{name}": extents for k, (i, o) in enumerate(zip(ends, ends[1:]))
            for name, extents in (("weight", (o, i)), ("bias", o))}


def forward(w, x, y):
    rows, layers = [x], len(w) // 2
    for k in range(layers):
        x = x @ w[f"layers.{k}.weight"].T + w[f"layers.{k}.bias"]
        rows.append(np.maximum(x, 0) if k < layers - 1 else x)
        x = rows[-1]
    p = np.exp(x - x.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    return rows, p, -np.log(p[range(len(y)), y])


def gradient(w, x, y, g):
    rows, d, loss = forward(w, x, y)
    d[range(len(y)), y] -= 1
    d /= len(y)
    for k in reversed(range(len(w) // 2)):
        g[f"layers.{k}.weight"][:], g[f"layers.{k}.bias"][:] = d.T @ rows[k], d.sum(0)
        d = d @ w[f"layers.{k}.weight"] * (rows[k] > 0)
    return loss.mean()


def evaluate(w, x, y):
    _, p, loss = forward(w, x, y)
    return loss.sum(), (p.argmax(1) == y).sum()


kith_numpy.serve(blocks, gradient, evaluate, head=f"layers.{len(SIZES)}.")
