"""new-external: a network in PyTorch for Kith, which deals the examples and makes the steps. docs/models.md has all
that serve() takes; experiments/external/logistic.py is a model without PyTorch."""
import kith_torch
from torch import nn


def build(shape):
    """The network, made anew at every call, for examples of this shape. What requires a gradient is learned."""
    return nn.Sequential(nn.Flatten(), nn.Linear(shape.features, 64), nn.ReLU(), nn.Linear(64, shape.classes))


kith_torch.serve(build, loss=nn.CrossEntropyLoss())
