"""Trains a network on parts of drawn pictures, which are reduced anew each time they are looked at."""

import math
import time

import numpy
import torch
from torch.nn import functional

from upscaler import degradation, drawing
from upscaler.model import MARGIN

ROWS = 8
# Pixels of a side: what the network gives for a part, in pixels of the small picture, and what it sees for it.
INNER = 32
OUTER = INNER + 2 * MARGIN
WARM_UP_STEPS = 100


def drawn_pictures(seed, count, size):
    started = time.monotonic()
    pictures = [drawing.draw(seed, number, size) for number in range(count)]
    print(f'{count} pictures drawn in {time.monotonic() - started:.0f} s', flush=True)
    return pictures


def part(random, pictures, size):
    """A square of a picture, in one of its eight orientations; rather not one that shows nothing."""
    for _ in range(3):
        picture = pictures[random.integers(len(pictures))]
        top, left = random.integers(0, len(picture) - size + 1, 2)
        square = picture[top:top + size, left:left + size]
        if square.std() > 8:
            break
    square = numpy.rot90(square, random.integers(4))
    return square if random.random() < 0.5 else square[:, ::-1]


def as_tensor(pictures):
    stacked = numpy.ascontiguousarray(numpy.stack(pictures).transpose(0, 3, 1, 2))
    return torch.from_numpy(stacked).float() / 255


def batch(random, pictures, scale):
    large = [numpy.ascontiguousarray(part(random, pictures, OUTER * scale)) for _ in range(ROWS)]
    small = [degradation.degrade(random, square, scale) for square in large]
    edge = MARGIN * scale
    return as_tensor(small), as_tensor([square[edge:-edge, edge:-edge] for square in large])


def rate_at(step, steps, peak):
    if step < WARM_UP_STEPS:
        return peak * (step + 1) / WARM_UP_STEPS
    return peak * (0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * (step - WARM_UP_STEPS) / (steps - WARM_UP_STEPS))))


def train(upscaler, pictures, random, steps, peak):
    optimizer = torch.optim.Adam(upscaler.parameters(), betas=(0.9, 0.99))
    started = time.monotonic()
    recent = []
    for step in range(steps):
        for group in optimizer.param_groups:
            group['lr'] = rate_at(step, steps, peak)
        small, large = batch(random, pictures, upscaler.scale)
        loss = functional.l1_loss(upscaler(small), large)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(upscaler.parameters(), 0.2)
        optimizer.step()
        recent.append(loss.item())
        if (step + 1) % 250 == 0:
            mean = 255 * sum(recent) / len(recent)
            print(f'{upscaler.scale}x, step {step + 1} of {steps}: mean error {mean:.2f} of 255, '
                  f'{time.monotonic() - started:.0f} s', flush=True)
            recent = []
