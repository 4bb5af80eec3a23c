"""What the peers' scripts share: a workload's data, the three networks, and the lines at which run.py takes times."""
import json
import sys

import numpy as np


class Workload:
    """Arrays are mapped, so that processes share their pages; a learner's examples lie together. Games have none."""

    def __init__(self, folder):
        self.folder = folder
        with open(f"{folder}/workload.json") as f:
            self.__dict__.update(json.load(f))
        if "model" not in self.__dict__:
            return
        load = lambda name: np.load(f"{folder}/{name}.npy", mmap_mode="c")
        self.train_x, self.train_y = load("train_f32"), load("train_y")
        self.test_x, self.test_y = load("test_f32"), load("test_y")
        self.starts = load("starts")

    def span(self, user):
        return slice(int(self.starts[user]), int(self.starts[user + 1]))


def network(model):
    """Logistic regression from zero, 784-200-200-10, McMahan's CNN; networks begin at He's weights, biases of zero."""
    import torch
    from torch import nn

    class Image(nn.Module):
        def forward(self, x):
            return x.reshape(-1, 1, 28, 28)

    if model == "linear":
        net = nn.Sequential(nn.Linear(784, 10))
        nn.init.zeros_(net[0].weight)
    elif model == "mlp":
        net = nn.Sequential(nn.Linear(784, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU(), nn.Linear(200, 10))
    else:
        net = nn.Sequential(Image(), nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                            nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                            nn.Flatten(), nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, 10))
    for layer in net:
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            nn.init.zeros_(layer.bias)
            if model != "linear":
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return net


def evaluate(net, work):
    """Mean loss and accuracy on the test examples."""
    import torch

    loss = right = 0.0
    net.eval()
    with torch.no_grad():
        for i in range(0, len(work.test_x), 1000):
            y = torch.from_numpy(work.test_y[i:i + 1000])
            out = net(torch.from_numpy(work.test_x[i:i + 1000]))
            loss += torch.nn.functional.cross_entropy(out, y, reduction="sum").item()
            right += (out.argmax(1) == y).sum().item()
    net.train()
    return loss / len(work.test_y), right / len(work.test_y)


def say_round(number):
    print(f"@round {number}", flush=True)


def say_eval(number, loss, accuracy):
    print(f"@eval {number} {loss:.6f} {accuracy:.6f}", flush=True)


def arguments():
    """FOLDER SEED, and threads or the like."""
    return Workload(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
