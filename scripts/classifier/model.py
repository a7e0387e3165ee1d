"""The network: what a picture of 64 x 64 pixels looks like, as 128 numbers that lie close together for what is alike.

Colours and textures show in the means of early layers over the picture, outlines in the late ones; the numbers are made
of both. They are centred over everything drawn, and of length 1.
"""

import torch
from torch import nn
from torch.nn import functional

SIDE = 64
FEATURES = 128
WIDTHS = (24, 48, 80, 112)


def convolution(inner, outer, stride=1):
    return nn.Sequential(nn.Conv2d(inner, outer, 3, stride, 1, bias=False), nn.BatchNorm2d(outer), nn.ReLU(inplace=True))


class Features(nn.Module):
    def __init__(self):
        super().__init__()
        first, second, third, fourth = WIDTHS
        self.fine = nn.Sequential(convolution(3, first, 2), convolution(first, second, 2), convolution(second, second))
        self.middle = nn.Sequential(convolution(second, third, 2), convolution(third, third))
        self.coarse = convolution(third, fourth)
        self.mix = nn.Linear(second + third + 2 * fourth, FEATURES, bias=False)
        self.centre = nn.BatchNorm1d(FEATURES, affine=False)

    def centred(self, picture):
        """[N, 3, 64, 64] from 0 to 1 -> [N, 128], each round 0 with a deviation of 1."""
        fine = self.fine(picture * 4 - 2)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        pooled = torch.cat([fine.mean((2, 3)), middle.mean((2, 3)), coarse.mean((2, 3)), coarse.amax((2, 3))], dim=1)
        return self.centre(self.mix(pooled))

    def forward(self, picture):
        return functional.normalize(self.centred(picture), dim=1)
