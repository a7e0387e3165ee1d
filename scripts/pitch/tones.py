"""Synthesizes frames of sound with known pitch: no two alike, all from one seed.

A frame holds a tone (of strings, reeds, voices, whistles, as far as sums of sines go), a change from one tone to
another or to silence, or noise. A frame is voiced when a tone sounds at its centre; its pitch is that of the centre.
"""

import math
from dataclasses import dataclass

import torch

from pitch.model import FRAME, SAMPLE_RATE, frequency_of

LOWEST, HIGHEST = 31.0, 96.0  # MIDI numbers of G1 and C7, 49 Hz to 2093 Hz
HARMONICS = 80
HIGHEST_FREQUENCY = 7800.0
EDGE_SECONDS = 0.004
TIME = (torch.arange(FRAME) - (FRAME - 1) / 2) / SAMPLE_RATE

TIMBRES = ('falling', 'sine', 'odd', 'formants', 'uneven', 'missing fundamental', 'few harmonics')
TIMBRE_WEIGHTS = (0.25, 0.12, 0.1, 0.2, 0.13, 0.15, 0.05)
SCENES = ('tone', 'from silence', 'to silence', 'from tone to tone', 'over an older tone', 'before a tone',
          'after a tone', 'noise', 'clatter', 'silence', 'too low', 'too high', 'faint tone in noise')
SCENE_WEIGHTS = (0.46, 0.05, 0.05, 0.08, 0.09, 0.035, 0.035, 0.11, 0.02, 0.01, 0.01, 0.03, 0.02)
FIRST_UNVOICED = SCENES.index('before a tone')


@dataclass
class Frames:
    samples: torch.Tensor  # [N, FRAME]
    pitch: torch.Tensor  # MIDI number [N]
    voiced: torch.Tensor  # [N]
    scene: torch.Tensor  # index into SCENES
    timbre: torch.Tensor  # index into TIMBRES
    moving: torch.Tensor  # whether the pitch glides or trembles
    noise_decibels: torch.Tensor  # of the noise over the tone


class Dice:
    """Random numbers for all rows of a batch at once."""

    def __init__(self, seed, rows):
        self.generator = torch.Generator().manual_seed(seed)
        self.rows = rows

    def uniform(self, low, high, *shape):
        return low + (high - low) * torch.rand(self.rows, *(shape or (1,)), generator=self.generator)

    def normal(self, *shape):
        return torch.randn(self.rows, *shape, generator=self.generator)

    def chance(self, probability):
        return self.uniform(0, 1) < probability

    def choice(self, weights):
        return torch.multinomial(torch.tensor(weights), self.rows, replacement=True, generator=self.generator)

    def one_of(self, *values):
        return torch.tensor(values)[self.choice([1.0] * len(values))][:, None]


def draw(seed, rows):
    dice = Dice(seed, rows)
    scene = dice.choice(SCENE_WEIGHTS)
    pitch = dice.uniform(LOWEST - 0.3, HIGHEST + 0.3)
    pitch = torch.where(scene[:, None] == SCENES.index('too low'), dice.uniform(20, 28.5), pitch)
    pitch = torch.where(scene[:, None] == SCENES.index('too high'), dice.uniform(98.5, 114), pitch)
    frequency = frequency_of(pitch)
    amplitudes, timbre = harmonic_amplitudes(dice, frequency)
    phase, moving = phases(dice, frequency)
    tone = unit(clipped(dice, sum_of_harmonics(dice, phase, frequency, amplitudes) * decay(dice)))
    sound = unit(placed(dice, tone, scene))
    noise_decibels = noise_level(dice, scene)
    sound = sound + coloured_noise(dice) * 10 ** (noise_decibels / 20)
    sound = torch.where(scene[:, None] == SCENES.index('noise'), coloured_noise(dice) + clicks(dice), sound)
    sound = torch.where(scene[:, None] == SCENES.index('clatter'), clatter(dice), sound)
    sound = torch.where(scene[:, None] == SCENES.index('silence'), torch.zeros(()), sound)
    sound = sound + dice.chance(0.05) * dice.uniform(-1, 1)
    return Frames(sound, pitch[:, 0], (scene < FIRST_UNVOICED).float(), scene, timbre, moving[:, 0],
                  noise_decibels[:, 0])


def unit(sound):
    return sound / (sound.square().mean(1, keepdim=True).sqrt() + 1e-9)


