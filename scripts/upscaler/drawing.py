"""Draws pictures to learn from: nothing is downloaded, and the same seed and number always give the same picture.

A kind is drawn at a multiple of its size and reduced, so that its edges are as soft as those of a real picture.
"""

import string

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = '/usr/share/fonts/truetype/dejavu/'
FONT_NAMES = ['DejaVuSans', 'DejaVuSans-Bold', 'DejaVuSans-Oblique', 'DejaVuSerif', 'DejaVuSerif-Bold',
              'DejaVuSerif-Italic', 'DejaVuSansCondensed', 'DejaVuSansMono']
LETTERS = string.ascii_lowercase * 3 + string.ascii_uppercase + string.digits + 'äöüéàçñß.,;:!?-()&%'


def draw(seed, number, size, kind=None):
    """One picture [size, size, 3] of bytes."""
    random = numpy.random.default_rng([seed, number])
    chosen = random.choice(list(KINDS), p=[share for share, _ in KINDS.values()])
    picture = KINDS[kind or chosen][1](random, size)
    if random.random() < 0.2:
        noise = random.normal(0, random.uniform(0.5, 4), (size, size, 3 if random.random() < 0.5 else 1))
        picture = as_image(numpy.asarray(picture, dtype=numpy.float32) + noise)
    return numpy.asarray(picture)


def as_image(values):
    return Image.fromarray(numpy.clip(numpy.rint(values), 0, 255).astype(numpy.uint8))


def colour(random):
    return tuple(int(part) for part in random.integers(0, 256, 3))


def muted_colour(random):
    """Most things are closer to grey than the colours of a screen can be."""
    return random.uniform(0, 255) + random.normal(0, 1, 3) * random.uniform(0, 50)


def contrasting_colours(random):
    """A background and an ink that can be told apart."""
    if random.random() < 0.4:
        return ((255, 255, 255), (0, 0, 0)) if random.random() < 0.7 else ((0, 0, 0), (255, 255, 255))
    while True:
        background, ink = colour(random), colour(random)
        if abs(sum(background) - sum(ink)) > 150:
            return background, ink


def fractal_noise(random, size, slope):
    """[size, size] of mean 0 and deviation 1, whose amplitude falls with the frequency to the power of `slope`."""
    frequencies = numpy.hypot(numpy.fft.fftfreq(size)[:, None], numpy.fft.rfftfreq(size)[None, :])
    frequencies[0, 0] = 1
    spectrum = numpy.fft.rfft2(random.normal(size=(size, size))) / frequencies ** slope
    spectrum[0, 0] = 0
    noise = numpy.fft.irfft2(spectrum, (size, size))
    return (noise / noise.std()).astype(numpy.float32)


def gradient(random, size):
    """[size, size] from about -1 to 1: straight or round."""
    rows, columns = numpy.mgrid[0:size, 0:size].astype(numpy.float32) / size * 2 - 1
    if random.random() < 0.6:
        angle = random.uniform(0, 2 * numpy.pi)
        return numpy.cos(angle) * rows + numpy.sin(angle) * columns
    y, x = random.uniform(-1, 1, 2)
    return numpy.hypot(rows - y, columns - x) - 1


def stripes(random, size):
    """[size, size] from -1 to 1: waves, bars or a woven pattern, more or less bent."""
    rows, columns = numpy.mgrid[0:size, 0:size].astype(numpy.float32)
    angle = random.uniform(0, numpy.pi)
    along = numpy.cos(angle) * rows + numpy.sin(angle) * columns
    along += fractal_noise(random, size, 2) * random.choice([0, 0, random.uniform(0, 20)])
    wave = numpy.sin(2 * numpy.pi * along / random.uniform(5, 60) + random.uniform(0, 6))
    if random.random() < 0.3:
        across = numpy.cos(angle) * columns - numpy.sin(angle) * rows
        wave = wave * numpy.sin(2 * numpy.pi * across / random.uniform(5, 60))
    return numpy.clip(wave * random.choice([1, 1, 8]), -1, 1)


def tinted(values, random, strength):
    """Colours [size, size, 3] round 0: the values in every channel alike, or a little different in each."""
    tint = 1 + random.normal(0, 0.3, 3) * random.integers(0, 2)
    return values[:, :, None] * tint.astype(numpy.float32) * strength


def texture(random, size):
    """What a surface adds to its colour, [size, size, 3] round 0."""
    sheet = tinted(gradient(random, size), random, random.uniform(0, 60))
    if random.random() < 0.8:
        sheet += tinted(fractal_noise(random, size, random.uniform(0.8, 2.2)), random, random.exponential(14))
    if random.random() < 0.3:
        sheet += tinted(stripes(random, size), random, random.uniform(3, 50))
    return sheet


