"""Textures to learn from, and others that are kept for measuring.

A texture is a function of (u, v, random), which gives levels from 0 to 1 for places [n, n] of a picture that is 1 wide.
What decides its class is drawn once; `random` moves things within it that differ from one picture to the next.
"""

import numpy
from PIL import Image

from classifier import shapes


def smooth(values, softness):
    """From waves of -1 to 1 to levels, whose edges are hard when the softness is small."""
    return numpy.clip(0.5 + values / (2 * softness), 0, 1)


def rotated(u, v, angle):
    return numpy.cos(angle) * u + numpy.sin(angle) * v, numpy.cos(angle) * v - numpy.sin(angle) * u


def stripes(random):
    count, angle = random.uniform(3, 13), random.uniform(0, numpy.pi)
    share, soft = random.uniform(-0.7, 0.7), random.choice([0.15, 1])
    return lambda u, v, _: smooth(numpy.sin(2 * numpy.pi * count * rotated(u, v, angle)[0]) - share, soft)


def checks(random):
    across, down, angle = random.uniform(2, 9), random.uniform(2, 9), random.uniform(0, numpy.pi)

    def levels(u, v, _):
        x, y = rotated(u, v, angle)
        return smooth(numpy.sin(numpy.pi * across * x) * numpy.sin(numpy.pi * down * y), 0.15)
    return levels


def dots(random):
    count, radius = random.uniform(3, 9), random.uniform(0.2, 0.45)
    shifted, angle = random.integers(2), random.uniform(0, numpy.pi)

    def levels(u, v, _):
        x, y = rotated(u, v, angle)
        x = x * count + shifted * 0.5 * (numpy.floor(y * count) % 2)
        return smooth((radius - numpy.hypot(x % 1 - 0.5, (y * count) % 1 - 0.5)) * 6, 1)
    return levels


def noise(random):
    slope, soft = random.uniform(0.3, 2.2), random.choice([0.1, 2])
    level, stretch = random.uniform(-0.8, 0.8), random.choice([1, 1, random.uniform(2, 5)])
    angle = random.uniform(0, numpy.pi)

    def levels(u, v, random):
        size = len(u)
        rows, columns = numpy.fft.fftfreq(size)[:, None], numpy.fft.rfftfreq(size)[None, :]
        across, down = rotated(columns, rows, angle)
        frequencies = numpy.hypot(across, down * stretch)
        frequencies[0, 0] = 1
        spectrum = numpy.fft.rfft2(random.normal(size=(size, size))) / numpy.maximum(frequencies, 0.01) ** slope
        spectrum[0, 0] = 0
        field = numpy.fft.irfft2(spectrum, (size, size))
        return smooth(field / field.std() - level, soft)
    return levels


def cells(random):
    count, style = random.integers(8, 50), random.integers(3)
    edge = random.uniform(0.01, 0.04)

    def levels(u, v, random):
        places = random.uniform(u.min(), u.max(), (count, 2))
        away = numpy.hypot(u[..., None] - places[:, 0], v[..., None] - places[:, 1])
        if style == 0:
            return random.uniform(0, 1, count)[away.argmin(axis=2)]
        nearest = numpy.partition(away, 1, axis=2)
        if style == 1:
            return smooth((edge - (nearest[..., 1] - nearest[..., 0])) * 60, 1)
        return numpy.clip(nearest[..., 0] * numpy.sqrt(count) * 1.2, 0, 1)
    return levels


def waves(random):
    count, bends = random.uniform(3, 10), random.uniform(1, 5)
    depth, angle = random.uniform(0.02, 0.1), random.uniform(0, numpy.pi)

    def levels(u, v, _):
        x, y = rotated(u, v, angle)
        return smooth(numpy.sin(2 * numpy.pi * count * (x + depth * numpy.sin(2 * numpy.pi * bends * y))), 0.3)
    return levels


def rings(random):
    count, stretch, soft = random.uniform(3, 12), random.uniform(0.5, 1), random.choice([0.15, 1])

    def levels(u, v, random):
        x, y = random.uniform(-0.3, 0.3, 2)
        return smooth(numpy.sin(2 * numpy.pi * count * numpy.hypot((u - x) * stretch, v - y)), soft)
    return levels


def mesh(random):
    across, down = random.uniform(3, 9), random.uniform(3, 9)
    width, angle = random.uniform(0.08, 0.35), random.uniform(0, numpy.pi)

    def levels(u, v, _):
        x, y = rotated(u, v, angle)
        return smooth((width - numpy.minimum((x * across) % 1, (y * down) % 1)) * 8, 1)
    return levels


def motif(random):
    """One outline again and again."""
    shape, count, turns = random.choice(shapes.SEEN)(random), random.integers(2, 5), random.integers(2)

    def levels(u, v, random):
        size = 48
        tile = numpy.asarray(shapes.mask(shape, size, random.uniform(0, 360) * turns, 0.75)) / 255.0
        return tile[((v * count) % 1 * size).astype(int) % size, ((u * count) % 1 * size).astype(int) % size]
    return levels


