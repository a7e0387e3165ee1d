"""The network: a log spectrum on a log-frequency axis, the harmonics of every pitch laid over each other, convolutions.

    frames [N, 1024] of 16 kHz sound -> pitch [N, 336] logits of pitches 20 cents apart, voiced [N] logit

A row of `harmonic_bins` tells for one harmonic where every pitch would have it. What is left to learn is the same
task for every pitch, so that a small kernel suffices.
"""

import math

import torch
from torch import nn
from torch.nn import functional

SAMPLE_RATE = 16_000
FRAME = 1024
BINS_PER_SEMITONE = 5
LOWEST_PITCH = 30.0  # MIDI numbers: 69 is A4, 440 Hz
PITCHES = 336
HARMONICS = (0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12)
LOWEST_BIN = LOWEST_PITCH - 12
BINS = 508  # up to 8 kHz
# A window of as many periods; at low frequencies the frame ends before that.
PERIODS = 100
WIDTH = 32
DILATIONS = (1, 4, 1, 12 * BINS_PER_SEMITONE, 1)
KERNEL = 5
POWER_FLOOR = 1e-7
QUIET = 1e-12


def frequency_of(midi):
    return 440.0 * 2.0 ** ((midi - 69) / 12)


def bin_frequencies():
    return frequency_of(LOWEST_BIN + torch.arange(BINS, dtype=torch.float64) / BINS_PER_SEMITONE)


def window_lengths():
    return torch.clamp(PERIODS * SAMPLE_RATE / bin_frequencies(), max=FRAME)


def harmonic_bins():
    """Index of the bin that holds a harmonic of a pitch [HARMONICS, PITCHES]; BINS, which is always 0, beyond 8 kHz."""
    first = round((LOWEST_PITCH - LOWEST_BIN) * BINS_PER_SEMITONE)
    shifts = [round(12 * BINS_PER_SEMITONE * math.log2(harmonic)) for harmonic in HARMONICS]
    index = torch.arange(PITCHES) + first + torch.tensor(shifts)[:, None]
    return index.clamp(max=BINS)


def analysis_matrices():
    """Cosines and sines [FRAME, BINS] under windows of unit sum."""
    time = torch.arange(FRAME, dtype=torch.float64)[:, None] - (FRAME - 1) / 2
    lengths = window_lengths()
    window = (0.5 + 0.5 * torch.cos(2 * math.pi * time / lengths)) * (time.abs() < lengths / 2)
    window = window / window.sum(0)
    angles = 2 * math.pi / SAMPLE_RATE * time * bin_frequencies()
    return (window * torch.cos(angles)).float(), (window * torch.sin(angles)).float()


class Block(nn.Module):
    def __init__(self, dilation):
        super().__init__()
        kernel = 3 if dilation >= 12 else KERNEL
        self.convolution = nn.Conv1d(WIDTH, WIDTH, kernel, dilation=dilation, padding=dilation * (kernel // 2))
        self.norm = nn.BatchNorm1d(WIDTH)

    def forward(self, x):
        return x + functional.relu(self.norm(self.convolution(x)))


class PitchNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        cosines, sines = analysis_matrices()
        self.register_buffer('cosines', cosines, persistent=False)
        self.register_buffer('sines', sines, persistent=False)
        self.register_buffer('harmonic_bins', harmonic_bins(), persistent=False)
        self.first = nn.Conv1d(len(HARMONICS), WIDTH, 9, padding=4)
        self.place = nn.Parameter(torch.zeros(WIDTH, PITCHES))
        self.norm = nn.BatchNorm1d(WIDTH)
        self.blocks = nn.ModuleList(Block(dilation) for dilation in DILATIONS)
        self.pitch = nn.Conv1d(WIDTH, 1, KERNEL, padding=KERNEL // 2)
        self.voiced_in = nn.Linear(2 * WIDTH, WIDTH)
        self.voiced_out = nn.Linear(WIDTH, 1)

    def spectrum(self, frames):
        frames = frames - frames.mean(1, keepdim=True)
        frames = frames / torch.sqrt((frames * frames).mean(1, keepdim=True) + QUIET)
        power = (frames @ self.cosines) ** 2 + (frames @ self.sines) ** 2
        # From 0 at the floor to about 4 for a single sine.
        return torch.log(power / POWER_FLOOR + 1) / 4

    def forward(self, frames):
        stacked = functional.pad(self.spectrum(frames), (0, 1))[:, self.harmonic_bins]
        x = functional.relu(self.norm(self.first(stacked) + self.place))
        for block in self.blocks:
            x = block(x)
        pitch = self.pitch(x).squeeze(1)
        at_pitch = (x * pitch.softmax(1)[:, None]).sum(2)
        summary = torch.cat([at_pitch, x.mean(2)], 1)
        return pitch, self.voiced_out(functional.relu(self.voiced_in(summary))).squeeze(1)
