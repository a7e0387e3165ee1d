import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import sharp from 'sharp'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { classFolders } from '../../models/reprise/classifier/class-folders.ts'
import { coloursOf } from '../../models/reprise/classifier/colours.ts'
import { FEATURES } from '../../models/reprise/classifier/features.ts'
import { type Example, fitHead } from '../../models/reprise/classifier/fit-head.ts'
import { formatHead, parseHead, scoresOf } from '../../models/reprise/classifier/head.ts'
import { MOST_CLASSES, MOST_ENTRIES, MOST_PICTURES } from '../../models/reprise/classifier/limits.ts'
import classifier from '../../models/reprise/classifier/predict.ts'
import { PICTURE_SIDE } from '../../models/reprise/classifier/read-picture.ts'
import training from '../../models/reprise/classifier/train.ts'
import { mirrored, viewOf } from '../../models/reprise/classifier/views.ts'
import type { FileInput, PackageFiles } from '../../src/models/define-model.ts'
import { draw, SHAPES, TEXTURES } from '../support/drawn-pictures.ts'
import { writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'
import { type ZipEntry, zipOf } from '../support/zip.ts'

// Packages find it through the runner; here it is the same module.
vi.mock('reprise/model', () => import('../../src/models/define-model.ts'))

const PACKAGE = join(import.meta.dirname, '../../models/reprise/classifier')

const pathIn = (dir: string) => (file: string) => join(dir, file)
const sessionIn = (dir: string) => (file: string) => InferenceSession.create(join(dir, file), { intraOpNumThreads: 1 })

function fileWith(bytes: Uint8Array, name: string): FileInput {
  const path = join(testFolder(), 'input')
  writeFileSync(path, bytes)
  return { path, name, contentType: 'application/octet-stream', bytes: () => readFile(path) }
}

interface Trained {
  files: PackageFiles
  logs: string[]
  metrics: Record<string, number>
}

async function train(
  zip: Uint8Array,
  { flip = false, signal = new AbortController().signal, onLog = (_text: string) => {} } = {},
): Promise<Trained> {
  const logs: string[] = []
  const metrics: Record<string, number> = {}
  const files = await training.train(
    { images: fileWith(zip, 'pictures.zip'), flip },
    {
      path: pathIn(PACKAGE),
      session: sessionIn(PACKAGE),
      signal,
      log(text) {
        logs.push(text)
        onLog(text)
      },
      metric(name, value) {
        metrics[name] = value
      },
    },
  )
  return { files, logs, metrics }
}

type Classify = (picture: Uint8Array, topK?: number) => Promise<{ label: string; score: number }[]>

/** Classifies with the bundled package, or with that of a trained version. */
async function classifierOf(files?: PackageFiles): Promise<Classify> {
  const dir = files ? testFolder() : PACKAGE
  for (const [path, content] of Object.entries(files ?? {})) writeFiles(dir, { [path]: Buffer.from(content) })
  const context = { path: pathIn(dir), session: sessionIn(dir), log: () => undefined }
  const state = await classifier.setup?.(context)
  if (!state) throw new Error('The classifier has no setup')
  return async (picture, top_k = 5) => {
    const scores = await classifier.predict(
      { image: fileWith(picture, 'picture.png'), top_k },
      {
        ...context,
        state,
        signal: new AbortController().signal,
        metric: () => undefined,
        file: (bytes, { name }) => ({ bytes, name }),
      },
    )
    if (!Array.isArray(scores)) throw new Error('The classifier streams')
    return scores
  }
}

interface Labelled {
  label: string
  pictures: Buffer[]
}

const SEED = 20250301
const EXAMPLES = 5
const FRESH = 8

const kinds: Record<string, Labelled[]> = {}
let [red, blue]: Buffer[] = []

function need<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('There is no such picture')
  return value
}

/** All is drawn at first: the package keeps the process from reading SVG once it has been used. */
beforeAll(async () => {
  for (const [kind, drawings] of Object.entries({ SHAPES, TEXTURES })) {
    kinds[kind] = []
    for (const [index, [label, drawing]] of Object.entries(drawings).entries())
      kinds[kind].push({ label, pictures: await draw(drawing, EXAMPLES + FRESH, SEED + index) })
  }
  red = await flat({ r: 200, g: 20, b: 30 })
  blue = await flat({ r: 20, g: 40, b: 210 })
})

