"""Measures the network on frames of a seed that it has never seen."""

import torch

from pitch import tones
from pitch.model import BINS_PER_SEMITONE, LOWEST_PITCH

ROWS = 512
ROUNDS = 40
# The pitch is the average of the bins around the likeliest one, this many to each side.
REACH = 4
NEAR_CENTS = 50


def guess(network, samples):
    """MIDI number of each frame, and the confidence that it is voiced and of that pitch."""
    with torch.no_grad():
        logits, voiced = network(samples)
    probability = logits.softmax(1)
    bins = torch.arange(probability.shape[1])
    best = probability.argmax(1, keepdim=True)
    near = probability * ((bins - best).abs() <= REACH)
    place = (near * bins).sum(1) / near.sum(1)
    return LOWEST_PITCH + place / BINS_PER_SEMITONE, voiced.sigmoid() * near.sum(1)


def report(network, seed):
    drawn = [tones.draw(seed + index, ROWS) for index in range(ROUNDS)]
    guesses = [guess(network, frames.samples) for frames in drawn]
    pitch, confidence = (torch.cat(parts) for parts in zip(*guesses))

    def all_of(field):
        return torch.cat([getattr(frames, field) for frames in drawn])

    true_pitch, true_voiced, scene = all_of('pitch'), all_of('voiced').bool(), all_of('scene')
    cents = 100 * (pitch - true_pitch).abs()
    right = (confidence >= 0.5) == true_voiced
    noise, moving, timbre = all_of('noise_decibels'), all_of('moving'), all_of('timbre')

    print(f'{len(cents)} unseen frames, {int(true_voiced.sum())} of them voiced')
    print(f'voiced frames called voiced {share(right, true_voiced)}, '
          f'unvoiced called unvoiced {share(right, ~true_voiced)}, all {right.float().mean():.1%}')
    print('pitch of the voiced frames:')
    rows = [('all', torch.ones_like(true_voiced)), ('clean, steady', (noise < -30) & ~moving & (scene == 0)),
            ('gliding or trembling', moving), ('noise 15 to 0 dB below the tone', noise > -15),
            ('G1 to B2', true_pitch < 47.5), ('C3 to B4', (true_pitch >= 47.5) & (true_pitch < 71.5)),
            ('C5 to C7', true_pitch >= 71.5)]
    rows += [(name, timbre == index) for index, name in enumerate(tones.TIMBRES)]
    rows += [(name, scene == index) for index, name in enumerate(tones.SCENES[:tones.FIRST_UNVOICED])]
    for name, chosen in rows:
        chosen = chosen & true_voiced
        near = cents[chosen] < NEAR_CENTS
        print(f'  {name:32} median error {cents[chosen].median():5.2f} cents, within {NEAR_CENTS} cents '
              f'{near.float().mean():.1%}, called voiced {share(right, chosen)}')
    print('unvoiced frames called unvoiced:')
    for index, name in enumerate(tones.SCENES):
        if index >= tones.FIRST_UNVOICED:
            print(f'  {name:32} {share(right, scene == index)}')


def share(right, chosen):
    return f'{right[chosen].float().mean():.1%}'
