"""A PyTorch model under any algorithm of Kith.

    import kith_torch
    from torch import nn

    def build(shape):
        return nn.Sequential(nn.Flatten(), nn.Linear(shape.features, 200), nn.ReLU(), nn.Linear(200, shape.classes))

    kith_torch.serve(build)

and in the experiment `model = external` with `external.command = python3 thisfile.py`.
"""
import inspect
import os

import torch
from torch.nn import functional

from kith_channel import Channel, Refusal, Shape

MODEL, GRADIENT, BATCH = 0, 1, 2
NAME = 63
LARGE = 1 << 16  # numbers of a parameter whose gradient is moved rather than added
NORMS = (torch.nn.GroupNorm, torch.nn.LayerNorm, torch.nn.modules.batchnorm._NormBase)


def default_loss(shape):
    """The mean over predictions: cross entropy, or half the squared distance for real targets."""
    if shape.targets:
        return lambda out, y: (out.reshape(y.shape) - y).square().sum(1).mean() / 2
    return lambda out, y: functional.cross_entropy(out.reshape(-1, out.shape[-1]), y.reshape(-1))


def is_frozen(module):
    own = list(module.parameters(recurse=False))
    return bool(own) and not any(p.requires_grad for p in own)


def running_norms(model):
    """Modules whose buffers change whenever they see examples. Those that are frozen keep what they have."""
    running = [(name, m) for name, m in model.named_modules()
               if isinstance(m, torch.nn.modules.batchnorm._NormBase) and m.track_running_stats]
    for name, module in running:
        if not is_frozen(module):
            raise Refusal(f"{name or 'the model'} is a {type(module).__name__}, whose running mean and variance are no "
                          "parameters: averaging models would leave them behind, and a learner's would reach the next "
                          "one; use nn.GroupNorm, or freeze it (requires_grad = False)")
    return [module for _, module in running]


def kinds(model):
    """What each parameter is, by the module that holds it."""
    found = {}
    for path, module in model.named_modules():
        for name, _ in module.named_parameters(recurse=False):
            full = f"{path}.{name}" if path else name
            if isinstance(module, NORMS):
                found[full] = "norm"
            elif isinstance(module, (torch.nn.Embedding, torch.nn.EmbeddingBag)):
                found[full] = "embedding"
            else:
                found[full] = "bias" if name.startswith("bias") else "weights"
    return found


def block_names(names):
    """Names that Kith takes: letters, digits, _ and points, at most 63. What all begin with goes if some are longer."""
    clean = ["".join(c if c.isalnum() and c.isascii() or c in "_." else "_" for c in name) for name in names]
    if max(map(len, clean)) > NAME:
        common = os.path.commonprefix(clean).rpartition(".")[0]
        clean = [name[len(common) + 1:] if common else name for name in clean]
    for name in clean:
        if len(name) > NAME:
            raise Refusal(f"the parameter {name} has a name of {len(name)} letters, and a block's has at most {NAME}")
    return clean


