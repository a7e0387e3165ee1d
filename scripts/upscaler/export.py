"""Writes a network as ONNX.

    picture [1, 3, H, W] -> enlarged [1, 3, scale * (H - 2 * MARGIN), scale * (W - 2 * MARGIN)]

Colours are red, green and blue as in an sRGB picture, divided by 255.
"""

from pathlib import Path

import onnx
import torch
from torch import nn

from upscaler.model import MARGIN

PACKAGE = Path(__file__).resolve().parent.parent.parent / 'models/reprise/upscaler'
OPSET = 17


class Clamped(nn.Module):
    def __init__(self, upscaler):
        super().__init__()
        self.upscaler = upscaler

    def forward(self, picture):
        return self.upscaler(picture).clamp(0, 1)


def write_network(upscaler):
    PACKAGE.mkdir(parents=True, exist_ok=True)
    path = PACKAGE / f'enlarge-{upscaler.scale}x.onnx'
    side = 2 * MARGIN + 16
    torch.onnx.export(
        Clamped(upscaler).eval(), torch.rand(1, 3, side, side), str(path), opset_version=OPSET,
        input_names=['picture'], output_names=['enlarged'],
        dynamic_axes={'picture': {2: 'height', 3: 'width'},
                      'enlarged': {2: 'enlarged_height', 3: 'enlarged_width'}})
    onnx.checker.check_model(onnx.load(str(path)))
    print(f'{path.name}: {path.stat().st_size} bytes')
