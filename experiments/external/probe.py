import kith_torch
from torch import nn

def build(s):  # a linear probe: what the body says of an image is not learned, the layer that reads it is
    body = nn.Sequential(nn.Conv2d(s.channels, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    body.requires_grad_(False)  # its BatchNorm keeps the mean and variance that it has
    return nn.Sequential(body, nn.Linear(16 * ((s.height - 4) // 2) * ((s.width - 4) // 2), s.classes))
kith_torch.serve(build)
