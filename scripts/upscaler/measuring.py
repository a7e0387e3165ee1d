"""Measures what is served: the package itself enlarges drawn pictures that no training has seen."""

import subprocess
import tempfile
from pathlib import Path

import numpy
from PIL import Image

from upscaler import degradation, drawing

SIZE = 256
PICTURES_OF_A_KIND = 16
WAYS = {
    'bicubic': lambda picture, scale: degradation.reduce(picture, scale, Image.BICUBIC),
    'area': lambda picture, scale: degradation.reduce(picture, scale, Image.BOX),
    'bicubic, then JPEG of quality 85':
        lambda picture, scale: degradation.through_jpeg(degradation.reduce(picture, scale, Image.BICUBIC), 85),
}


def save(picture, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(numpy.ascontiguousarray(picture)).save(path)


def write_pairs(folder, seed, scales):
    """<scale>/<way>/<kind>/<number>-small.png and -large.png."""
    for kind in drawing.KINDS:
        for number in range(PICTURES_OF_A_KIND):
            large = drawing.draw(seed, number, SIZE, kind)
            for scale in scales:
                for way, reduced in WAYS.items():
                    place = folder / str(scale) / way / kind
                    save(large, place / f'{number}-large.png')
                    save(reduced(large, scale), place / f'{number}-small.png')


def print_table(seed, scales):
    with tempfile.TemporaryDirectory() as folder:
        write_pairs(Path(folder), seed, scales)
        script = Path(__file__).resolve().parent / 'measure.ts'
        subprocess.run(['node', str(script), folder], check=True)