def harmonic_amplitudes(dice, frequency):
    harmonic = torch.arange(1, HARMONICS + 1).float()[None]
    frequencies = frequency * harmonic
    timbre = dice.choice(TIMBRE_WEIGHTS)
    # High tones have no room for the harmonics from which a missing fundamental could be heard.
    timbre = torch.where((timbre == TIMBRES.index('missing fundamental')) & (frequency[:, 0] > 900), 0, timbre)

    def when(name, chosen, otherwise):
        return torch.where(timbre[:, None] == TIMBRES.index(name), chosen, otherwise)

    falling = harmonic ** -dice.uniform(0, 2.2)
    gentle = harmonic ** -dice.uniform(0, 1)
    centres = (200 * 2 ** dice.uniform(0, 4.3) for _ in range(3))
    bumps = sum(torch.exp(-((torch.log2(frequencies / centre) / dice.uniform(0.2, 0.8)) ** 2)) for centre in centres)
    few = (harmonic <= dice.one_of(2, 3, 4, 5, 6)) * 10 ** (dice.uniform(-20, 0, HARMONICS) / 20)
    amplitudes = when('sine', (harmonic == 1) + (harmonic == 2) * dice.uniform(0, 0.05), falling)
    amplitudes = when('odd', falling * torch.where(harmonic % 2 == 1, 1.0, dice.uniform(0, 0.1)), amplitudes)
    amplitudes = when('formants', gentle * (bumps + 0.02), amplitudes)
    amplitudes = when('uneven', falling * 10 ** (8 * dice.normal(HARMONICS) / 20), amplitudes)
    amplitudes = when('missing fundamental', gentle * (harmonic >= dice.one_of(2, 2, 3, 4)), amplitudes)
    amplitudes = when('few harmonics', few, amplitudes)

    filterable = (timbre != TIMBRES.index('missing fundamental'))[:, None]
    cutoff = torch.maximum(700 * 2 ** dice.uniform(0, 3.3), 1.5 * frequency)
    low_pass = dice.chance(0.25) & filterable
    amplitudes = amplitudes * torch.where(low_pass, 1 / (1 + (frequencies / cutoff) ** 4), torch.ones(()))
    high_pass = dice.chance(0.08) & filterable
    cutoff = dice.uniform(80, 350)
    amplitudes = amplitudes * torch.where(high_pass, 1 / (1 + (cutoff / frequencies) ** 2), torch.ones(()))
    return amplitudes * (frequencies < HIGHEST_FREQUENCY), timbre


