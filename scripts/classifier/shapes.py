"""Outlines to learn from, and others that are kept for measuring.

A shape is a list of (corners [n, 2], level): polygons within about -1 to 1, each of which fills or clears what it
covers.
"""

import numpy
from PIL import Image, ImageDraw


def turned(corners, degrees):
    angle = numpy.radians(degrees)
    return corners @ numpy.array([[numpy.cos(angle), numpy.sin(angle)], [-numpy.sin(angle), numpy.cos(angle)]])


def round_trip(count):
    return numpy.linspace(0, 2 * numpy.pi, count, endpoint=False)


def polar(angles, reach):
    return numpy.stack([reach * numpy.cos(angles), reach * numpy.sin(angles)], axis=1)


def box(left, top, right, bottom):
    return numpy.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=float)


def blob(random):
    angles = round_trip(60)
    waves = sum(random.normal(0, 0.45 / n) * numpy.sin(n * angles + random.uniform(0, 6)) for n in range(2, 6))
    return [(polar(angles, numpy.clip(0.7 + 0.5 * waves, 0.2, 1)), 1)]


def jagged(random):
    angles = numpy.sort(round_trip(random.integers(4, 9)) + random.uniform(0, 0.6, 1))
    return [(polar(angles, random.uniform(0.3, 1, len(angles))), 1)]


def regular(random):
    corners = polar(round_trip(random.integers(3, 9)) + random.uniform(0, 6), 0.95)
    return [(corners * [random.uniform(0.4, 1), 1], 1)]


def ellipse(random):
    return [(polar(round_trip(60), 1) * [random.uniform(0.2, 1), 0.95], 1)]


def bar(random):
    return [(turned(box(-0.95, -1, 0.95, 1) * [1, random.uniform(0.15, 1)], random.uniform(0, 180)), 1)]


def ring(random):
    [(outer, _)] = random.choice([blob, regular, ellipse])(random)
    return [(outer, 1), (outer * random.uniform(0.35, 0.75), 0)]


def crescent(random):
    disc = polar(round_trip(60), 0.95)
    turn = random.uniform(0, 360)
    return [(disc, 1), (turned(disc * random.uniform(0.6, 1) + [random.uniform(0.3, 0.8), 0], turn), 0)]


def slice_of_pie(random):
    start, length = random.uniform(0, 360), random.uniform(40, 320)
    arc = polar(numpy.radians(numpy.linspace(start, start + length, 40)), 0.95)
    return [(numpy.concatenate([[[0, 0]], arc]), 1)]


def strokes(random):
    """Bars that meet: like the letters L, T, U, H, F, Z and many that no script has."""
    width = random.uniform(0.12, 0.25)
    parts = []
    for _ in range(random.integers(2, 5)):
        place = random.choice([-0.75, 0, 0.75])
        start, end = numpy.sort(random.choice([-0.8, -0.2, 0.2, 0.8], 2, False))
        part = box(start - width / 2, place - width, end + width / 2, place + width)
        parts.append((part if random.random() < 0.5 else part[:, ::-1], 1))
    return parts


def pair(random):
    """Two outlines that touch or overlap, or one cut out of the other."""
    first, second = (random.choice([blob, jagged, regular, ellipse, bar])(random)[0][0] for _ in range(2))
    place = polar(random.uniform(0, 6, 1), random.uniform(0.2, 0.7))
    if random.random() < 0.4:
        return [(first, 1), (second * random.uniform(0.3, 0.6) + place * 0.5, 0)]
    return [(first * random.uniform(0.4, 0.7) - place * 0.7, 1), (second * random.uniform(0.3, 0.7) + place * 0.7, 1)]


SEEN = [blob, jagged, regular, ellipse, bar, ring, crescent, slice_of_pie, strokes, pair, pair]


def star(random):
    points = random.integers(4, 9)
    reach = numpy.where(numpy.arange(2 * points) % 2, random.uniform(0.3, 0.6), 1)
    return [(polar(round_trip(2 * points) - numpy.pi / 2, reach), 1)]


