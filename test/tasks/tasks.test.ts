/**
 * Packages without code, one or more for each task: clients send pictures, texts, sounds and rows of numbers, and get
 * what the graph makes of them, as the settings say.
 */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { decodePicture } from '../support/pictures.ts'
import {
  channelMeans,
  columns,
  doubled,
  loudness,
  negative,
  scaledBy,
  sumOfRow,
  tokenRows,
  twoOutputs,
  unpooled,
} from '../support/task-graphs.ts'
import { type Input, SentFile, TaskModels } from '../support/task-models.ts'
import type { TaskPackage } from '../support/task-packages.ts'
import { sing, wavOf } from '../support/wav.ts'

const COLOURS = { task: 'image-classification', labels: ['red', 'green', 'blue'] }
/** Without softmax the scores are the means of the channels. */
const RAW = { ...COLOURS, activation: 'none', resample: 'nearest' }

/** What BERT's tokenizers look like, with a handful of words. */
const TOKENIZER = JSON.stringify({
  version: '1.0',
  added_tokens: [],
  normalizer: { type: 'BertNormalizer', lowercase: true, clean_text: true, handle_chinese_chars: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', cls: ['[CLS]', 2], sep: ['[SEP]', 3] },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, good: 10, bad: 20, '##ly': 30 },
  },
  padding: { direction: 'Right', pad_id: 0 },
})

const PACKAGES: Record<string, TaskPackage> = {
  'task/colours': { graph: channelMeans(), yaml: COLOURS },
  'task/probable-colours': { graph: channelMeans({ softmax: true }), yaml: { ...COLOURS, top_k: 1 } },
  'task/raw-colours': { graph: channelMeans(), yaml: RAW },
  'task/contained-colours': {
    graph: channelMeans({ dims: [1, 3, 4, 4] }),
    yaml: { ...RAW, fit: 'contain', background: 'black', rescale: false },
  },
  'task/byte-colours': {
    graph: channelMeans({ dims: ['n', 4, 4, 3], type: 'uint8', layout: 'NHWC' }),
    yaml: { ...RAW, color: 'bgr' },
  },
  'task/half-colours': { graph: channelMeans({ type: 'float16' }), yaml: { ...RAW, mean: 0.5, std: 0.25 } },
  'task/scaled-colours': { graph: scaledBy(), yaml: { ...RAW, constants: { factor: 10 } } },
  'task/negated-colours': { graph: twoOutputs(), yaml: { ...RAW, output: 'negated' } },
  'task/cropped': { graph: channelMeans({ dims: [1, 3, 8, 8] }), yaml: { ...RAW, crop_pct: 0.5 } },
  'task/negative': { graph: negative(), yaml: { task: 'image-to-image' } },
  'task/byte-negative': {
    graph: negative({ dims: [1, 'h', 'w', 3], white: 255, type: 'uint8' }),
    yaml: { task: 'image-to-image', max_pixels: 100 },
  },
  'task/fixed-negative': {
    graph: negative({ dims: [1, 3, 8, 8], white: 0 }),
    yaml: { task: 'image-to-image', mean: 0.5, std: 0.5 },
  },
  'task/stretched-negative': {
    graph: negative({ dims: [1, 3, 8, 8] }),
    yaml: { task: 'image-to-image', fit: 'fill' },
  },
  'task/doubled': { graph: doubled(), yaml: { task: 'image-to-image', size_divisor: 4 } },
  'task/picture-numbers': { graph: unpooled(), yaml: { task: 'image-embedding' } },
  'task/unit-picture-numbers': {
    graph: unpooled(),
    yaml: { task: 'image-embedding', pooling: 'max', normalize: true },
  },
  'task/text-numbers': {
    graph: tokenRows(),
    yaml: { task: 'text-embedding', max_length: 4, padding: 'max_length' },
    files: { 'tokenizer.json': TOKENIZER },
  },
  'task/padded-text-numbers': {
    graph: tokenRows({ length: 8, type: 'int32' }),
    yaml: { task: 'text-embedding', normalize: true, pooling: 'mean' },
    files: { 'tokenizer.json': TOKENIZER },
  },
  'task/text-labels': {
    graph: tokenRows({ summed: true, softmax: true }),
    yaml: { task: 'text-classification', labels: ['sum', 'count'], tokenizer: 'tokens/tokenizer.json' },
    files: { 'tokens/tokenizer.json': TOKENIZER },
  },
  'task/words': {
    graph: tokenRows({ summed: true }),
    yaml: { task: 'text-classification', labels: ['sum', 'count'], activation: 'none', vocabulary: 'vocab.json' },
    files: { 'vocab.json': '{"good": 3, "day": 5}' },
  },
  'task/loudness': {
    graph: loudness(),
    yaml: { task: 'audio-classification', labels: ['quiet', 'loud'], max_seconds: 2 },
  },
  'task/loud-pieces': {
    graph: loudness(['n', 1, 8_000]),
    yaml: { task: 'audio-classification', labels: ['quiet', 'loud'], sample_rate: 8_000 },
  },
  'task/sum': { graph: sumOfRow(), yaml: { task: 'tabular', features: ['left part', 'right part'] } },
  'task/numbers': { graph: sumOfRow({ outputs: ['scores'] }), yaml: { task: 'tabular' } },
  'task/classes': { graph: sumOfRow({ outputs: ['scores'] }), yaml: { task: 'tabular', labels: ['sum', 'zero'] } },
  'task/label-and-scores': {
    graph: sumOfRow({ outputs: ['label', 'scores'] }),
    yaml: { task: 'tabular', labels: ['sum', 'zero'] },
  },
  'task/two-rows': {
    graph: sumOfRow({ rows: 2 }),
    yaml: { task: 'tabular', features: ['a', 'b'] },
  },
  'task/columns': { graph: columns(), yaml: { task: 'tabular', output: 'price' } },
  'task/city': { graph: columns(), yaml: { task: 'tabular', output: 'label' } },
}

