"""Models for external.test.

external.py fault HOW SCRIPT: the model of SCRIPT, until it was asked for 60 gradients; then it does what HOW says.
external.py bare HOW: a program that goes wrong before there is a model.
external.py gradients: of models whose gradients PyTorch adds, moves, or has none of, as PyTorch alone finds them.
external.py compare A B TOLERANCE: exits with 0 if two model.safetensors hold the same within TOLERANCE (1 + |number|).
"""
import json
import os
import runpy
import sys
import time

FAULTS_AFTER = 60


def misbehave(how):
    if how == "dies":
        print("tired of it", file=sys.stderr)
        os._exit(3)
    if how == "vanishes":
        os.kill(os.getpid(), 9)
    if how == "hangs":
        print("thinking ...", file=sys.stderr)
        time.sleep(1000)
    if how == "talks":
        os.write(3, b"fine weather\n")
    if how == "mistypes":
        raise KeyError("layers.7")


def fault(how, script):
    import kith_channel
    asked, read, write = 0, kith_channel.Channel.read, kith_channel.Channel.write

    def count(channel):
        nonlocal asked
        line = read(channel)
        asked += line.startswith("gradient")
        if how == "babbles" and asked:
            print("gradient", asked, "x" * 100000)
        if asked == FAULTS_AFTER and line.startswith("gradient"):
            if how == "mistypes":
                return channel.attempt(misbehave, how)
            misbehave(how)
        return line

    def answer(channel, line):
        return write(channel, "ok nan" if how == "nan" and asked == FAULTS_AFTER else line)

    kith_channel.Channel.read, kith_channel.Channel.write = count, answer
    sys.argv = [script]
    runpy.run_path(script, run_name="__main__")


def bare(how):
    if how == "missing":
        import no_such_library_anywhere  # noqa: F401
    if how == "silent":
        time.sleep(1000)
    if how == "breaks":
        print("one line\n", flush=True)
        raise RuntimeError("no weights\nto be found")
    if how == "leaves":
        return
    os.read(3, 4096)
    said = {"nothing": b"ready\n", "empty": b"block w weights body 0\nready\n", "strange": b"block w meadow body 3\n",
            "twice": b"block w bias body 2\nblock w bias body 2\nready\n",
            "huge": b"block w bias body 99999999999\nready\n",
            "long": b"block " + b"w" * 9000, "deaf": b"block w bias body 2\nready\n",
            "mapless": b"block w bias body 2\nready\n"}
    os.write(3, said[how])
    if how == "mapless":
        os.read(3, 4096)
        os.write(3, b"ok 3\n")
    if how == "deaf":
        os.close(3)
    time.sleep(1000 if how == "deaf" else 5)


def load(path):
    import numpy as np
    with open(path, "rb") as file:
        header, data = json.loads(file.read(int.from_bytes(file.read(8), "little"))), file.read()
    types = {"F32": "<f4", "F64": "<f8"}
    return {name: np.frombuffer(data[slice(*t["data_offsets"])], types[t["dtype"]]).reshape(t["shape"]).astype(float)
            for name, t in header.items() if name != "__metadata__"}


def compare(a, b, tolerance):
    import numpy as np
    a, b = load(a), load(b)
    worst = max(float((np.abs(a[name] - b[name]) / (1 + np.abs(a[name]))).max()) for name in a)
    print(f"{worst:.3g}")
    sys.exit(sorted(a) != sorted(b) or not worst <= float(tolerance))


def gradients():
    import mmap

    import kith_torch
    import torch
    from torch import nn
    from torch.utils.checkpoint import checkpoint

    class Net(nn.Module):
        def __init__(self, way):
            super().__init__()
            self.a, self.b, self.unused, self.way = nn.Linear(6, 6), nn.Linear(6, 3), nn.Linear(3, 3), way

        def forward(self, x):
            if self.way == "again":
                x = checkpoint(self.a, checkpoint(self.a, x.requires_grad_(), use_reentrant=True), use_reentrant=True)
            elif self.way == "twice":
                x = self.a(self.a(x))
            return self.b(x.tanh())

    class Channel:
        first = dict(real=8, features=6, channels=0, height=0, width=0, classes=3, codes=0, targets=0, threads=1,
                     device="cpu")

        def write(self, line):
            pass

        def map(self, number, size):
            return mmap.mmap(-1, size)

    for kith_torch.LARGE in 1 << 16, 4:
        for way in "once", "twice", "again":
            served = kith_torch.Served(Channel(), lambda: Net(way), None, None, None)
            served.vectors(8 * served.size())
            served.batches(4096, 2048, 0)
            served.init(3)
            x, y = served.views(5)
            x.copy_(torch.randn(5, 6))
            y.copy_(torch.tensor([0, 1, 2, 0, 1]))
            alone = Net("once" if way == "once" else "twice").double()
            alone.load_state_dict({name: p.detach().clone() for name, p in served.model.named_parameters()})
            nn.functional.cross_entropy(alone(x.clone()), y.long()).backward()
            wanted = torch.cat([torch.zeros(p.numel()) if p.grad is None else p.grad.flatten()
                                for p in alone.parameters()])
            for _ in range(2):
                served.g.fill_(7)
                served.gradient(5, 1)
                if not torch.allclose(served.g, wanted, rtol=1e-12, atol=1e-14):
                    sys.exit(f"{kith_torch.LARGE} {way}: off by {(served.g - wanted).abs().max()}")


{"fault": fault, "bare": bare, "gradients": gradients, "compare": compare}[sys.argv[1]](*sys.argv[2:])