def cross(random):
    width = random.uniform(0.12, 0.4)
    tilt = random.choice([0, 45])
    return [(turned(box(-1, -width, 1, width), tilt), 1), (turned(box(-width, -1, width, 1), tilt), 1)]


def heart(random):
    t = round_trip(80)
    y = 13 * numpy.cos(t) - 5 * numpy.cos(2 * t) - 2 * numpy.cos(3 * t) - numpy.cos(4 * t)
    corners = numpy.stack([16 * numpy.sin(t) ** 3, -y], axis=1) / 17
    return [(corners * [random.uniform(0.7, 1), random.choice([-1, 1])], 1)]


def arrow(random):
    shaft, head = random.uniform(0.1, 0.3), random.uniform(0.5, 0.9)
    start = random.uniform(-0.3, 0.4)
    corners = [[-1, -shaft], [start, -shaft], [start, -head], [1, 0], [start, head], [start, shaft], [-1, shaft]]
    return [(turned(numpy.array(corners), random.choice([0, 90, 180, 270, 45, 135])), 1)]


def gear(random):
    teeth = random.integers(6, 13)
    reach = numpy.where(numpy.arange(4 * teeth) % 4 < 2, 1, random.uniform(0.65, 0.8))
    return [(polar(round_trip(4 * teeth), reach), 1), (polar(round_trip(40), random.uniform(0.15, 0.5)), 0)]


def drop(random):
    t = round_trip(60)
    corners = numpy.stack([random.uniform(0.5, 0.9) * numpy.sin(t) * numpy.sin(t / 2) ** 1.5, -numpy.cos(t)], axis=1)
    return [(turned(corners, random.choice([0, 90, 180, 270])), 1)]


def lightning(random):
    lean = random.uniform(0.1, 0.5)
    corners = [[0.3, -1], [-0.6, 0.1], [-0.05, 0.1], [-0.4, 1], [0.6, -0.2], [0.05, -0.2], [0.3 + lean, -1]]
    return [(numpy.array(corners) * [random.choice([-1, 1]), 1], 1)]


def flower(random):
    angles = round_trip(120)
    petals = numpy.abs(numpy.cos(random.integers(3, 7) * angles / random.choice([1, 2])))
    hole = random.choice([0, 0.2])
    return [(polar(angles, 0.35 + 0.62 * petals), 1), (polar(round_trip(30), hole), 0)]


def house(random):
    eaves = random.uniform(-0.4, 0.1)
    corners = [[-0.7, 0.9], [-0.7, eaves], [-0.95, eaves], [0, -0.95], [0.95, eaves], [0.7, eaves], [0.7, 0.9]]
    door = random.uniform(-0.5, 0.3)
    return [(numpy.array(corners), 1), (box(door, 0.9 - random.uniform(0.5, 0.8), door + 0.3, 0.9), 0)]


def fish(random):
    t = round_trip(60)
    body = numpy.stack([0.65 * numpy.cos(t) + 0.3, random.uniform(0.3, 0.6) * numpy.sin(t)], axis=1)
    tail = numpy.array([[-0.2, 0], [-0.95, -random.uniform(0.3, 0.7)], [-0.95, random.uniform(0.3, 0.7)]])
    way = [random.choice([-1, 1]), 1]
    return [(body * way, 1), (tail * way, 1), ((polar(round_trip(20), 0.08) + [0.6, -0.1]) * way, 0)]


UNSEEN = [star, cross, heart, arrow, gear, drop, lightning, flower, house, fish]


def mask(shape, size, turn=0, scale=0.8, stretch=1, centre=(0, 0), line=None):
    """[size, size] from 0 to 255; with `line`, a part of the size, of the outline alone."""
    canvas = Image.new('L', (size, size))
    pen = ImageDraw.Draw(canvas)
    for corners, level in shape:
        placed = (turned(corners * [stretch, 1], turn) * scale + centre + 1) * size / 2
        points = [tuple(point) for point in placed]
        if line is None:
            pen.polygon(points, fill=255 * level)
        else:
            pen.line(points + points[:2], fill=255, width=max(2, int(line * size)), joint='curve')
    return canvas