def blob(random, radius):
    """Corners of a round, jagged or rectangular outline about (radius, radius)."""
    style = random.random()
    if style < 0.3:
        angles = numpy.array([0.25, 0.75, 1.25, 1.75]) * numpy.pi + random.uniform(0, numpy.pi)
        reach = numpy.ones(4)
    else:
        angles = numpy.sort(random.uniform(0, 2 * numpy.pi, random.integers(3, 9)))
        reach = random.uniform(0.4, 1, len(angles))
    if style > 0.7:
        angles = numpy.linspace(0, 2 * numpy.pi, 40, endpoint=False)
        waves = sum(random.normal(0, 0.5 / n ** 1.3) * numpy.sin(n * angles + random.uniform(0, 6))
                    for n in range(2, 7))
        reach = numpy.clip(0.65 + 0.5 * waves, 0.15, 1)
    stretch = random.uniform(0.4, 1)
    return [(radius * (1 + r * numpy.cos(a)), radius * (1 + stretch * r * numpy.sin(a))) for a, r in zip(angles, reach)]


def scene(random, size):
    """Like a photograph in its statistics: textured things of all sizes, the nearer hiding the farther."""
    big = size * 2
    sheets = [texture(random, big) for _ in range(4)]
    canvas = as_image(sheets[0] + muted_colour(random))
    vivid = random.random() < 0.3
    palette = [colour(random) if vivid else muted_colour(random) for _ in range(random.integers(3, 12))]
    smallest, largest = random.uniform(4, 24), random.uniform(60, 240)
    for _ in range(random.integers(40, 400)):
        # The density of radii falls with their third power, as it does in photographs.
        radius = int((smallest ** -2 - random.random() * (smallest ** -2 - largest ** -2)) ** -0.5) + 1
        left, top = (int(place) for place in random.integers(-radius, big - 1, 2))
        mask = Image.new('L', (2 * radius, 2 * radius))
        if random.random() < 0.35:
            flat = int(radius * random.uniform(0, 0.7))
            ImageDraw.Draw(mask).ellipse((0, flat, 2 * radius - 1, 2 * radius - 1 - flat), fill=255)
        else:
            ImageDraw.Draw(mask).polygon(blob(random, radius), fill=255)
        if random.random() < 0.15:
            mask = mask.filter(ImageFilter.GaussianBlur(random.uniform(1, 6)))
        row, column = (int(place) for place in random.integers(0, big - min(2 * radius, big - 1), 2))
        sheet = sheets[random.integers(len(sheets))][row:row + 2 * radius, column:column + 2 * radius]
        base = numpy.add(palette[random.integers(len(palette))], random.normal(0, 12, 3))
        canvas.paste(as_image(sheet + base), (left, top), mask.crop((0, 0, sheet.shape[1], sheet.shape[0])))
    light = 1 + 0.2 * fractal_noise(random, big, 2)[:, :, None] * random.integers(0, 2)
    canvas = as_image(numpy.asarray(canvas) * light)
    if random.random() < 0.4:
        canvas = canvas.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 2)))
    return canvas.resize((size, size), Image.BOX if random.random() < 0.5 else Image.LANCZOS)


def surface(random, size):
    """One texture from edge to edge: clouds, grain, wood, cloth, maps."""
    big = size * 2
    sheet = texture(random, big) * random.uniform(0.8, 2) + colour(random)
    if random.random() < 0.4:
        field = fractal_noise(random, big, random.uniform(1.2, 2.2))
        level = random.normal(0, 0.6)
        other = texture(random, big) + colour(random)
        sheet = numpy.where((field > level)[:, :, None], sheet, other)
    return as_image(sheet).resize((size, size), Image.LANCZOS)


def points(random, count, size):
    return [tuple(point) for point in random.uniform(-0.1 * size, 1.1 * size, (count, 2))]