def phases(dice, frequency):
    """Phase of the fundamental [N, FRAME], and whether its frequency moves."""
    gliding, trembling = dice.chance(0.2), dice.chance(0.25)
    glide = gliding * dice.uniform(-2000, 2000) * dice.uniform(0, 1)
    depth = trembling * dice.uniform(5, 80)
    rate, start = dice.uniform(4, 8), dice.uniform(0, 2 * math.pi)
    cents = glide * TIME + depth * (torch.sin(2 * math.pi * rate * TIME + start) - torch.sin(start))
    roughness = dice.chance(0.15) * dice.uniform(0, 15)
    cents = cents + roughness * dice.normal(FRAME // 64).repeat_interleave(64, 1)
    phase = 2 * math.pi / SAMPLE_RATE * torch.cumsum(frequency * 2 ** (cents / 1200), 1)
    return phase + dice.uniform(0, 2 * math.pi), gliding | trembling


def sum_of_harmonics(dice, phase, frequency, amplitudes):
    # The partials of stiff strings lie above the multiples of the fundamental.
    stiffness = dice.chance(0.12) * 10 ** dice.uniform(-5.5, -3.6)
    stiffness = torch.where(frequency < 1000, stiffness, torch.zeros(()))
    offsets = dice.chance(0.6) * dice.uniform(0, 2 * math.pi, HARMONICS)
    sound = torch.zeros_like(phase)
    for harmonic in range(1, HARMONICS + 1):
        stretched = harmonic * torch.sqrt((1 + stiffness * harmonic ** 2) / (1 + stiffness))
        low_enough = (stretched * frequency)[:, 0] < HIGHEST_FREQUENCY
        heard = ((amplitudes[:, harmonic - 1] > 0) & low_enough).nonzero()[:, 0]
        if len(heard) == 0:
            continue
        angle = phase[heard] * stretched[heard] + offsets[heard, harmonic - 1:harmonic]
        sound[heard] += amplitudes[heard, harmonic - 1:harmonic] * torch.cos(angle)
    return sound


def decay(dice):
    plucked, wavering = dice.chance(0.3), dice.chance(0.15)
    fade = torch.exp(-(plucked * dice.uniform(0, 30)) * TIME)
    tremolo = torch.sin(2 * math.pi * dice.uniform(3, 10) * TIME + dice.uniform(0, 2 * math.pi))
    return fade * (1 + wavering * dice.uniform(0, 0.6) * tremolo)


def clipped(dice, sound):
    peak = sound.abs().amax(1, keepdim=True)
    limit = torch.where(dice.chance(0.05), dice.uniform(0.3, 0.9), torch.ones(())) * peak
    return torch.clamp(sound, -limit, limit)


def placed(dice, tone, scene):
    """The tone with what comes before, after or below it; the neighbour in the batch serves as the other tone."""
    other = tone.roll(1, 0)
    half = FRAME / SAMPLE_RATE / 2

    def is_scene(*names):
        return sum((scene[:, None] == SCENES.index(name)) for name in names).bool()

    def rising(edge):
        return torch.sigmoid((TIME - edge) / EDGE_SECONDS * 8)

    before, after = -dice.uniform(0.008, half), dice.uniform(0.008, half)
    late, early = dice.uniform(0.008, 0.8 * half), -dice.uniform(0.008, 0.8 * half)
    ends_first = dice.chance(0.5)
    first_covers = torch.where(ends_first, rising(before), 1 - rising(after))
    quiet = dice.uniform(0, 1) ** 2 * 0.3
    sound = tone
    sound = torch.where(is_scene('from silence'), tone * rising(before), sound)
    sound = torch.where(is_scene('to silence'), tone * (1 - rising(after)), sound)
    sound = torch.where(is_scene('from tone to tone'), tone * first_covers + other * (1 - first_covers), sound)
    sound = torch.where(is_scene('over an older tone'), tone + quiet * other, sound)
    sound = torch.where(is_scene('before a tone'), tone * rising(late), sound)
    sound = torch.where(is_scene('after a tone'), tone * (1 - rising(early)), sound)
    return sound


def noise_level(dice, scene):
    clean = dice.uniform(-90, -50)
    noisy = dice.uniform(-50, 0)
    level = torch.where(dice.chance(0.4), clean, noisy)
    # Where silence tells where a tone begins, it has to be quieter than the tone.
    by_silence = (scene == SCENES.index('before a tone')) | (scene == SCENES.index('after a tone'))
    level = torch.where(by_silence[:, None], level.clamp(max=-15), level)
    return torch.where(scene[:, None] == SCENES.index('faint tone in noise'), dice.uniform(22, 40), level)


def coloured_noise(dice):
    spectrum = torch.fft.rfft(dice.normal(FRAME))
    frequencies = torch.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE)[None]
    slope = dice.one_of(0.0, 0.0, 0.5, 1.0) + dice.uniform(-0.2, 0.2)
    shape = (frequencies.clamp(min=15) / 100) ** -slope
    centre, octaves = 80 * 2 ** dice.uniform(0, 6), dice.uniform(0.4, 2)
    band = torch.exp(-((torch.log2(frequencies.clamp(min=1) / centre) / octaves) ** 2)) + 1e-3
    shape = shape * torch.where(dice.chance(0.3), band, torch.ones(()))
    return unit(torch.fft.irfft(spectrum * shape, FRAME))


def clicks(dice):
    clicking = dice.chance(0.15)
    where = dice.uniform(-0.03, 0.03)
    width = 10 ** dice.uniform(-4.3, -2.8)
    return clicking * dice.uniform(0, 12) * torch.exp(-(TIME - where).abs() / width) * dice.one_of(-1.0, 1.0)


def clatter(dice):
    """Partials without order, as of struck metal."""
    sound = torch.zeros(())
    for _ in range(16):
        frequency = 150 * 2 ** dice.uniform(0, 5.5)
        fade = torch.exp(-dice.uniform(0, 40) * TIME)
        sound = sound + dice.uniform(0.3, 1) * fade * torch.cos(2 * math.pi * frequency * TIME + dice.uniform(0, 6.28))
    return unit(sound)
