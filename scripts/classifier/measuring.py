"""Measures what is served: the package is trained on classes that no training of the features has seen."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy
from PIL import Image

from classifier import drawing

TRIALS = 10
FRESH_PICTURES = 10
# (classes, pictures of each)
SETTINGS = [(5, 5), (10, 10)]
KINDS = ['shapes', 'textures', 'letters', 'all', 'colours']
FOLDER = Path(__file__).resolve().parent


def classes_of(kind, random, count):
    if kind != 'all':
        return drawing.unseen_classes(kind, random, count)
    made = [one for part in KINDS[:3] for one in drawing.unseen_classes(part, random, 4)]
    return [made[index] for index in random.permutation(len(made))[:count]]


def draw_pictures(place, picture, random, count):
    place.mkdir(parents=True)
    for number in range(count):
        Image.fromarray(picture(random)).save(place / f'{number}.png')


def write_trials(folder, seed):
    """<kind>/<setting>/<trial>/train/<label>/*.png, test/<label>/*.png and train.zip."""
    for kind_number, kind in enumerate(KINDS):
        for classes, pictures in SETTINGS:
            for trial in range(TRIALS):
                place = folder / kind / f'{classes} x {pictures}' / str(trial)
                random = numpy.random.default_rng([seed, kind_number, classes, trial])
                for number, picture in enumerate(classes_of(kind, random, classes)):
                    draw_pictures(place / 'train' / f'class {number}', picture, random, pictures)
                    draw_pictures(place / 'test' / f'class {number}', picture, random, FRESH_PICTURES)
                shutil.make_archive(str(place / 'train'), 'zip', place / 'train')


def print_table(seed):
    with tempfile.TemporaryDirectory() as folder:
        write_trials(Path(folder), seed)
        subprocess.run(['node', str(FOLDER / 'measure.ts'), folder], check=True)
