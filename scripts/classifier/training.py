"""Learns the features: what tells many drawn classes apart by one linear layer also tells others apart."""

import math
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

from classifier import drawing
from classifier.model import FEATURES, SIDE

ROWS = 64
WARM_UP_STEPS = 100


def drawn_pictures(seed, each):
    """Pictures [N, 3, SIDE, SIDE] of bytes, and the number of the class of each."""
    started = time.monotonic()
    classes = drawing.seen_classes(seed)
    pictures = [picture(numpy.random.default_rng([seed, index, number]))
                for index, picture in enumerate(classes) for number in range(each)]
    labels = torch.arange(len(classes)).repeat_interleave(each)
    print(f'{len(pictures)} pictures of {len(classes)} classes drawn in {time.monotonic() - started:.0f} s', flush=True)
    return torch.from_numpy(numpy.stack(pictures).transpose(0, 3, 1, 2).copy()), labels


def uniform(low, high, *shape):
    return torch.rand(*shape) * (high - low) + low


def disturbed(pictures):
    """Moved, turned, stretched, in other light, and with a part covered: what leaves the class as it is."""
    rows = len(pictures)
    angle, size, stretch = uniform(-0.25, 0.25, rows), uniform(0.75, 1.2, rows), torch.exp(uniform(-0.25, 0.25, rows))
    places = torch.zeros(rows, 2, 3)
    places[:, 0, 0], places[:, 0, 1] = size * stretch * angle.cos(), -size * angle.sin()
    places[:, 1, 0], places[:, 1, 1] = size * angle.sin(), size / stretch * angle.cos()
    places[:, :, 2] = uniform(-0.12, 0.12, rows, 2)
    grid = functional.affine_grid(places, list(pictures.shape), align_corners=False)
    moved = functional.grid_sample(pictures, grid, padding_mode='reflection', align_corners=False)
    middle = moved.mean((2, 3), keepdim=True)
    lit = (moved - middle) * uniform(0.7, 1.25, rows, 1, 1, 1) + middle * uniform(0.85, 1.15, rows, 1, 1, 1)
    lit = lit + uniform(-0.06, 0.06, rows, 3, 1, 1) + torch.randn_like(lit) * uniform(0, 0.04, rows, 1, 1, 1)
    for row in range(0, rows, 4):
        top, left = torch.randint(0, SIDE - 12, (2,)).tolist()
        height, width = torch.randint(6, 18, (2,)).tolist()
        lit[row, :, top:top + height, left:left + width] = torch.rand(3, 1, 1)
    return lit.clamp(0, 1)


def rate_at(step, steps, peak):
    if step < WARM_UP_STEPS:
        return peak * (step + 1) / WARM_UP_STEPS
    return peak * (0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * (step - WARM_UP_STEPS) / (steps - WARM_UP_STEPS))))


def train(features, pictures, labels, steps, peak):
    teacher = nn.Linear(FEATURES, int(labels.max()) + 1)
    nn.init.normal_(teacher.weight, std=0.02)
    optimizer = torch.optim.AdamW([*features.parameters(), *teacher.parameters()], weight_decay=0.01)
    features.train().to(memory_format=torch.channels_last)
    started = time.monotonic()
    losses, hits = [], []
    for step in range(steps):
        for group in optimizer.param_groups:
            group['lr'] = rate_at(step, steps, peak)
        chosen = torch.randint(0, len(labels), (ROWS,))
        seen = disturbed(pictures[chosen].float() / 255).contiguous(memory_format=torch.channels_last)
        named = teacher(features.centred(seen))
        loss = functional.cross_entropy(named, labels[chosen], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        hits.append((named.argmax(dim=1) == labels[chosen]).float().mean().item())
        if (step + 1) % 100 == 0:
            print(f'step {step + 1} of {steps}: loss {sum(losses) / len(losses):.3f}, '
                  f'{100 * sum(hits) / len(hits):.1f} % named, {time.monotonic() - started:.0f} s', flush=True)
            losses, hits = [], []