/** A picture that ends too soon. */
function half(picture: Buffer | undefined): Buffer {
  return need(picture).subarray(0, need(picture).length / 2)
}

function flat(background: { r: number; g: number; b: number }): Promise<Buffer> {
  return sharp({ create: { width: 20, height: 20, channels: 3, background } })
    .png()
    .toBuffer()
}

function zipOfClasses(classes: readonly Labelled[], count = EXAMPLES): Buffer {
  return zipOf(
    classes.flatMap(({ label, pictures }) =>
      pictures.slice(0, count).map((content, index) => ({ path: `${label}/${index}.png`, content })),
    ),
  )
}

/** Two classes, with what is given beside them or in their place. */
function colours(...entries: ZipEntry[]): Buffer {
  return zipOf([{ path: 'red/1.png', content: need(red) }, { path: 'blue/1.png', content: need(blue) }, ...entries])
}

describe('folders of a zip', () => {
  test.each<[what: string, paths: string[], classes: Record<string, string[]>, loose: string[]]>([
    [
      'are classes',
      ['cat/1.png', 'dog/1.png', 'cat/2.png'],
      { cat: ['cat/1.png', 'cat/2.png'], dog: ['dog/1.png'] },
      [],
    ],
    ['may hold folders', ['cat/tom/1.png', 'dog/1.png'], { cat: ['cat/tom/1.png'], dog: ['dog/1.png'] }, []],
    [
      'may lie in one that wraps them',
      ['pets/cat/1.png', 'pets/dog/1.png'],
      { cat: ['pets/cat/1.png'], dog: ['pets/dog/1.png'] },
      [],
    ],
    ['may lie in several', ['a/b/cat/1.png', 'a/b/dog/1.png'], { cat: ['a/b/cat/1.png'], dog: ['a/b/dog/1.png'] }, []],
    [
      'leave out what lies beside them',
      ['list.csv', 'pets/cat/1.png', 'pets/dog/1.png', 'pets/about.txt'],
      { cat: ['pets/cat/1.png'], dog: ['pets/dog/1.png'] },
      ['list.csv', 'pets/about.txt'],
    ],
    [
      'pass over what systems leave behind',
      [
        '__MACOSX/cat/._1.png',
        'cat/.DS_Store',
        '.git/config',
        'cat/Thumbs.db',
        'cat/1.png',
        'dog/desktop.ini',
        'dog/1.png',
      ],
      { cat: ['cat/1.png'], dog: ['dog/1.png'] },
      [],
    ],
    [
      'are one class when none lies beside another',
      ['cat/1.png', 'cat/2.png'],
      { cat: ['cat/1.png', 'cat/2.png'] },
      [],
    ],
    ['are none when all files lie outside', ['1.png', '2.png'], {}, ['1.png', '2.png']],
    [
      'of the same name in another spelling are one',
      ['ka\u0308se/1.png', 'k\u00e4se/2.png', 'x/1.png'],
      { 'k\u00e4se': ['ka\u0308se/1.png', 'k\u00e4se/2.png'], x: ['x/1.png'] },
      [],
    ],
  ])('%s', (_what, paths, classes, loose) => {
    const found = classFolders(paths)
    expect(Object.fromEntries(found.classes)).toEqual(classes)
    expect(found.loose).toEqual(loose)
    expect([...found.classes.keys()]).toEqual(Object.keys(classes).sort())
  })
})