def hatching(random):
    """Strokes anywhere, more or less in one direction."""
    count, length, width = random.integers(20, 120), random.uniform(0.05, 0.3), random.uniform(0.006, 0.025)
    angle, spread = random.uniform(0, numpy.pi), random.choice([0.1, 0.4, 3])

    def levels(u, v, random):
        drawn = numpy.zeros(u.shape)
        places, angles = random.uniform(u.min(), u.max(), (count, 2)), random.normal(angle, spread, count)
        for (x, y), turn in zip(places, angles):
            along, across = rotated(u - x, v - y, turn)
            drawn = numpy.maximum(drawn, (numpy.abs(along) < length / 2) & (numpy.abs(across) < width))
        return drawn
    return levels


SEEN = [stripes, checks, dots, noise, noise, cells, waves, rings, mesh, motif, motif, hatching]


def bricks(random):
    rows, ratio, joint = random.uniform(4, 9), random.uniform(1.5, 3), random.uniform(0.08, 0.2)

    def levels(u, v, _):
        y = v * rows
        x = y // 1 * 0.5 + u * rows / ratio
        return smooth((numpy.minimum(y % 1, (x % 1) * ratio) - joint) * 8, 1)
    return levels


def zigzag(random):
    count, teeth = random.uniform(3, 8), random.uniform(2, 6)
    height, upright = random.uniform(0.1, 0.25), random.integers(2)

    def levels(u, v, _):
        x, y = (u, v) if upright else (v, u)
        return smooth(numpy.sin(2 * numpy.pi * count * (y + height * numpy.abs((x * teeth) % 1 - 0.5))), 0.15)
    return levels


def triangles(random):
    count = random.uniform(2, 6)

    def levels(u, v, _):
        y = v * count * 1.15
        x = u * count + 0.5 * (y // 1 % 2)
        return smooth((y % 1 - 2 * numpy.abs(x % 1 - 0.5)) * 8, 1)
    return levels


def spiral(random):
    arms, count, soft = random.integers(1, 5), random.uniform(2, 6), random.choice([0.15, 1])

    def levels(u, v, random):
        x, y = random.uniform(-0.15, 0.15, 2)
        away, angle = numpy.hypot(u - x, v - y), numpy.arctan2(v - y, u - x)
        return smooth(numpy.sin(2 * numpy.pi * count * away + arms * angle), soft)
    return levels


def rays(random):
    count, share = random.integers(4, 14), random.uniform(-0.5, 0.5)

    def levels(u, v, random):
        x, y = random.uniform(-0.2, 0.2, 2)
        return smooth(numpy.sin(count * numpy.arctan2(v - y, u - x)) - share, 0.2)
    return levels


def plaid(random):
    across, down = random.uniform(2, 6, 2)
    share = random.uniform(-0.5, 0.5)

    def levels(u, v, _):
        return (smooth(numpy.sin(2 * numpy.pi * across * u) - share, 0.15)
                + smooth(numpy.sin(2 * numpy.pi * down * v) - share, 0.15)) / 2
    return levels


def scales(random):
    count, line = random.uniform(3, 7), random.uniform(0.06, 0.15)

    def levels(u, v, _):
        nearest = numpy.ones(u.shape)
        for row in (0, 1):
            y = v * count * 2 - row
            x = u * count + 0.5 * ((y // 2 * 2 + row) % 2) + 0.5 * row
            away = numpy.hypot(x % 1 - 0.5, (y % 2) / 2)
            nearest = numpy.minimum(nearest, numpy.abs(away - 0.5))
        return smooth((line - nearest) * 12, 1)
    return levels


def confetti(random):
    count, side = random.integers(15, 70), random.uniform(0.03, 0.08)

    def levels(u, v, random):
        drawn = numpy.zeros(u.shape)
        for x, y, turn in random.uniform([u.min(), v.min(), 0], [u.max(), v.max(), 3], (count, 3)):
            along, across = rotated(u - x, v - y, turn)
            drawn = numpy.maximum(drawn, (numpy.abs(along) < side) & (numpy.abs(across) < side))
        return drawn
    return levels


UNSEEN = [bricks, zigzag, triangles, spiral, rays, plaid, scales, confetti]


def levels(texture, random, size, turn=0.15):
    """[size, size] of one picture: moved, and turned and scaled a little."""
    rows, columns = (numpy.mgrid[0:size, 0:size] + 0.5) / size - 0.5
    u, v = rotated(columns, rows, random.normal(0, turn))
    scale = random.uniform(0.8, 1.25)
    x, y = random.uniform(-0.15, 0.15, 2)
    return texture(u * scale + x, v * scale + y, random)