class Served:
    def __init__(self, channel, build, loss, head, scores):
        first, self.channel = channel.first, channel
        self.shape = Shape(first)
        self.real = torch.float64 if first["real"] == 8 else torch.float32
        self.device = self.choose_device(first["device"])
        torch.set_num_threads(first["threads"])
        self.takes_shape = len(inspect.signature(build).parameters) > 0
        self.build, self.scores = build, scores or {}
        self.loss = loss or default_loss(self.shape)
        self.seed(0)
        self.model = self.make().to(self.device, self.real)
        self.still = running_norms(self.model)
        self.param = [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]
        if not self.param:
            raise Refusal("no parameter of the model is trainable; set requires_grad on those that are to be learned")
        self.buffers = [(name, b, b._version) for name, b in self.model.named_buffers()]
        self.training, self.batch, self.head = None, {}, head
        self.try_out()
        self.tell()

    def try_out(self):
        """On one example of zeros, so that a model which does not take such examples is refused before a run."""
        s = self.shape
        extents = (s.channels, s.height, s.width) if s.channels else (s.features,)
        x = torch.zeros(1, *extents, device=self.device, dtype=self.real)
        y = torch.zeros(1, device=self.device, dtype=torch.int64) if s.classes else None
        if s.targets:
            y = torch.zeros(1, s.targets, device=self.device, dtype=self.real)
        self.mode(False)
        with torch.no_grad():
            self.answer(*self.arranged(x, y))

    @staticmethod
    def choose_device(word):
        if word == "cpu" or word == "auto" and not torch.cuda.is_available():
            return torch.device("cpu")
        if not torch.cuda.is_available():
            raise Refusal("external.device = cuda, and PyTorch finds no such device here; use auto or cpu")
        torch.backends.cudnn.benchmark = False
        torch.use_deterministic_algorithms(True, warn_only=True)
        local = os.environ.get("OMPI_COMM_WORLD_LOCAL_RANK") or os.environ.get("SLURM_LOCALID") or "0"
        return torch.device("cuda", int(local) % torch.cuda.device_count())

    def seed(self, number):
        torch.default_generator.manual_seed(number)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(number)

    def make(self):
        model = self.build(self.shape) if self.takes_shape else self.build()
        if not isinstance(model, torch.nn.Module):
            raise Refusal(f"the function given to kith_torch.serve() returns a {type(model).__name__}; an nn.Module is "
                          "wanted, made anew at every call")
        return model

    def group(self, name):
        """Of the head is the module named, or what has the last parameter where no name is given."""
        head = self.head
        if head is None:
            head = self.param[-1][0].rpartition(".")[0] if len(self.param) > 2 else None
        return "head" if head and (name == head or name.startswith(head + ".")) else "body"

    def tell(self):
        kind = kinds(self.model)
        for name, (own, p) in zip(block_names([n for n, _ in self.param]), self.param):
            extents = list(p.shape) or [1]
            while len(extents) > 4:
                extents[-2:] = [extents[-2] * extents[-1]]
            self.channel.write(f"block {name} {kind[own]} {self.group(own)} {' '.join(map(str, extents))}")
        for name in self.scores:
            self.channel.write(f"score {name}")
        self.channel.write("ready")

    # ---- memory ----

    def flat(self, number, size):
        return torch.frombuffer(self.channel.map(number, size), dtype=self.real)[:self.size()]

    def size(self):
        return sum(p.numel() for _, p in self.param)

    def vectors(self, size):
        self.x, self.g = self.flat(MODEL, size), self.flat(GRADIENT, size)
        near = self.device.type == "cpu"
        self.own_x = self.x if near else torch.empty_like(self.x, device=self.device)
        self.own_g = self.g if near else torch.empty_like(self.g, device=self.device)
        lengths = [p.numel() for _, p in self.param]
        place, self.large, small = {}, set(), []
        for (_, p), x, g in zip(self.param, self.own_x.split(lengths), self.own_g.split(lengths)):
            p.data, place[p] = x.view(p.shape), g.view(p.shape)
            if near and p.numel() >= LARGE and hasattr(p, "register_post_accumulate_grad_hook"):
                p.register_post_accumulate_grad_hook(self.move)
                self.large.add(p)
            else:
                p.grad = place[p]
                small.append(p.grad)
        self.place, self.small = place, small if self.large else [self.own_g]

    def move(self, p):
        """A large gradient goes to its place as soon as it is there, while the caches still have it: that is faster
        than to have PyTorch add it to zeros."""
        if p in self.due:
            self.due.remove(p)
            self.place[p].copy_(p.grad.to_dense() if p.grad.is_sparse else p.grad)
        else:  # a part of the model that is gone through again has a gradient for each time
            self.place[p].add_(p.grad)
        p.grad = None

    def batches(self, size, labels, targets):
        self.memory, self.labels, self.targets, self.batch = self.channel.map(BATCH, size), labels, targets, {}

    def array(self, dtype, offset, *shape):
        count = 1
        for extent in shape:
            count *= extent
        return torch.frombuffer(self.memory, dtype=dtype, count=count, offset=offset).view(shape)

    def views(self, count):
        """x and y of a batch, where they lie."""
        s = self.shape
        if s.channels:
            x = self.array(self.real, 0, count, s.channels, s.height, s.width)
        else:
            x = self.array(self.real, 0, count, s.features)
        if s.classes:
            return x, self.array(torch.int32, self.labels, count)
        return x, self.array(self.real, self.targets, count, s.targets) if s.targets else None

    def examples(self, count):
        if count not in self.batch:
            self.batch[count] = self.views(count)
        x, y = self.batch[count]
        if self.device.type != "cpu":
            self.own_x.copy_(self.x)
            x, y = x.to(self.device), None if y is None else y.to(self.device)
        return self.arranged(x, y)

    def answer(self, x, y):
        """Outputs, what they are to be, and the loss. A model that answers at every position of a text is to say the
        next code there; the label is what follows the last."""
        out = self.model(x)
        if self.shape.codes and y is not None and out.dim() == 3:
            y = torch.cat((x[:, 1:], y[:, None]), 1)
        loss = self.loss(out, y)
        if loss.numel() != 1:
            raise Refusal(f"the loss of a batch has the shape {tuple(loss.shape)}; it is one number, the mean over the "
                          "batch")
        return out, y, loss

    def arranged(self, x, y):
        """Codes and labels are whole numbers."""
        return x.long() if self.shape.codes else x, y.long() if self.shape.classes else y

    # ---- what Kith asks for ----

    def init(self, seed):
        self.seed(seed)
        fresh = dict(self.make().named_parameters())
        with torch.no_grad():
            for (name, p), part in zip(self.param, self.x.split([p.numel() for _, p in self.param])):
                part.copy_(fresh[name].reshape(-1))

    def mode(self, training):
        if self.training is training:
            return
        self.model.train(training)
        for module in self.still:
            module.eval()
        self.training = training

    def gradient(self, count, seed):
        self.seed(seed)
        self.mode(True)
        _, _, loss = self.answer(*self.examples(count))
        # PyTorch adds to gradients that are there, where they are: for small ones faster than to copy them.
        torch._foreach_zero_(self.small)
        self.due = set(self.large)
        loss.backward()
        for p in self.due:
            self.place[p].zero_()
        if self.own_g is not self.g:
            self.g.copy_(self.own_g)
        for name, buffer, version in self.buffers:
            if buffer._version != version:
                raise Refusal(f"the buffer {name} changes while the model learns, and is no parameter: averaging "
                              "models would leave it behind; keep it constant, or make it a parameter")
        return (loss.item(),)

    def evaluate(self, count):
        self.mode(False)
        with torch.no_grad():
            out, y, loss = self.answer(*self.examples(count))
            predictions = y.numel() if self.shape.classes else count
            right = int((out.argmax(-1).reshape(y.shape) == y).sum()) if self.shape.classes else 0
            scores = (float(score(out, y)) for score in self.scores.values())
            return (loss.item() * predictions, right, predictions, *scores)


def serve(build, loss=None, head=None, scores=None):
    """Serves Kith until it ends; does not return.

    build: makes the nn.Module anew at every call, from the shape of examples (features; channels, height, width of
      images; classes, codes, targets) if it takes an argument. What it draws comes from PyTorch's generator, which
      was seeded. Only what requires a gradient is learned; the rest must be the same whenever it is made.
    loss: of (outputs, y) the mean over predictions; cross entropy or half the squared distance by default. Images
      come as (B, C, H, W), others as (B, F), codes as whole numbers. y: labels (B) or targets (B, T); where outputs
      are (B, F, V), one for every code of a text, the codes that follow (B, F).
    head: the name of the module that is the head; the last one by default.
    scores: {name: function of (outputs, y)} whose sums over predictions are tested beside the loss.
    """
    channel = Channel("model")
    served = channel.attempt(Served, channel, build, loss, head, scores)
    channel.serve({word: getattr(served, word) for word in ("vectors", "batches", "init", "gradient", "evaluate")})