describe('a head', () => {
  const pointing = (axis: number, label: number): Example => ({
    features: Float32Array.from({ length: FEATURES }, (_, index) => (index === axis ? 1 : 0)),
    label,
  })
  const signal = new AbortController().signal

  test('scores the class of what it was fitted to highest, and the scores make 1', async () => {
    const examples = [pointing(0, 0), pointing(5, 1), pointing(9, 2)]
    const head = { labels: ['a', 'b', 'c'], weights: await fitHead(examples, 3, 0.35, signal) }
    for (const { features, label } of examples) {
      const scores = scoresOf(features, head)
      expect(scores[0]).toMatchObject({ label: head.labels[label] })
      expect(scores[0]?.score).toBeGreaterThan(0.6)
      expect(scores.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1)
    }
  })

  test('lets each class count the same, however many examples it has', async () => {
    const few = [pointing(0, 0), pointing(1, 1)]
    const many = [pointing(0, 0), ...Array.from({ length: 30 }, () => pointing(1, 1))]
    const [one, other] = [await fitHead(few, 2, 0.35, signal), await fitHead(many, 2, 0.35, signal)]
    expect(one.every((weight, index) => Math.abs(weight - (other[index] ?? Number.NaN)) < 1e-4)).toBe(true)
  })

  test('comes back from its text as it was', () => {
    const head = {
      labels: ['Käse', 'a "b"'],
      weights: Float32Array.from({ length: 2 * (FEATURES + 1) }, (_, index) => Math.sin(index)),
    }
    expect(parseHead(formatHead(head))).toEqual(head)
  })

  test.each([
    ['[]', /must hold labels and weights/],
    ['{"labels":[1],"weights":""}', /labels must be a list of texts/],
    ['{"labels":["a"],"weights":5}', /weights must be a text/],
    ['{"labels":["a"],"weights":"AAAA"}', /1 labels need 772 bytes of weights, and there are 3/],
  ])('is refused when it is %s', (text, reason) => {
    expect(() => parseHead(text)).toThrow(reason)
  })
})

describe('colours', () => {
  const view = (...pixels: [red: number, green: number, blue: number][]) =>
    Float32Array.from([0, 1, 2].flatMap((channel) => pixels.map((pixel) => pixel[channel] ?? 0)))

  test.each<[what: string, pixels: [number, number, number][], shares: Record<number, number>]>([
    ['of black', [[0, 0, 0]], { 0: 1 }],
    ['of white', [[1, 1, 1]], { 63: 1 }],
    [
      'of red and of blue',
      [
        [1, 0, 0],
        [0, 0, 1],
      ],
      { 48: 0.5, 3: 0.5 },
    ],
    ['of a red between two steps', [[0.25, 0, 0]], { 0: 0.5, 16: 0.5 }],
  ])('%s are shares that make 1', (_what, pixels, shares) => {
    const found = coloursOf(view(...pixels))
    for (const [index, root] of found.entries()) expect(root ** 2).toBeCloseTo(shares[index] ?? 0)
  })
})

test('a mirrored view is the view of the mirrored picture', () => {
  const picture = Uint8Array.from({ length: 3 * PICTURE_SIDE ** 2 }, (_, index) => index % 251)
  const turned = picture.map((_, index) => {
    const pixel = Math.floor(index / 3)
    const column = pixel % PICTURE_SIDE
    return picture[3 * (pixel - column + (PICTURE_SIDE - 1 - column)) + (index % 3)] ?? 0
  })
  expect(mirrored(viewOf(picture))).toEqual(viewOf(turned))
})

