"""Letters of several scripts to learn from, and two scripts that are kept for measuring."""

import functools

import numpy
from PIL import Image, ImageDraw, ImageFont

FOLDER = '/usr/share/fonts/truetype/dejavu/'
FONTS = ['DejaVuSans', 'DejaVuSans-Bold', 'DejaVuSans-Oblique', 'DejaVuSansCondensed', 'DejaVuSerif',
         'DejaVuSerif-Bold', 'DejaVuSerif-Italic', 'DejaVuSansMono']
# Latin, digits, Greek, Cyrillic, Armenian, Georgian.
SEEN = [*range(0x41, 0x5b), *range(0x61, 0x7b), *range(0x30, 0x3a), *range(0x391, 0x3aa), *range(0x3b1, 0x3ca),
        *range(0x410, 0x450), *range(0x531, 0x557), *range(0x561, 0x587), *range(0x10d0, 0x10f1)]
# Canadian syllabics and Tifinagh.
UNSEEN = [*range(0x1401, 0x1500), *range(0x2d30, 0x2d66)]


@functools.lru_cache(None)
def font(name, height):
    return ImageFont.truetype(f'{FOLDER}{name}.ttf', height)


def drawn(letter, name):
    canvas = Image.new('L', (160, 160))
    ImageDraw.Draw(canvas).text((30, 10), letter, 255, font(name, 100))
    return canvas


@functools.lru_cache(None)
def fonts_with(code):
    """Names of the fonts that have the letter, and do not draw a box in its place."""
    return [name for name in FONTS if drawn(chr(code), name) != drawn('\uffff', name)]


def mask(code, size, random, scale):
    canvas = Image.new('L', (size, size))
    fonts = fonts_with(code)
    name = fonts[random.integers(len(fonts))]
    pen = ImageDraw.Draw(canvas)
    chosen = font(name, int(size * scale))
    left, top, right, bottom = pen.textbbox((0, 0), chr(code), chosen)
    free = max(0, size - max(right - left, bottom - top)) / 2
    x, y = random.uniform(-free, free, 2) * 0.8
    pen.text(((size - left - right) / 2 + x, (size - top - bottom) / 2 + y), chr(code), 255, chosen)
    return canvas.rotate(random.uniform(-12, 12), Image.BILINEAR)


def distinct(codes, name='DejaVuSans'):
    """Without those that look like one before them, such as the O of every script."""
    kept, seen = [], []
    for code in codes:
        canvas = drawn(chr(code), name)
        if name not in fonts_with(code) or canvas.getbbox() is None:
            continue
        look = numpy.asarray(canvas.crop(canvas.getbbox()).resize((16, 16), Image.BOX), dtype=float).ravel()
        look = (look - look.mean()) / (numpy.linalg.norm(look - look.mean()) + 1e-9)
        if all(look @ other < 0.85 for other in seen):
            kept.append(code)
            seen.append(look)
    return kept
