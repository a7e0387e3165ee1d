"""Writes the network as ONNX.

    pictures [N, 3, 64, 64] -> features [N, 128]

Colours are red, green and blue as in an sRGB picture, divided by 255.
"""

from pathlib import Path

import onnx
import torch

from classifier.model import SIDE

PACKAGE = Path(__file__).resolve().parent.parent.parent / 'models/reprise/classifier'
OPSET = 17


def write_network(features):
    PACKAGE.mkdir(parents=True, exist_ok=True)
    path = PACKAGE / 'features.onnx'
    torch.onnx.export(
        features.eval().to(memory_format=torch.contiguous_format), torch.rand(2, 3, SIDE, SIDE), str(path),
        opset_version=OPSET, input_names=['pictures'], output_names=['features'],
        dynamic_axes={'pictures': {0: 'count'}, 'features': {0: 'count'}})
    onnx.checker.check_model(onnx.load(str(path)))
    print(f'{path.name}: {path.stat().st_size} bytes')