def graphic(random, size):
    """Flat shapes with clean edges: icons, charts, maps, buttons."""
    big = size * 4
    background, _ = contrasting_colours(random)
    canvas = Image.new('RGB', (big, big), background)
    if random.random() < 0.3:
        canvas = as_image(numpy.asarray(canvas) + tinted(gradient(random, big), random, random.uniform(10, 100)))
    pen = ImageDraw.Draw(canvas)
    for _ in range(random.integers(3, 40)):
        x, y = random.uniform(-0.1 * big, big, 2)
        width, height = random.uniform(4, 0.4 * big, 2)
        fill = colour(random) if random.random() < 0.75 else None
        line = int(random.uniform(3, 24))
        outline = colour(random) if fill is None or random.random() < 0.3 else None
        box = (x, y, x + width, y + height)
        shape = random.integers(6)
        if shape == 0:
            pen.rectangle(box, fill=fill, outline=outline, width=line)
        elif shape == 1:
            pen.ellipse(box, fill=fill, outline=outline, width=line)
        elif shape == 2:
            radius = random.uniform(2, max(3, min(width, height) / 2))
            pen.rounded_rectangle(box, radius=radius, fill=fill, outline=outline, width=line)
        elif shape == 3:
            start = random.uniform(0, 360)
            pen.pieslice(box, start, start + random.uniform(20, 300), fill=fill or colour(random))
        elif shape == 4:
            pen.line(points(random, 2, big), fill=colour(random), width=line)
        else:
            corners = blob(random, max(width, height) / 2)
            pen.polygon([(x + dx, y + dy) for dx, dy in corners], fill=fill or colour(random))
    return canvas.resize((size, size), Image.BOX)


def words(random, count):
    letters = list(LETTERS)
    return ' '.join(''.join(random.choice(letters, random.integers(1, 11))) for _ in range(count))


def lettering(random, size):
    """Lines of letters without a meaning, on paper of one colour or on a picture."""
    factor = 3
    big = size * factor
    background, ink = contrasting_colours(random)
    canvas = Image.new('RGB', (big, big), background)
    if random.random() < 0.25:
        canvas = as_image(texture(random, big) * 0.6 + background)
    pen = ImageDraw.Draw(canvas)
    y = random.uniform(-10, 20) * factor
    several = random.random() < 0.5
    height = text_height(random)
    font = ImageFont.truetype(f'{FONTS}{random.choice(FONT_NAMES)}.ttf', int(height * factor))
    while y < big:
        if several and random.random() < 0.4:
            height = text_height(random)
            font = ImageFont.truetype(f'{FONTS}{random.choice(FONT_NAMES)}.ttf', int(height * factor))
            if random.random() < 0.3:
                _, ink = contrasting_colours(random)
        pen.text((random.uniform(-20, 40) * factor, y), words(random, 10), font=font, fill=ink)
        y += height * factor * random.uniform(1.1, 1.7)
    if random.random() < 0.2:
        canvas = canvas.rotate(random.uniform(-30, 30), Image.BICUBIC, fillcolor=background)
    return canvas.resize((size, size), Image.BOX if random.random() < 0.5 else Image.LANCZOS)


def text_height(random):
    return 9 * (72 / 9) ** random.random() ** 1.5


def bent_line(random, big):
    """A smooth curve through four points."""
    knots = numpy.array(points(random, 4, big))
    t = numpy.linspace(0, 1, 40)[:, None]
    weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t ** 2 * (1 - t), t ** 3]
    return [tuple(point) for point in sum(weight * knot for weight, knot in zip(weights, knots))]


def line_art(random, size):
    """Pen strokes: curves, hatching, grids, rings."""
    factor = 4
    big = size * factor
    background, ink = contrasting_colours(random)
    canvas = Image.new('RGB', (big, big), background)
    pen = ImageDraw.Draw(canvas)
    for _ in range(random.integers(3, 14)):
        stroke = max(2, int(random.uniform(0.6, 4) * factor))
        if random.random() < 0.2:
            ink = colour(random)
        style = random.integers(4)
        if style == 0:
            for _ in range(random.integers(1, 6)):
                pen.line(bent_line(random, big), fill=ink, width=stroke, joint='curve')
        elif style == 1:
            (x, y), length = random.uniform(0, big, 2), random.uniform(0.1, 0.5) * big
            angle, step = random.uniform(0, numpy.pi), random.uniform(2.5, 14) * factor
            dx, dy = length * numpy.cos(angle), length * numpy.sin(angle)
            for index in range(random.integers(4, 24)):
                left, top = x - index * step * numpy.sin(angle), y + index * step * numpy.cos(angle)
                pen.line((left, top, left + dx, top + dy), fill=ink, width=stroke)
        elif style == 2:
            (x, y), step = random.uniform(0, big, 2), random.uniform(3, 16) * factor
            for index in range(1, random.integers(2, 16)):
                reach = index * step
                pen.ellipse((x - reach, y - reach, x + reach, y + reach), outline=ink, width=stroke)
        else:
            pen.polygon(points(random, random.integers(3, 6), big), outline=ink)
            pen.line(points(random, random.integers(2, 8), big), fill=ink, width=stroke)
    return canvas.resize((size, size), Image.BOX)


# Kind -> (share of the pictures, how it is drawn).
KINDS = {
    'scene': (0.45, scene),
    'surface': (0.12, surface),
    'graphic': (0.15, graphic),
    'lettering': (0.18, lettering),
    'line art': (0.1, line_art),
}
