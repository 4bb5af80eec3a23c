import sys
import kith_torch
from torch import nn

norm = nn.BatchNorm2d if "batch" in sys.argv else lambda c: nn.GroupNorm(2, c)  # python3 resnet.py batch: refused
class Block(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.way = nn.Sequential(nn.Conv2d(i, o, 3, 1, 1), norm(o), nn.ReLU(), nn.Conv2d(o, o, 3, 1, 1), norm(o))
        self.short = nn.Conv2d(i, o, 1) if i != o else nn.Identity()
    def forward(self, x):
        return (self.way(x) + self.short(x)).relu()
kith_torch.serve(lambda s: nn.Sequential(
    nn.Conv2d(s.channels, 8, 3, 1, 1), Block(8, 8), nn.MaxPool2d(2), Block(8, 16), nn.AdaptiveAvgPool2d(1),
    nn.Flatten(), nn.Linear(16, s.classes)))
