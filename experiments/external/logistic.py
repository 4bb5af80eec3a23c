import kith_numpy
import numpy as np

def predict(w, x, y):
    z = x @ w["weight"].T + w["bias"]
    z -= np.logaddexp.reduce(z, axis=1, keepdims=True)
    return np.exp(z), -z[range(len(y)), y]
def gradient(w, x, y, g):
    p, loss = predict(w, x, y)
    p[range(len(y)), y] -= 1
    g["weight"][:], g["bias"][:] = p.T @ x / len(y), p.mean(0)
    return loss.mean()
def evaluate(w, x, y):
    p, loss = predict(w, x, y)
    return loss.sum(), (p.argmax(1) == y).sum()
kith_numpy.serve(lambda s: {"weight": (s.classes, s.features), "bias": s.classes}, gradient, evaluate)