interface Score {
  label: string
  score: number
}

const models = new TaskModels(PACKAGES)

async function outputOf<Output>(model: string, input: Input): Promise<Output> {
  const { output, error } = await models.run(model, input)
  expect(error).toBeNull()
  return output as Output
}

async function errorOf(model: string, input: Input): Promise<string | null> {
  return (await models.run(model, input)).error
}

const sent = (type: string, content: Uint8Array) => new SentFile(type, content)

type Colour = [red: number, green: number, blue: number]

/** A picture of one colour, or of several side by side. */
async function png(width: number, height: number, ...colours: Colour[]): Promise<SentFile> {
  return sent(
    'image/png',
    await pixels(width, height, ...colours)
      .png()
      .toBuffer(),
  )
}

function pixels(width: number, height: number, ...colours: Colour[]) {
  const part = width / colours.length
  const data = Uint8Array.from({ length: 3 * width * height }, (_, index) => {
    const column = Math.floor(index / 3) % width
    return colours[Math.floor(column / part)]?.[index % 3] ?? 0
  })
  return sharp(data, { raw: { width, height, channels: 3 } })
}

async function colours(model: string, image: SentFile): Promise<Record<string, number>> {
  const scores = await outputOf<Score[]>(model, { image })
  return Object.fromEntries(scores.map(({ label, score }) => [label, score]))
}

