"""Makes models/reprise/classifier: draws pictures, learns features from them, fits a first head, measures the result.

Run: nice -n 19 /usr/bin/python3 scripts/make-classifier.py

It takes about a quarter of an hour on one core. It needs Debian's python3-torch, python3-onnx, python3-pil and
fonts-dejavu, and Node on the path with this repository's packages for the head and the measurement.
The seed and the settings decide the pictures and the beginning; the last digits of the weights also hang on the
machine.
"""

import torch

from classifier import export, first_head, measuring, training
from classifier.model import Features

SEED = 20250207
FIRST_HEAD_SEED = SEED + 1
UNSEEN_SEED = SEED + 2
PICTURES_OF_A_CLASS = 40
STEPS = 1500
PEAK_RATE = 3e-3


def main():
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    pictures, labels = training.drawn_pictures(SEED, PICTURES_OF_A_CLASS)
    features = Features()
    print(f'{sum(parameter.numel() for parameter in features.parameters())} parameters')
    training.train(features, pictures, labels, STEPS, PEAK_RATE)
    export.write_network(features)
    first_head.write_head(FIRST_HEAD_SEED)
    measuring.print_table(UNSEEN_SEED)


if __name__ == '__main__':
    main()
