"""Makes models/reprise/storyteller: tells tales, learns a tokenizer and a decoder from them, and writes both.

Run: nice -n 10 /usr/bin/python3 scripts/make-storyteller.py

It takes about 25 minutes on one core. It needs Debian's python3-torch, python3-onnx and libopenblas0-pthread (without
the last, the matrices take ten times as long), and Node with this repository's packages for the last comparison.
The seed and the settings decide the tales and the beginning; the last digits of the weights also hang on the machine.
"""

from random import Random

import torch

from storyteller import export, stories, training
from storyteller.model import Decoder
from storyteller.tokenizer import Tokenizer, learn_merges

SEED = 20250101
VALIDATION_SEED = SEED + 1
TOKENIZER_STORIES = 3000
MERGES = 1279
STEPS = 2400


def main():
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    random = Random(SEED)
    tokenizer = Tokenizer(learn_merges([stories.tell(random)[1] for _ in range(TOKENIZER_STORIES)], MERGES))
    decoder = Decoder(tokenizer.size)
    print(f'{sum(parameter.numel() for parameter in decoder.parameters())} parameters, {tokenizer.size} tokens')
    training.train(decoder, tokenizer, random, STEPS)
    export.write_package(decoder, tokenizer)
    print(f'validation loss {training.validation_loss(decoder, tokenizer, Random(VALIDATION_SEED)):.4f} per token')
    export.compare_with_torch(decoder, tokenizer)
    export.print_samples(decoder, tokenizer, ['', 'Once upon a time', 'The little fox', 'Alice'])


if __name__ == '__main__':
    main()