describe('a picture is labelled', () => {
  test('with the scores of a softmax, the highest first, as many as are asked for', async () => {
    const image = await png(4, 4, [255, 0, 51])
    const scores = await outputOf<Score[]>('task/colours', { image })
    expect(scores.map(({ label }) => label)).toEqual(['red', 'blue', 'green'])
    const sum = Math.E + 1 + Math.exp(0.2)
    expect(scores[0]?.score).toBeCloseTo(Math.E / sum, 5)
    expect(await outputOf('task/colours', { image, top_k: 1 })).toHaveLength(1)
    // The graph of the other has a softmax already, and its package gives one label unless more are wanted.
    const [best, ...others] = await outputOf<Score[]>('task/probable-colours', { image })
    expect(best).toEqual({ label: 'red', score: expect.closeTo(Math.E / sum, 5) })
    expect(others).toEqual([])
  })

  test('and its schema says so', async () => {
    const { Input, Output } = await models.schemaOf('task/colours')
    expect(Input).toMatchObject({
      required: ['image'],
      properties: {
        image: { type: 'string', format: 'uri', 'x-cog-accept': 'image/*', 'x-order': 0 },
        top_k: { type: 'integer', minimum: 1, maximum: 3, default: 3, 'x-order': 1 },
      },
    })
    expect(Output).toMatchObject({
      type: 'array',
      items: {
        type: 'object',
        properties: { label: { type: 'string', enum: ['red', 'green', 'blue'] }, score: { type: 'number' } },
      },
    })
  })

  test('in other formats, with other depths, and of other kinds of colours', async () => {
    const one = pixels(6, 4, [255, 0, 0], [0, 0, 255])
    const rgba = await sharp({
      create: { width: 4, height: 4, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toBuffer()
    const deep = await one.clone().toColourspace('rgb16').png().toBuffer()
    const gray = await pixels(4, 4, [51, 51, 51]).toColourspace('b-w').png().toBuffer()
    const half = { red: 0.5, green: 0, blue: 0.5 }
    expect(await colours('task/raw-colours', sent('image/png', deep))).toEqual(half)
    expect(
      await colours('task/raw-colours', sent('image/webp', await one.clone().webp({ lossless: true }).toBuffer())),
    ).toEqual(half)
    expect(
      await colours('task/raw-colours', sent('image/tiff', await one.clone().tiff({ compression: 'lzw' }).toBuffer())),
    ).toEqual(half)
    // What is transparent is white.
    expect(await colours('task/raw-colours', sent('image/png', rgba))).toEqual({ red: 1, green: 1, blue: 1 })
    const shade = expect.closeTo(0.2, 5)
    expect(await colours('task/raw-colours', sent('image/png', gray))).toEqual({
      red: shade,
      green: shade,
      blue: shade,
    })
  })

  test('as it is meant to be seen: turned, and the first of many', async () => {
    // Wide, with the turn that makes it high: what is red then is the upper half, and its middle is half red.
    const turned = await pixels(8, 4, [255, 0, 0], [0, 0, 0])
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .withMetadata({ orientation: 6 })
      .toBuffer()
    const { red = 0 } = await colours('task/raw-colours', sent('image/jpeg', turned))
    expect(red).toBeCloseTo(0.5, 1)
    const frames = await sharp(
      [await pixels(4, 4, [255, 0, 0]).png().toBuffer(), await pixels(4, 4, [0, 255, 0]).png().toBuffer()],
      { join: { animated: true } },
    )
      .gif()
      .toBuffer()
    expect(await colours('task/raw-colours', sent('image/gif', frames))).toEqual({ red: 1, green: 0, blue: 0 })
  })

  test('covering, or within, the size that the graph takes', async () => {
    // Three squares side by side: covering takes the one in the middle.
    const wide = await png(24, 8, [255, 0, 0], [0, 255, 0], [0, 0, 255])
    expect(await colours('task/raw-colours', wide)).toEqual({ red: 0, green: 1, blue: 0 })
    // Two rows of four remain of it, between black ones, from 0 to 255.
    const half = await png(8, 4, [255, 255, 255])
    expect(await colours('task/contained-colours', half)).toEqual({ red: 127.5, green: 127.5, blue: 127.5 })
    // The middle of the middle: of four stripes the inner two.
    const stripes = await png(16, 16, [0, 0, 255], [255, 0, 0], [255, 0, 0], [0, 0, 255])
    expect(await colours('task/cropped', stripes)).toEqual({ red: 1, green: 0, blue: 0 })
  })

  test('on the scale, in the order and of the type that the graph takes', async () => {
    const image = await png(4, 4, [255, 51, 0])
    expect(await colours('task/byte-colours', image)).toEqual({ red: 0, green: 51, blue: 255 })
    const { red, green, blue } = await colours('task/half-colours', image)
    expect(red).toBeCloseTo(2, 2)
    expect(green).toBeCloseTo(-1.2, 2)
    expect(blue).toBeCloseTo(-2, 2)
  })

  test('with a constant for another input, or by one output of several', async () => {
    const image = await png(4, 4, [255, 0, 0])
    expect(await colours('task/scaled-colours', image)).toEqual({ red: 10, green: 0, blue: 0 })
    expect(await colours('task/negated-colours', image)).toMatchObject({ red: -1 })
  })
})

describe('what is no good picture fails with the reason', () => {
  test('a text', async () => {
    expect(await errorOf('task/colours', { image: sent('text/plain', Buffer.from('hello')) })).toMatch(
      /^sent cannot be read as a picture; send a PNG, JPEG, WebP, GIF, TIFF or AVIF, or send it again/,
    )
  })

  test('a drawing that could refer to other files', async () => {
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
    )
    expect(await errorOf('task/colours', { image: sent('image/svg+xml', svg) })).toContain(
      'cannot be read as a picture',
    )
  })

  test('a picture that was cut off', async () => {
    const whole = await pixels(64, 64, [255, 0, 0], [0, 1, 2]).png({ compressionLevel: 0 }).toBuffer()
    expect(await errorOf('task/colours', { image: sent('image/png', whole.subarray(0, 4_000)) })).toContain(
      'is damaged, or encoded in a way that is not read here',
    )
  })

  test('a small file that unfolds to a huge picture', async () => {
    const bomb = await sharp({ create: { width: 8_193, height: 8_193, channels: 3, background: 'black' } })
      .png({ palette: true })
      .toBuffer()
    expect(await errorOf('task/colours', { image: sent('image/png', bomb) })).toContain(
      'has 8193 x 8193 pixels, and at most 67,108,864 are taken; send a smaller picture',
    )
  })
})

describe('a picture becomes another', () => {
  async function changed(model: string, image: SentFile) {
    return decodePicture(await outputOf<Buffer>(model, { image }))
  }

  test('of the same size where the graph takes any', async () => {
    const picture = await changed('task/negative', await png(5, 3, [255, 0, 51]))
    expect(picture).toMatchObject({ width: 5, height: 3, channels: 3 })
    expect([...picture.data.slice(0, 3)]).toEqual([0, 255, 204])
  })

  test('scaled down to as many pixels as are taken, which the logs tell', async () => {
    const { output, logs } = await models.run('task/byte-negative', { image: await png(40, 10, [255, 0, 51]) })
    expect(logs).toBe('40 x 10 pixels are scaled to 20 x 5\n')
    const picture = await decodePicture(output as Buffer)
    expect(picture).toMatchObject({ width: 20, height: 5 })
    expect([...picture.data.slice(0, 3)]).toEqual([0, 255, 204])
  })

  test('within the size that the graph takes, without what fills it up, on the scale of the input', async () => {
    const picture = await changed('task/fixed-negative', await png(16, 8, [255, 0, 51]))
    expect(picture).toMatchObject({ width: 8, height: 4 })
    expect([...picture.data.slice(0, 3)]).toEqual([0, 255, 204])
  })

  test('stretched to the size that the graph takes, and back', async () => {
    const picture = await changed('task/stretched-negative', await png(16, 8, [255, 0, 51]))
    expect(picture).toMatchObject({ width: 8, height: 4 })
    expect([...picture.data.slice(0, 3)]).toEqual([0, 255, 204])
  })

  test('twice as large, filled up to a multiple while it is in the graph', async () => {
    const picture = await changed('task/doubled', await png(6, 5, [255, 0, 51]))
    expect(picture).toMatchObject({ width: 12, height: 10 })
    expect([...picture.data.slice(-3)]).toEqual([255, 0, 51])
  })
})

describe('a picture becomes numbers', () => {
  test('the means of its channels, or the largest of each with a length of one', async () => {
    const image = await png(2, 2, [255, 0, 0], [0, 0, 255])
    expect(await outputOf('task/picture-numbers', { image })).toEqual([0.5, 0, 0.5])
    const side = expect.closeTo(Math.SQRT1_2, 6)
    expect(await outputOf('task/unit-picture-numbers', { image })).toEqual([side, 0, side])
    expect((await models.schemaOf('task/picture-numbers')).Output).toMatchObject({
      type: 'array',
      items: { type: 'number' },
      minItems: 3,
      maxItems: 3,
    })
  })
})

describe('a text', () => {
  test('becomes the mean of its tokens', async () => {
    expect(await outputOf('task/text-numbers', { text: 'Good BAD' })).toEqual([(2 + 10 + 20 + 3) / 4, 1])
    // It is filled up to four tokens, of which the last does not count.
    expect(await outputOf('task/text-numbers', { text: 'Good' })).toEqual([(2 + 10 + 3) / 3, 1])
  })

  test('is cut where it is too long, which the logs tell, and keeps what stands around it', async () => {
    const { output, logs } = await models.run('task/text-numbers', { text: 'good badly good' })
    expect(output).toEqual([(2 + 10 + 20 + 3) / 4, 1])
    expect(logs).toBe('The text has 6 tokens, and the model reads 4: it is cut off on the right\n')
  })

  test('is filled up to the length that the graph takes, and what it is filled up with does not count', async () => {
    const [first, second] = await outputOf<number[]>('task/padded-text-numbers', { text: 'good' })
    const length = Math.hypot(5, 1)
    expect(first).toBeCloseTo(5 / length, 6)
    expect(second).toBeCloseTo(1 / length, 6)
  })

  test('is looked up word by word in a vocabulary', async () => {
    const scores = await outputOf<Score[]>('task/words', { text: 'Good, good day!' })
    expect(scores).toEqual([
      { label: 'sum', score: 11 },
      { label: 'count', score: 3 },
    ])
    expect(await errorOf('task/words', { text: 'nothing' })).toBe('The text holds no words that the model knows')
  })

  test('is labelled', async () => {
    const scores = await outputOf<Score[]>('task/text-labels', { text: 'unknown' })
    expect(scores).toEqual([
      { label: 'sum', score: expect.closeTo(1 / (1 + Math.exp(3 - 6)), 5) },
      { label: 'count', score: expect.closeTo(1 / (1 + Math.exp(6 - 3)), 5) },
    ])
  })
})

describe('a sound is labelled', () => {
  const wav = (samples: Float32Array, sampleRate = 16_000) => sent('audio/wav', wavOf([samples], { sampleRate }))
  const tone = (loud: number, seconds: number, rate = 16_000) =>
    sing([{ frequency: 440, seconds, loudness: loud, harmonics: [1] }], rate)

  async function loudOf(model: string, audio: SentFile): Promise<number | undefined> {
    const scores = await outputOf<Score[]>(model, { audio })
    return scores.find(({ label }) => label === 'loud')?.score
  }

  test('at the rate that the graph takes', async () => {
    expect(await loudOf('task/loudness', wav(tone(0.8, 0.5)))).toBeCloseTo(0.32, 1)
    expect(await loudOf('task/loudness', wav(tone(0.8, 0.5, 44_100), 44_100))).toBeCloseTo(0.32, 1)
    expect(await outputOf('task/loudness', { audio: wav(new Float32Array(100)), top_k: 1 })).toEqual([
      { label: 'quiet', score: 1 },
    ])
  })

  test('with its channels as one', async () => {
    const [one, none] = [tone(0.8, 0.5), new Float32Array(8_000)]
    const stereo = sent('audio/wav', wavOf([one, none], { encoding: 'float32' }))
    expect(await loudOf('task/loudness', stereo)).toBeCloseTo(0.08, 1)
  })

  test('piece by piece where the graph takes one length, and the scores are averaged', async () => {
    const twoSeconds = Float32Array.of(...tone(0.8, 1, 8_000), ...new Float32Array(8_000))
    const whole = await loudOf('task/loud-pieces', wav(tone(0.8, 1, 8_000), 8_000))
    expect(await loudOf('task/loud-pieces', wav(twoSeconds, 8_000))).toBeCloseTo((whole ?? 0) / 2, 5)
  })

  test.each([
    { what: 'no WAV file', audio: Buffer.from('hello'), error: 'is no WAV file; convert it to one' },
    {
      what: 'too long',
      audio: wavOf([new Float32Array(33_000)]),
      error: 'is 2.1 seconds long, and at most 2 are taken',
    },
    {
      what: 'cut off',
      audio: wavOf([new Float32Array(99)]).subarray(0, 100),
      error: 'is cut off: it announces 198 bytes',
    },
    { what: 'empty', audio: wavOf([new Float32Array(0)]), error: 'holds no sound' },
    {
      what: 'in another encoding',
      audio: wavOf([new Float32Array(9)], { claims: { format: 85 } }),
      error: 'has an encoding that is not read here (85, 16 bits); convert it to PCM',
    },
    {
      what: 'of no rate',
      audio: wavOf([new Float32Array(9)], { claims: { sampleRate: 1 } }),
      error: 'has 1 samples a second; 4000 to 192000 are taken',
    },
    {
      what: 'of infinite loudness',
      audio: wavOf([[Number.POSITIVE_INFINITY]], { encoding: 'float32' }),
      error: 'holds samples that are no finite numbers',
    },
  ])('unless it is $what', async ({ audio, error }) => {
    expect(await errorOf('task/loudness', { audio: sent('audio/wav', audio) })).toContain(error)
  })
})

describe('a row of a table', () => {
  test('gives a number', async () => {
    const input = { 'left part': 2, 'right part': 0.5 }
    expect(await outputOf('task/sum', input)).toBe(2.5)
    const { Input, Output } = await models.schemaOf('task/sum')
    expect(Input).toMatchObject({ required: ['left part', 'right part'] })
    expect(Output).toMatchObject({ type: 'number' })
  })

  test('gives numbers, or the probabilities of labels', async () => {
    const features = [1, 1]
    expect(await outputOf('task/numbers', { features })).toEqual([2, 0])
    const share = 1 / (1 + Math.exp(-2))
    expect(await outputOf('task/classes', { features })).toEqual({
      label: 'sum',
      probabilities: { sum: expect.closeTo(share, 5), zero: expect.closeTo(1 - share, 5) },
    })
    expect(await outputOf('task/label-and-scores', { features: [-1, -1] })).toEqual({
      label: 'zero',
      probabilities: { sum: -2, zero: 0 },
    })
  })

  test('is named by the inputs of the graph where each is a column', async () => {
    const row = { city: 'Rome', area: 80.5, rooms: 3, garden: true }
    expect(await outputOf('task/columns', row)).toBe(84.5)
    expect(await outputOf('task/city', row)).toEqual({ label: 'Rome' })
    const { Input } = await models.schemaOf('task/columns')
    expect(Input?.properties).toMatchObject({
      city: { type: 'string' },
      area: { type: 'number' },
      rooms: { type: 'integer' },
      garden: { type: 'boolean' },
    })
  })

  test('runs with others, and each gets its own answer', async () => {
    const inputs = Array.from({ length: 20 }, (_, index) => ({ features: [index, 1] }))
    const outcomes = await models.runTogether('task/numbers', inputs)
    expect(outcomes.map(({ output }) => output)).toEqual(inputs.map((_, index) => [index + 1, 0]))
    expect((await models.inspect('task/numbers')).batches).toBe(true)
  })

  test('is repeated where the graph takes two at a time, and others wait for their own', async () => {
    const outcomes = await models.runTogether('task/two-rows', [
      { a: 1, b: 2 },
      { a: '?', b: {} },
      { a: 3, b: 4 },
    ])
    expect(outcomes.map(({ output, error }) => error ?? output)).toEqual([3, '{} is no value of a table', 7])
  })
})
