"""Trains the decoder on tales that are told while it learns: no tale comes twice."""

import math
import time

import torch
from torch.nn import functional

from storyteller import stories
from storyteller.tokenizer import END_OF_TEXT

# (share of the steps, rows, tokens in a row): short rows first, which cost less; rows beyond the window last.
STAGES = [(0.8, 12, 256), (0.2, 6, 512)]
PEAK_RATE = 2.5e-3
WARM_UP_STEPS = 100
VALIDATION_ROWS = 64


def told_row(random, tokenizer, length):
    """`length` + 1 tokens of tales, each opened by the end of the one before, and how much each token counts.

    A prompt is given and never guessed, so its tokens do not count.
    """
    tokens, weights = [], []
    while len(tokens) <= length:
        prompt, story = stories.tell(random)
        given = tokenizer.encode(prompt)
        guessed = tokenizer.encode(story)
        tokens += [END_OF_TEXT, *given, *guessed]
        weights += [1.0] + [0.0] * len(given) + [1.0] * len(guessed)
    return tokens[:length + 1], weights[:length + 1]


def told_batch(random, tokenizer, rows, length):
    told = [told_row(random, tokenizer, length) for _ in range(rows)]
    return torch.tensor([tokens for tokens, _ in told]), torch.tensor([weights for _, weights in told])


def mean_loss(decoder, tokens, weights):
    losses = functional.cross_entropy(decoder(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten(), reduction='none')
    counted = weights[:, 1:].flatten()
    return (losses * counted).sum() / counted.sum()


def rate_at(step, steps):
    if step < WARM_UP_STEPS:
        return PEAK_RATE * (step + 1) / WARM_UP_STEPS
    return PEAK_RATE * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - WARM_UP_STEPS) / (steps - WARM_UP_STEPS))))


def validation_loss(decoder, tokenizer, random):
    tokens, weights = told_batch(random, tokenizer, VALIDATION_ROWS, 512)
    with torch.no_grad():
        parts = [mean_loss(decoder, tokens[row:row + 8], weights[row:row + 8]) for row in range(0, VALIDATION_ROWS, 8)]
    return sum(parts).item() / len(parts)


def train(decoder, tokenizer, random, steps):
    matrices = [parameter for parameter in decoder.parameters() if parameter.dim() > 1]
    vectors = [parameter for parameter in decoder.parameters() if parameter.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{'params': matrices, 'weight_decay': 0.1}, {'params': vectors, 'weight_decay': 0.0}], betas=(0.9, 0.98))
    started = time.monotonic()
    step = 0
    for share, rows, length in STAGES:
        for _ in range(round(steps * share)):
            for group in optimizer.param_groups:
                group['lr'] = rate_at(step, steps)
            loss = mean_loss(decoder, *told_batch(random, tokenizer, rows, length))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
            optimizer.step()
            if step % 50 == 0:
                print(f'step {step} of {steps}: loss {loss.item():.3f}, {time.monotonic() - started:.0f} s', flush=True)
            step += 1
