"""Classes of pictures, drawn: nothing is downloaded, and the same seeds always give the same picture.

A class is a function of a random generator that gives one picture [SIZE, SIZE, 3] of bytes. What makes the class is the
same in all of its pictures; all else (colours, place, turn, background, light) differs.
"""

import numpy
from PIL import Image, ImageFilter

from classifier import glyphs, shapes, textures

SIZE = 64
# Drawn so much larger and reduced, so that edges are as soft as those of a real picture.
FACTOR = 2
BIG = SIZE * FACTOR


def colour(random):
    return random.uniform(0, 255, 3)


def contrasting(random, other, least=110):
    while True:
        found = colour(random)
        if numpy.abs(found - other) @ [0.3, 0.6, 0.3] > least * random.uniform(0.5, 1):
            return found


def flat(value):
    return numpy.broadcast_to(numpy.asarray(value, dtype=numpy.float32), (BIG, BIG, 3))


def blend(levels, low, high):
    levels = levels[..., None].astype(numpy.float32)
    return low * (1 - levels) + high * levels


def any_texture(random):
    return textures.SEEN[random.integers(len(textures.SEEN))](random)


def any_shape(random):
    return shapes.SEEN[random.integers(len(shapes.SEEN))](random)


def background(random, base):
    """One colour, a slope, or something faint."""
    style = random.random()
    if style < 0.5:
        return flat(base)
    rows, columns = numpy.mgrid[0:BIG, 0:BIG] / BIG - 0.5
    if style < 0.75:
        angle = random.uniform(0, 6.3)
        slope = (numpy.cos(angle) * rows + numpy.sin(angle) * columns)[..., None] * random.uniform(20, 110)
        return base + slope * random.choice([numpy.ones(3), random.uniform(-1, 1, 3)])
    levels = textures.levels(any_texture(random), random, BIG)
    return blend(levels, base, base + random.normal(0, 22, 3))


def finished(canvas, random):
    if random.random() < 0.3:
        canvas = canvas + random.normal(0, random.uniform(2, 14), (BIG, BIG, 1 if random.random() < 0.5 else 3))
    picture = Image.fromarray(numpy.clip(canvas, 0, 255).astype(numpy.uint8))
    if random.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(0.5, 2.2)))
    return numpy.asarray(picture.resize((SIZE, SIZE), Image.BOX))


def placed(shape, random, turn=18):
    scale = random.uniform(0.4, 0.95)
    line = random.uniform(0.02, 0.06) if random.random() < 0.25 else None
    return numpy.asarray(shapes.mask(
        shape, BIG, random.normal(0, turn), scale, random.uniform(0.85, 1.15),
        random.uniform(-1, 1, 2) * (1 - scale) * 0.7, line)) / 255.0


def inked(mask, random):
    """A mask in any colour on any background."""
    base = colour(random) if random.random() < 0.7 else numpy.full(3, random.choice([0, 255]))
    ink = flat(contrasting(random, base))
    if random.random() < 0.25:
        ink = blend(textures.levels(any_texture(random), random, BIG), ink, ink + random.normal(0, 40, 3))
    return finished(blend(mask, background(random, base), ink), random)


def shape_class(random, families=shapes.SEEN):
    shape = families[random.integers(len(families))](random)
    return lambda random: inked(placed(shape, random), random)


def texture_class(random, families=textures.SEEN):
    texture = families[random.integers(len(families))](random)

    def picture(random):
        low = colour(random)
        return finished(blend(textures.levels(texture, random, BIG), low, contrasting(random, low)), random)
    return picture


def glyph_class(code):
    return lambda random: inked(numpy.asarray(glyphs.mask(code, BIG, random, random.uniform(0.5, 1))) / 255.0, random)


def palette(random):
    first = colour(random)
    return first, contrasting(random, first)


def colour_class(random):
    """Two colours, whatever they fill."""
    first, second = palette(random)

    def picture(random):
        low, high = (part + random.normal(0, 9, 3) for part in (first, second))
        if random.random() < 0.5:
            levels = textures.levels(any_texture(random), random, BIG)
        else:
            levels = placed(any_shape(random), random)
        return finished(blend(levels, low, high), random)
    return picture


def thing_class(random):
    """An outline filled with a texture of two colours, before anything."""
    shape, texture, (first, second) = any_shape(random), any_texture(random), palette(random)

    def picture(random):
        low, high = (part + random.normal(0, 12, 3) for part in (first, second))
        fill = blend(textures.levels(texture, random, BIG), low, high)
        return finished(blend(placed(shape, random, 25), background(random, colour(random)), fill), random)
    return picture


def seen_classes(seed):
    """What the features are learnt from."""
    random = numpy.random.default_rng(seed)
    counts = [(shape_class, 150), (texture_class, 150), (colour_class, 60), (thing_class, 80)]
    made = [make(random) for make, count in counts for _ in range(count)]
    letters = glyphs.distinct(glyphs.SEEN)
    return made + [glyph_class(code) for code in letters]


def unseen_classes(kind, random, count):
    """Classes of outlines, textures, scripts and pairs of colours that no training has seen."""
    if kind == 'colours':
        return [colour_class(random) for _ in range(count)]
    if kind == 'letters':
        codes = glyphs.distinct(glyphs.UNSEEN)
        return [glyph_class(code) for code in random.choice(codes, count, False)]
    makers = {'shapes': (shape_class, shapes.UNSEEN), 'textures': (texture_class, textures.UNSEEN)}
    make, families = makers[kind]
    # Each family once before any comes again.
    order = [families[index % len(families)] for index in range(count)]
    return [make(random, [order[index]]) for index in random.permutation(count)]
