"""Trains the network on frames that are synthesized while it learns: no frame comes twice."""

import copy
import math
import time

import torch
from torch.nn import functional

from pitch import tones
from pitch.model import BINS_PER_SEMITONE, LOWEST_PITCH, PITCHES

ROWS = 128
PEAK_RATE = 4e-3
WARM_UP_STEPS = 100
# A pitch is guessed as a bell of this width, in bins, from which it is read more finely than a bin.
TARGET_WIDTH = 1.0
CHECK_EVERY = 250
CHECK_ROWS = 2048


def losses(network, frames):
    pitch, voiced = network(frames.samples)
    place = (frames.pitch - LOWEST_PITCH) * BINS_PER_SEMITONE
    target = torch.exp(-0.5 * ((torch.arange(PITCHES) - place[:, None]) / TARGET_WIDTH) ** 2)
    target = target / (target.sum(1, keepdim=True) + 1e-9)
    pitch_loss = -(target * pitch.log_softmax(1)).sum(1)
    pitch_loss = (pitch_loss * frames.voiced).sum() / frames.voiced.sum()
    return pitch_loss + 2 * functional.binary_cross_entropy_with_logits(voiced, frames.voiced)


def rate_at(step, steps):
    if step < WARM_UP_STEPS:
        return PEAK_RATE * (step + 1) / WARM_UP_STEPS
    angle = math.pi * (step - WARM_UP_STEPS) / (steps - WARM_UP_STEPS)
    return PEAK_RATE * (0.005 + 0.995 * 0.5 * (1 + math.cos(angle)))


def check_loss(network, seed):
    network.eval()
    with torch.no_grad():
        loss = losses(network, tones.draw(seed, CHECK_ROWS)).item()
    network.train()
    return loss


def train(network, seed, check_seed, steps):
    """Leaves the network with the weights that were best on frames of `check_seed`, looked at now and then."""
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01, betas=(0.9, 0.98))
    started = time.monotonic()
    best, lowest = None, math.inf
    for step in range(steps):
        for group in optimizer.param_groups:
            group['lr'] = rate_at(step, steps)
        loss = losses(network, tones.draw(seed + step, ROWS))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % CHECK_EVERY == 0 or step + 1 == steps:
            checked = check_loss(network, check_seed)
            print(f'step {step + 1} of {steps}: loss {checked:.4f}, {time.monotonic() - started:.0f} s', flush=True)
            if checked < lowest:
                lowest, best = checked, copy.deepcopy(network.state_dict())
    network.load_state_dict(best)
    network.eval()