describe('a training', () => {
  // All 40 of each kind are told right; chance is 20 %.
  test.each([
    ['SHAPES', 0.8],
    ['TEXTURES', 0.8],
  ])('learns %s that the features were not learned from, of five pictures each', async (kind, least) => {
    const classes = need(kinds[kind])
    const { files, metrics } = await train(zipOfClasses(classes))
    expect(metrics).toMatchObject({ classes: 5, pictures: 25, train_accuracy: expect.any(Number) })
    const classify = await classifierOf(files)
    let right = 0
    for (const { label, pictures } of classes)
      for (const picture of pictures.slice(EXAMPLES)) if ((await classify(picture))[0]?.label === label) right += 1
    const accuracy = right / (classes.length * FRESH)
    expect(accuracy).toBeGreaterThanOrEqual(least)
    expect(metrics.train_accuracy).toBeGreaterThanOrEqual(0.9)
    // Of pictures held out in turn, by heads of four pictures of each class.
    expect(metrics.held_out_accuracy).toBeGreaterThanOrEqual(0.7)
  })

  test('learns colours, whatever has them', async () => {
    const shapes = need(kinds.SHAPES).flatMap(({ pictures }) => pictures)
    const tinted = (tint: string) => Promise.all(shapes.map((picture) => sharp(picture).tint(tint).png().toBuffer()))
    const classes = [
      { label: 'reddish', pictures: await tinted('#d04040') },
      { label: 'greenish', pictures: await tinted('#40b040') },
    ]
    // Every eighth, so that all shapes are among them.
    const few = classes.map(({ label, pictures }) => ({
      label,
      pictures: pictures.filter((_, index) => index % 8 === 0),
    }))
    const classify = await classifierOf((await train(zipOfClasses(few, 9))).files)
    let right = 0
    for (const { label, pictures } of classes)
      for (const picture of pictures) if ((await classify(picture))[0]?.label === label) right += 1
    expect(right / (2 * shapes.length)).toBeGreaterThanOrEqual(0.8)
  })

  test('gives the same package for the same pictures, in whatever order the zip holds them', async () => {
    const classes = need(kinds.SHAPES).slice(0, 2)
    const { files } = await train(zipOfClasses(classes))
    expect(await train(zipOfClasses(classes.toReversed()))).toMatchObject({ files })
  })

  test('learns from mirror images when it is asked to', async () => {
    const [arrows] = need(kinds.SHAPES).filter(({ label }) => label === 'arrow')
    const left = await Promise.all(need(arrows).pictures.map((picture) => sharp(picture).flop().toBuffer()))
    const zip = zipOfClasses([need(arrows), { label: 'left', pictures: left }])
    const [apart, alike] = [await train(zip), await train(zip, { flip: true })]
    expect(apart.metrics.train_accuracy).toBeGreaterThanOrEqual(0.9)
    expect(alike.metrics.train_accuracy).toBeLessThanOrEqual(0.6)
  })

  test('makes a package of its own code unchanged, without what only trains', async () => {
    const { files } = await train(colours())
    const code = ['colours', 'features', 'head', 'limits', 'predict', 'read-picture', 'views'].map(
      (name) => `${name}.ts`,
    )
    expect(Object.keys(files).sort()).toEqual([...code, 'features.onnx', 'head.json', 'model.yaml'].sort())
    for (const file of [...code, 'features.onnx'])
      expect(Buffer.from(need(files[file])).equals(await readFile(join(PACKAGE, file)))).toBe(true)
    expect(files['model.yaml']).toBe('description: "Tells which of 2 classes a picture belongs to: blue, red."\n')
  })

  test('names the classes, how far it is, and how good', async () => {
    const { logs, metrics } = await train(colours({ path: 'red/2.png', content: need(red) }))
    expect(logs[0]).toBe('2 classes: blue (1), red (2)')
    expect(logs).toContain('100 % of the pictures looked at')
    expect(logs).toContain('100.0 % of the pictures are told right')
    expect(metrics).toMatchObject({ classes: 2, pictures: 3, train_accuracy: 1 })
  })

  test('says nothing of pictures held out when there is one of each class', async () => {
    const { metrics } = await train(colours())
    expect(metrics).not.toHaveProperty('held_out_accuracy')
  })

  test('reads zips with wrapping folders, compressed, and with names that do not say that they are UTF-8', async () => {
    const { files } = await train(
      zipOf([
        { path: 'colours/' },
        { path: Buffer.from('colours/grün/1.png'), content: need(red), deflated: true },
        { path: 'colours/blue/1.png', content: need(blue), deflated: true },
        { path: '__MACOSX/colours/._blue', content: Buffer.from('x') },
      ]),
    )
    const classify = await classifierOf(files)
    expect((await classify(need(red)))[0]?.label).toBe('grün')
  })

  test('leaves out one picture that cannot be read, and says which', async () => {
    const { logs, metrics } = await train(
      colours({ path: 'red/broken.png', content: half(need(kinds.SHAPES)[0]?.pictures[0]) }),
    )
    expect(logs).toContainEqual(expect.stringMatching(/^Left out: red\/broken\.png is damaged/))
    expect(metrics.pictures).toBe(2)
  })

  test('leaves out files outside of the folders, and says which', async () => {
    const { logs } = await train(colours({ path: 'about.txt', content: Buffer.from('colours') }))
    expect(logs).toContain('Left out, in no folder of a class: about.txt')
  })

  test.each(['10 % of the pictures looked at', '100 % of the pictures looked at'])(
    'stops soon after it is aborted at %s',
    async (line) => {
      const controller = new AbortController()
      const logs: string[] = []
      const trained = train(zipOfClasses(need(kinds.SHAPES)), {
        signal: controller.signal,
        onLog(text) {
          logs.push(text)
          if (text === line) controller.abort()
        },
      })
      await expect(trained).rejects.toThrow(/aborted/)
      expect(logs.at(-1)).toBe(line)
    },
  )
})

