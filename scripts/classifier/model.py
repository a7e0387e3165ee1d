"""The network: what a picture of 64 x 64 pixels looks like, as 128 numbers that lie close together for what is alike.

It sees colours, and beside them how strong the edges of four directions are: these are the same whatever the colours
on both sides, and which of them is the lighter one. Colours and textures show in the means of early layers over the
picture, outlines in the late ones; the numbers are made of both, centred over everything drawn, and of length 1.
"""

import torch
from torch import nn
from torch.nn import functional

SIDE = 64
FEATURES = 128
WIDTHS = (24, 48, 80, 112)
DIRECTIONS = 4


def convolution(inner, outer, stride=1):
    layer = nn.Conv2d(inner, outer, 3, stride, 1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outer), nn.ReLU(inplace=True))


class Edges(nn.Module):
    """How strong the edges of each direction are, beside their mean over the picture."""

    def __init__(self):
        super().__init__()
        upright = torch.tensor([[-1., 0, 1], [-2, 0, 2], [-1, 0, 1]])
        leaning = torch.tensor([[0., 1, 2], [-1, 0, 1], [-2, -1, 0]])
        filters = torch.stack([upright, upright.T, leaning, leaning.flip(1)])[:, None].repeat(3, 1, 1, 1)
        self.register_buffer('filters', filters)

    def forward(self, picture):
        sides = functional.pad(picture, (1, 1, 1, 1), mode='replicate')
        red, green, blue = functional.conv2d(sides, self.filters, groups=3).abs().split(DIRECTIONS, dim=1)
        strength = red + green + blue
        return (strength / (2 * strength.mean((1, 2, 3), keepdim=True) + 0.05)).clamp(max=6)


class Features(nn.Module):
    def __init__(self):
        super().__init__()
        first, second, third, fourth = WIDTHS
        self.edges = Edges()
        self.fine = nn.Sequential(
            convolution(3 + DIRECTIONS, first, 2), convolution(first, second, 2), convolution(second, second))
        self.middle = nn.Sequential(convolution(second, third, 2), convolution(third, third))
        self.coarse = convolution(third, fourth)
        self.mix = nn.Linear(second + third + 2 * fourth, FEATURES, bias=False)
        self.centre = nn.BatchNorm1d(FEATURES, affine=False)

    def centred(self, picture):
        """[N, 3, 64, 64] from 0 to 1 -> [N, 128], each round 0 with a deviation of 1."""
        fine = self.fine(torch.cat([picture * 4 - 2, self.edges(picture)], dim=1))
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        pooled = torch.cat([fine.mean((2, 3)), middle.mean((2, 3)), coarse.mean((2, 3)), coarse.amax((2, 3))], dim=1)
        return self.centre(self.mix(pooled))

    def forward(self, picture):
        return functional.normalize(self.centred(picture), dim=1)
