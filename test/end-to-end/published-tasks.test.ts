/**
 * Graphs that others have published, served without a line of code: the task in model.yaml says what goes in and what
 * comes out, and clients get what was published, from the pictures, texts and numbers that were published with it.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodePicture, differencesOf } from '../support/pictures.ts'
import { type ExpectedNumbers, expectNumbers, PUBLISHED, realModelsAreHere } from '../support/real-models.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { dataUri, installTasks, outputOf, type TaskPackage } from '../support/task-packages.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'

const from = (set: string, file: string) => join(PUBLISHED, set, file)
const MNIST = 'xboot__mnist-8'
const NEWS = 'inoxoft__news-topic'
const LOW_LIGHT = 'mdturp__low-light-sci'
const IRIS = 'microsoft__sklearn-iris'

/** labels.txt of the digits is found by its name. */
const PACKAGES: Record<string, TaskPackage> = {
  'real/digits': {
    graph: from(MNIST, 'model.onnx'),
    yaml: 'task: image-classification\nrescale: false\n',
    links: [from(MNIST, 'labels.txt')],
  },
  'real/digit-scores': {
    graph: from(MNIST, 'model.onnx'),
    yaml: 'task: image-classification\nrescale: false\nactivation: none\ntop_k: 10\n',
  },
  'real/news': {
    graph: from(NEWS, 'model.onnx'),
    yaml: 'task: text-classification\nvocabulary: vocab.json\ntruncation_side: left\n',
    links: [from(NEWS, 'vocab.json'), from(NEWS, 'labels.json')],
  },
  'real/low-light': { graph: from(LOW_LIGHT, 'model.onnx'), yaml: 'task: image-to-image\n' },
  'real/forest': {
    graph: from(IRIS, 'randomforest.onnx'),
    yaml: 'task: tabular\nfeatures: [sepal_length, sepal_width, petal_length, petal_width]\nlabels: [setosa, versicolor, virginica]\n',
  },
  'real/three-rows': { graph: from(IRIS, 'logreg_iris.onnx'), yaml: 'task: tabular\n' },
  'real/voting': { graph: from(IRIS, 'voting_string_label.onnx'), yaml: 'task: tabular\n' },
}

const why = realModelsAreHere ? '' : ' (skipped: the folder ../shared/models, where these graphs are, is not there)'

