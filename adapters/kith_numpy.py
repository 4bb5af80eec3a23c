"""A model in NumPy under any algorithm of Kith: its blocks, its gradient, its test. experiments/external/logistic.py is
one."""
import numpy as np

from kith_channel import Channel, Refusal, Shape

MODEL, GRADIENT, BATCH = 0, 1, 2


def default_init(w, rng):
    """Uniform within 1/sqrt(fan in) for what has two axes or more, as PyTorch's layers begin; zero for the rest."""
    for array in w.values():
        within = 1 / np.sqrt(array[0].size) if array.ndim > 1 else 0
        array[...] = rng.uniform(-within, within, array.shape)


class Served:
    def __init__(self, channel, blocks, gradient, evaluate, init, head, scores):
        self.channel, self.shape = channel, Shape(channel.first)
        self.real = np.float64 if channel.first["real"] == 8 else np.float32
        if channel.first["device"] == "cuda":
            raise Refusal("external.device = cuda, and NumPy computes on the processor; use auto or cpu")
        self.block = {name: tuple(np.atleast_1d(extents)) for name, extents in blocks(self.shape).items()}
        self.functions = gradient, evaluate, init or default_init
        for name, extents in self.block.items():
            kind = "bias" if len(extents) == 1 else "weights"
            group = "head" if head and name.startswith(head) else "body"
            channel.write(f"block {name} {kind} {group} {' '.join(map(str, extents))}")
        for name in scores:
            channel.write(f"score {name}")
        channel.write("ready")

    def arrays(self, number, size):
        """The vector's blocks, where they lie."""
        flat, out, first = np.frombuffer(self.channel.map(number, size), self.real), {}, 0
        for name, extents in self.block.items():
            count = int(np.prod(extents))
            out[name] = flat[first:first + count].reshape(extents)
            first += count
        return out

    def vectors(self, size):
        self.x, self.g = self.arrays(MODEL, size), self.arrays(GRADIENT, size)

    def batches(self, size, labels, targets):
        self.memory, self.labels, self.targets = self.channel.map(BATCH, size), labels, targets

    def examples(self, count):
        s = self.shape
        x = np.frombuffer(self.memory, self.real, count * s.features).reshape(count, s.features)
        if s.classes:
            return x, np.frombuffer(self.memory, np.int32, count, self.labels)
        if s.targets:
            return x, np.frombuffer(self.memory, self.real, count * s.targets, self.targets).reshape(count, s.targets)
        return x, None

    def init(self, seed):
        self.functions[2](self.x, np.random.default_rng(seed))

    def gradient(self, count, seed):
        np.random.seed(seed % 2**32)
        return (float(self.functions[0](self.x, *self.examples(count), self.g)),)

    def evaluate(self, count):
        loss, right, *more = self.functions[1](self.x, *self.examples(count))
        return (float(loss), int(right), count, *map(float, more))


def serve(blocks, gradient, evaluate, init=None, head=None, scores=()):
    """Serves Kith until it ends; does not return.

    blocks: of the shape of examples (features, classes, targets ...) the model's arrays, {name: extents}.
    gradient: of (w, x, y, g) the batch's mean loss; writes its gradient into the arrays g[name]. w[name] is the model,
      x (B, F) the examples, y the labels (B), the targets (B, T), or None.
    evaluate: of (w, x, y) the sum of the losses, how many examples are right, and sums for `scores`, names of them.
    init: of (w, rng) writes the initial model, from a numpy.random.Generator.
    head: what names of blocks of the head begin with.
    """
    channel = Channel("model")
    served = channel.attempt(Served, channel, blocks, gradient, evaluate, init, head, scores)
    channel.serve({word: getattr(served, word) for word in ("vectors", "batches", "init", "gradient", "evaluate")})