describe('a training is refused', () => {
  const picture = Buffer.from('a picture')
  const classes = (count: number): ZipEntry[] =>
    Array.from({ length: count }, (_, index) => ({ path: `class ${index}/1.png`, content: picture }))

  test.each<[what: string, make: () => Uint8Array, reason: RegExp]>([
    [
      'a text',
      () => Buffer.from('no zip'),
      /^pictures\.zip cannot be read as a zip of pictures: .+\. Pack the folders again/,
    ],
    ['nothing', () => Buffer.alloc(0), /cannot be read as a zip of pictures/],
    ['half a zip', () => colours().subarray(0, 150), /cannot be read as a zip of pictures/],
    [
      'an encrypted zip',
      () => colours({ path: 'red/2.png', content: picture, encrypted: true }),
      /encrypted: red\/2\.png needs a password\. Pack it without one/,
    ],
    ['a path upwards', () => colours({ path: 'red/../../2.png' }), /invalid relative path: red\/\.\.\/\.\.\/2\.png/],
    ['an absolute path', () => colours({ path: '/red/2.png' }), /absolute path: \/red\/2\.png/],
    ['a path with a drive', () => colours({ path: 'C:\\red\\2.png' }), /absolute path: C:/],
    ['a NUL in a path', () => colours({ path: 'red/2\0.png' }), /NUL in its name: "red\/2\\u0000\.png"/],
    [
      'a symbolic link',
      () => colours({ path: 'red/2.png', content: Buffer.from('/etc/passwd'), isLink: true }),
      /symbolic link, red\/2\.png/,
    ],
    ['an empty zip', () => zipOf([]), /holds no folders with pictures/],
    ['pictures without folders', () => zipOf([{ path: '1.png' }, { path: '2.png' }]), /holds no folders with pictures/],
    [
      'a single class',
      () => zipOf([{ path: 'red/1.png' }, { path: 'red/2.png' }]),
      /holds only one class, red\. Put the pictures/,
    ],
    [
      'a folder without one readable picture',
      () => colours({ path: 'green/notes.txt', content: picture }),
      /Nothing in the folder green can be read as a .+; green\/notes\.txt is the first of 1/,
    ],
    [
      'an SVG',
      () =>
        colours({
          path: 'green/1.svg',
          content: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
        }),
      /Nothing in the folder green can be read/,
    ],
    ['too many classes', () => zipOf(classes(MOST_CLASSES + 1)), /holds 101 classes, and may hold at most 100/],
    [
      'too many pictures',
      () => colours(...Array.from({ length: MOST_PICTURES }, (_, index) => ({ path: `red/${index + 2}.png` }))),
      /holds 5,002 pictures, and may hold at most 5,000/,
    ],
    [
      'too many entries',
      () => colours(...Array.from({ length: MOST_ENTRIES }, (_, index) => ({ path: `.${index}` }))),
      /holds 50,002 files and folders, and may hold at most 50,000/,
    ],
    ['a label that is too long', () => colours({ path: `${'x'.repeat(201)}/1.png` }), /cannot be a label/],
    ['a label with an escape', () => colours({ path: '\u001b[31m/1.png' }), /cannot be a label: "\\u001b/],
    [
      'a picture that says it is huge',
      () => colours({ path: 'red/2.png', content: picture, deflated: true, declaredBytes: 2 ** 27 }),
      /red\/2\.png in pictures\.zip unpacks to 128 MiB, and a picture may have at most 64 MiB/,
    ],
    [
      'pictures that say they are huge together',
      () =>
        colours(
          ...Array.from({ length: 17 }, (_, index) => ({
            path: `red/${index + 2}.png`,
            content: picture,
            deflated: true,
            declaredBytes: 2 ** 26,
          })),
        ),
      /unpacks to more than 1,024 MiB/,
    ],
    [
      'a picture that is larger than it says',
      () => colours({ path: 'red/2.png', content: Buffer.alloc(2 ** 24), deflated: true, declaredBytes: 1000 }),
      /too many bytes in the stream/,
    ],
    [
      'a compressed picture that is damaged',
      () =>
        colours({ path: 'red/2.png', content: Buffer.alloc(100), declaredBytes: 100, deflated: true }).fill(
          0xff,
          120,
          300,
        ),
      /cannot be read as a zip of pictures/,
    ],
  ])('for %s', async (_what, make, reason) => {
    await expect(train(make())).rejects.toThrow(reason)
  })
})

describe('the bundled package', () => {
  test.each(['star', 'heart', 'cross'])('knows a %s', async (label) => {
    const classify = await classifierOf()
    const { pictures } = need(need(kinds.SHAPES).find((shape) => shape.label === label))
    let right = 0
    for (const picture of pictures) if ((await classify(picture))[0]?.label === label) right += 1
    expect(right / pictures.length).toBeGreaterThanOrEqual(0.7)
  })

  test('names as many classes as are asked for, the likeliest first', async () => {
    const classify = await classifierOf()
    const scores = await classify(need(red), 3)
    expect(scores).toHaveLength(3)
    expect(scores.map(({ score }) => score)).toEqual(scores.map(({ score }) => score).toSorted((a, b) => b - a))
    expect(await classify(need(red), 100)).toHaveLength(10)
  })

  describe('sees the same', () => {
    const bare = () => need(need(kinds.SHAPES)[0]).pictures[0]
    test.each<[what: string, change: (picture: Buffer) => Promise<[some: Buffer, other: Buffer]>]>([
      [
        'in a picture that its EXIF data turn',
        async (picture) => [
          await sharp(picture).png().toBuffer(),
          await sharp(await sharp(picture).rotate(270).toBuffer())
            .withMetadata({ orientation: 6 })
            .png()
            .toBuffer(),
        ],
      ],
      [
        'in a picture without colours, stored so or not',
        async (picture) => [
          await sharp(picture).greyscale().toColourspace('srgb').png().toBuffer(),
          await sharp(picture).greyscale().toColourspace('b-w').png().toBuffer(),
        ],
      ],
      [
        'in a picture of 16 bits',
        async (picture) => [picture, await sharp(picture).toColourspace('rgb16').png().toBuffer()],
      ],
      ['in a picture with opacity', async (picture) => [picture, await sharp(picture).ensureAlpha().png().toBuffer()]],
      [
        'in a GIF',
        async (picture) => [
          await sharp(await sharp(picture).gif().toBuffer())
            .png()
            .toBuffer(),
          await sharp(picture).gif().toBuffer(),
        ],
      ],
    ])('%s', async (_what, change) => {
      const classify = await classifierOf()
      const [some, other] = await change(need(bare()))
      const [one, two] = [await classify(some, 10), await classify(other, 10)]
      const scoreOf = (scores: typeof one, label: string) => scores.find((score) => score.label === label)?.score
      for (const { label, score } of one) expect(scoreOf(two, label)).toBeCloseTo(score, 2)
    })
  })

  test('sees grey where a picture is transparent', async () => {
    const classify = await classifierOf()
    const clear = await sharp({ create: { width: 9, height: 9, channels: 4, background: '#f000' } })
      .png()
      .toBuffer()
    expect(await classify(clear)).toEqual(await classify(await flat({ r: 128, g: 128, b: 128 })))
  })

  test.each<[what: string, make: () => Promise<Uint8Array>, reason: RegExp]>([
    [
      'a text',
      async () => Buffer.from('no picture'),
      /picture\.png cannot be read as a PNG, JPEG, WebP or GIF picture/,
    ],
    ['a truncated picture', async () => half(need(kinds.SHAPES)[0]?.pictures[0]), /picture\.png is damaged/],
    [
      'one with too many pixels',
      () =>
        sharp({ create: { width: 10_000, height: 5_001, channels: 3, background: 'red' } })
          .png()
          .toBuffer(),
      /10000 x 5001 = 50,010,000 pixels, and at most 50,000,000 can be read/,
    ],
  ])('refuses %s', async (_what, make, reason) => {
    const classify = await classifierOf()
    await expect(classify(await make())).rejects.toThrow(reason)
  })
})
