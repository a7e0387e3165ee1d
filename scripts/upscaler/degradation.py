"""Makes small pictures out of large ones, in the ways in which small pictures come to be."""

import io

import numpy
from PIL import Image

# (share, filter): programs that reduce pictures mostly do it by bicubic filters or by averaging areas.
FILTERS = [(0.45, Image.BICUBIC), (0.35, Image.BOX), (0.1, Image.LANCZOS), (0.1, Image.BILINEAR)]
JPEG_SHARE = 0.2
JPEG_QUALITIES = (75, 96)


def reduce(picture, scale, filter):
    height, width, _ = picture.shape
    return numpy.asarray(Image.fromarray(picture).resize((width // scale, height // scale), filter))


def through_jpeg(picture, quality):
    written = io.BytesIO()
    Image.fromarray(picture).save(written, 'JPEG', quality=int(quality))
    return numpy.asarray(Image.open(written))


def degrade(random, picture, scale):
    filter = FILTERS[random.choice(len(FILTERS), p=[share for share, _ in FILTERS])][1]
    small = reduce(picture, scale, filter)
    if random.random() < JPEG_SHARE:
        small = through_jpeg(small, random.integers(*JPEG_QUALITIES))
    return small
