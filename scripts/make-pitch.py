"""Makes models/reprise/pitch/pitch.onnx: synthesizes tones, learns to hear their pitch, and writes the network.

Run: nice -n 19 /usr/bin/python3 scripts/make-pitch.py [learned.pt]

What was learned is kept in learned.pt, if that is named; a file that is there already is exported without training.

It takes about 15 minutes on one core. It needs Debian's python3-torch, python3-onnx and libopenblas0-pthread (without
the last, the matrices take far longer), and Node with this repository's packages for the last comparison.
The seed and the settings decide every tone; the last digits of the weights also hang on the machine.
"""

import sys
from pathlib import Path

import torch

from pitch import evaluation, export, training
from pitch.model import PitchNetwork

SEED = 20250201
# Every step draws from a seed of its own, counted from SEED.
CHECK_SEED = SEED + 1_000_000
UNSEEN_SEED = SEED + 2_000_000
STEPS = 2500


def main():
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    network = PitchNetwork()
    print(f'{sum(parameter.numel() for parameter in network.parameters())} parameters')
    learned = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if learned and learned.exists():
        network.load_state_dict(torch.load(learned))
        network.eval()
    else:
        training.train(network, SEED, CHECK_SEED, STEPS)
        if learned:
            torch.save(network.state_dict(), learned)
    export.write_package(network)
    evaluation.report(network, UNSEEN_SEED)
    export.compare_with_torch(network, UNSEEN_SEED)


if __name__ == '__main__':
    main()
