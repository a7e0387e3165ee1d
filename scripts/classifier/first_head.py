"""Draws the ten classes that the package knows before anybody has trained it."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy
from PIL import Image

from classifier import drawing, shapes, textures

PICTURES = 20


def any_of(family, placed):
    """A class of all outlines, or all textures, that a family has."""
    make = drawing.shape_class if placed else drawing.texture_class
    return lambda random: make(random, [family])(random)


def circle(random):
    return [(shapes.polar(shapes.round_trip(60), 0.95), 1)]


def square(random):
    return [(shapes.box(-0.75, -0.75, 0.75, 0.75), 1)]


def triangle(random):
    return [(shapes.polar(shapes.round_trip(3) - numpy.pi / 2, 0.95), 1)]


CLASSES = {
    'circle': any_of(circle, True), 'square': any_of(square, True), 'triangle': any_of(triangle, True),
    'star': any_of(shapes.star, True), 'heart': any_of(shapes.heart, True), 'cross': any_of(shapes.cross, True),
    'stripes': any_of(textures.stripes, False), 'dots': any_of(textures.dots, False),
    'checks': any_of(textures.checks, False), 'bricks': any_of(textures.bricks, False),
}


def write_head(seed):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / 'classes'
        for index, (label, picture) in enumerate(CLASSES.items()):
            (place / label).mkdir(parents=True)
            random = numpy.random.default_rng([seed, index])
            for number in range(PICTURES):
                Image.fromarray(picture(random)).save(place / label / f'{number}.png')
        archive = shutil.make_archive(str(place), 'zip', place)
        script = Path(__file__).resolve().parent / 'fit-first-head.ts'
        subprocess.run(['node', str(script), archive], check=True)
