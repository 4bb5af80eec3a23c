"""The program of tests/bench/external: python3 tests/bench/external.py mlp|cnn. Asked to "init", it makes a step of a
bare loop of its own instead, and leaves its seconds where the first parameters would be."""
import os
import sys
import time

import torch
from torch import nn
from torch.nn import functional

import kith_torch

EXAMPLES = 6000


def mlp(shape):
    return nn.Sequential(nn.Flatten(), nn.Linear(shape.features, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU(),
                         nn.Linear(200, shape.classes))


def cnn(shape):
    """McMahan et al. 2017: 1,663,370 parameters."""
    return nn.Sequential(nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 5, padding=2),
                         nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3136, 512), nn.ReLU(),
                         nn.Linear(512, shape.classes))


class Measured(kith_torch.Served):
    asked = 0

    def bare(self):
        if not self.asked:
            self.own = self.make().to(self.device, self.real)
            self.pool = torch.randn(EXAMPLES, 1, 28, 28, dtype=self.real)
            self.answers = torch.randint(10, (EXAMPLES,))
            self.optimizer = torch.optim.SGD(self.own.parameters(), lr=0.001)
            self.count = max(self.batch, default=32)
        index = torch.randint(EXAMPLES, (self.count,))
        x, y = self.pool[index], self.answers[index]
        self.optimizer.zero_grad()
        loss = functional.cross_entropy(self.own(x), y)
        loss.backward()
        if self.asked >= TURNS:
            self.optimizer.step()
        self.asked += 1
        return loss.item()

    def init(self, seed):
        start, worked = time.perf_counter(), time.process_time()
        self.bare()
        worked, start = time.process_time() - worked, time.perf_counter() - start
        self.x[0], self.x[1], self.x[2] = start, worked, os.getpid()


# The first half without an optimizer, the second with one.
TURNS = int(sys.argv[2]) if len(sys.argv) > 2 else 300
kith_torch.Served = Measured
kith_torch.serve({"mlp": mlp, "cnn": cnn}[sys.argv[1]])
