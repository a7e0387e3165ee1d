"""Makes the weights of models/reprise/upscaler: draws pictures, learns to enlarge them, and measures the result.

Run: nice -n 10 /usr/bin/python3 scripts/make-upscaler.py

It takes about 40 minutes on one core. It needs Debian's python3-torch, python3-onnx, python3-pil and fonts-dejavu, and
Node on the path with this repository's packages for the measurement.
The seed and the settings decide the pictures and the beginning; the last digits of the weights also hang on the machine.
"""

import numpy
import torch

from upscaler import export, measuring, training
from upscaler.model import Upscaler

SEED = 20250103
UNSEEN_SEED = SEED + 1
PICTURES = 1000
PICTURE_SIZE = 256
STEPS = {2: 11000, 4: 10000}
PEAK_RATE = 1e-3


def main():
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    random = numpy.random.default_rng(SEED)
    pictures = training.drawn_pictures(SEED, PICTURES, PICTURE_SIZE)

    upscalers = {scale: Upscaler(scale) for scale in STEPS}
    for scale, steps in STEPS.items():
        upscaler = upscalers[scale]
        if scale == 4:
            # What helps to double a picture is a good beginning for what helps to quadruple it.
            upscaler.head.load_state_dict(upscalers[2].head.state_dict())
            upscaler.blocks.load_state_dict(upscalers[2].blocks.state_dict())
        print(f'{scale}x: {sum(parameter.numel() for parameter in upscaler.parameters())} parameters')
        training.train(upscaler, pictures, random, steps, PEAK_RATE)
        export.write_network(upscaler)
    measuring.print_table(UNSEEN_SEED, list(STEPS))


if __name__ == '__main__':
    main()