describe.skipIf(!realModelsAreHere)(`a published graph with a task${why}`, () => {
  let server: TestServer
  let modelsDir: string
  beforeAll(async () => {
    modelsDir = makeFolder()
    installTasks(modelsDir, PACKAGES)
    server = await startServer({ MODELS_DIR: modelsDir, BUNDLED_MODELS: 'off' })
  })
  afterAll(async () => {
    await server.close()
    removeFolder(modelsDir)
  })

  test.each([0, 2, 9])('reads the digit %i', async (digit) => {
    const image = dataUri('image/png', readFileSync(from(MNIST, `samples/digit-${digit}.png`)))
    const scores = await outputOf<Score[]>(server, 'real/digits', { image })
    expect(scores).toHaveLength(5)
    expect(scores[0]).toEqual({ label: String(digit), score: expect.closeTo(1, 6) })
  })

  test.each([0, 2, 9])('gives the raw scores of the digit %i as they were published', async (digit) => {
    const image = dataUri('image/png', readFileSync(from(MNIST, `samples/digit-${digit}.png`)))
    const wanted = caseOf<DigitCase>(MNIST, `png-${digit}`).expect.Plus214_Output_0
    const scores = await outputOf<Score[]>(server, 'real/digit-scores', { image })
    expect(scores[0]?.label).toBe(String(digit))
    expectNumbers(inOrder(scores), wanted)
  })

  test('finds the topics of forty texts as their authors did', async () => {
    const lines = rowsOfCsv(readFileSync(from(NEWS, 'samples/edge_cases.csv'), 'utf8')).slice(1)
    const { result } = caseOf<{ result: { labels: string[] } }>(NEWS, 'all-40-in-one-batch')
    expect(lines).toHaveLength(result.labels.length)
    const found = await Promise.all(
      lines.map(async ([text]) => (await outputOf<Score[]>(server, 'real/news', { text, top_k: 1 }))[0]?.label),
    )
    expect(found).toEqual(result.labels)
  })

  test.each(['row-0', 'row-2', 'row-15', 'row-39'])(
    'gives the scores that were published for a text: %s',
    async (name) => {
      const { text, expect: wanted } = caseOf<NewsCase>(NEWS, name)
      const scores = await outputOf<Score[]>(server, 'real/news', { text })
      const inOrder = scores.toSorted((a, b) => a.label.localeCompare(b.label))
      // A softmax is not put through another.
      expectNumbers(
        inOrder.map(({ score }) => score),
        wanted.output,
      )
    },
  )

  test('takes a text without any word', async () => {
    const { expect: wanted } = caseOf<NewsCase>(NEWS, 'empty-text')
    const scores = await outputOf<Score[]>(server, 'real/news', { text: ' - ' })
    expectNumbers(inOrder(scores), wanted.output)
  })

  test('brightens a photograph as its authors did', async () => {
    const { sample, expect_image: wanted } = caseOf<PictureCase>(LOW_LIGHT, 'whole-photo')
    const image = dataUri('image/jpeg', readFileSync(from(LOW_LIGHT, sample)))
    const url = await outputOf<string>(server, 'real/low-light', { image })
    const response = await fetch(url)
    expect(response.headers.get('content-type')).toBe('image/png')
    const picture = await decodePicture(await response.bytes())
    expect(picture).toMatchObject({ width: wanted.width, height: wanted.height, channels: 3 })
    const bright = await decodePicture(readFileSync(from(LOW_LIGHT, wanted.output)))
    const { mean, shareBeyond } = differencesOf(picture, bright, 8)
    process.stdout.write(`The brightened photograph is off by ${mean.toFixed(3)} of 255 on average\n`)
    expect(mean).toBeLessThanOrEqual(wanted.mean_abs_diff_max)
    expect(shareBeyond).toBeLessThanOrEqual(wanted.share_of_pixels_off_by_more_than_8_max)
  })

  test('names the flower of a row of named numbers', async () => {
    const [a, b, c, d] = caseOf<RowCase>(IRIS, 'randomforest').feeds.float_input?.data ?? []
    const input = { sepal_length: a, sepal_width: b, petal_length: c, petal_width: d }
    // The probabilities are a sequence of maps, which the engine cannot hand out.
    expect(await outputOf(server, 'real/forest', input)).toEqual({ label: 'virginica' })
  })

  test('gives the label of a list of numbers, a text where the graph has texts', async () => {
    const rows = caseOf<RowCase>(IRIS, 'voting')
    const { data = [] } = rows.feeds.input ?? {}
    for (const [index, label] of rows.expect.output_label?.data.entries() ?? [])
      expect(await outputOf(server, 'real/voting', { features: data.slice(2 * index, 2 * index + 2) })).toEqual({
        label,
      })
  })

  test('runs a graph that always takes three rows for a single one, whose label is a number', async () => {
    const { feeds, expect: wanted } = caseOf<RowCase>(IRIS, 'logreg')
    const { data = [] } = feeds.float_input ?? {}
    for (const [index, label] of wanted.label?.data.entries() ?? [])
      expect(await outputOf(server, 'real/three-rows', { features: data.slice(2 * index, 2 * index + 2) })).toEqual({
        label,
      })
  })
})

interface Score {
  label: string
  score: number
}

interface DigitCase {
  expect: { Plus214_Output_0: ExpectedNumbers }
}

interface NewsCase {
  text: string
  expect: { output: ExpectedNumbers }
}

interface PictureCase {
  sample: string
  expect_image: {
    output: string
    width: number
    height: number
    mean_abs_diff_max: number
    share_of_pixels_off_by_more_than_8_max: number
  }
}

interface RowCase {
  feeds: Record<string, { data: number[] }>
  expect: Record<string, { data: (number | string)[] }>
}

/** The scores by their labels, which count or spell in the order of the graph. */
function inOrder(scores: readonly Score[]): number[] {
  return scores.toSorted((a, b) => a.label.localeCompare(b.label)).map(({ score }) => score)
}

function caseOf<Case>(set: string, name: string): Case {
  const { cases }: { cases: (Case & { name: string })[] } = JSON.parse(readFileSync(from(set, 'expected.json'), 'utf8'))
  const found = cases.find((one) => one.name === name)
  if (!found) throw new Error(`${set} has no case ${name}`)
  return found
}

/** Fields may stand in quotes, where two quotes are one. */
function rowsOfCsv(text: string): string[][] {
  return Array.from(text.matchAll(/((?:(?:"(?:[^"]|"")*"|[^",\n]*),?)+)\r?\n/g), ([, line = '']) =>
    Array.from(line.matchAll(/("(?:[^"]|"")*"|[^",]+)(?:,|$)/g), ([, field = '']) =>
      field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field,
    ),
  )
}
