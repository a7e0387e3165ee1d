"""The network: what it adds to bicubic interpolation, found by convolutions over the small picture.

No convolution pads its input. A tile loses MARGIN pixels on each of its sides, and what remains is exactly what the
network makes of these pixels within the whole picture.
"""

import torch
from torch import nn
from torch.nn import functional

WIDTH = 32
BLOCKS = 4
# One pixel for each convolution on the way.
MARGIN = 2 * BLOCKS + 2


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(WIDTH, WIDTH, 3)
        self.second = nn.Conv2d(WIDTH, WIDTH, 3)

    def forward(self, x):
        return x[:, :, 2:-2, 2:-2] + self.second(functional.relu(self.first(x)))


class Upscaler(nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(3, WIDTH, 3)
        self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.tail = nn.Conv2d(WIDTH, 3 * scale * scale, 3)
        self.register_buffer('bicubic', bicubic_filters(scale))
        for block in self.blocks:
            block.second.weight.data *= 0.1
        self.tail.weight.data *= 0.1
        self.tail.bias.data.zero_()

    def forward(self, picture):
        """[N, 3, H, W] -> [N, 3, scale * (H - 2 * MARGIN), scale * (W - 2 * MARGIN)], all of them from 0 to 1."""
        found = self.tail(self.blocks(self.head(picture)))
        inner = picture[:, :, MARGIN - 2:2 - MARGIN, MARGIN - 2:2 - MARGIN]
        return functional.pixel_shuffle(found + functional.conv2d(inner, self.bicubic, groups=3), self.scale)


def bicubic_filters(scale):
    """One filter [1, 5, 5] for each of the scale * scale places within a pixel, and this for each of three colours."""
    places = (torch.arange(scale) + 0.5) / scale - 0.5
    weights = cubic(torch.arange(-2, 3)[None, :] - places[:, None])
    filters = weights[:, None, :, None] * weights[None, :, None, :]
    return filters.reshape(scale * scale, 1, 5, 5).repeat(3, 1, 1, 1)


def cubic(x):
    x = x.abs()
    near = 1.5 * x ** 3 - 2.5 * x ** 2 + 1
    far = -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2
    return torch.where(x < 1, near, torch.where(x < 2, far, torch.zeros_like(x)))
