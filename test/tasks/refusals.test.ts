/** What does not go together is refused before anybody sends an input, with a sentence that says how to mend it. */
import { describe, expect, test } from 'vitest'
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
import { TaskModels } from '../support/task-models.ts'
import type { TaskPackage } from '../support/task-packages.ts'

const WORDS = { 'vocab.json': '{"good": 1}' }
const LABELS = { labels: ['red', 'green', 'blue'] }

interface Refusal extends TaskPackage {
  message: string
}

const AT_INSPECTION: Refusal[] = [
  {
    graph: channelMeans(),
    yaml: { task: 'image-classification', labels: ['red', 'green'] },
    message:
      'There are 2 labels, but the output scores gives 3 numbers; list one label for each, in the order of the graph',
  },
  {
    graph: channelMeans(),
    yaml: { task: 'image-classification' },
    files: { 'labels.txt': 'red\ngreen' },
    message: 'There are 2 labels, but the output scores gives 3 numbers',
  },
  {
    graph: channelMeans(),
    yaml: { task: 'image-classification', labels: 'names.txt' },
    message: 'labels: names.txt cannot be read; put it into the folder of the package',
  },
  {
    graph: channelMeans(),
    yaml: { task: 'image-classification', labels: '../names.txt' },
    message: 'labels: ../names.txt cannot be read',
  },
  {
    graph: negative(),
    yaml: { task: 'image-classification' },
    message: 'The output picture is [n, 3, h, w], which does not say how many classes there are: list their names',
  },
  {
    graph: channelMeans(),
    yaml: { task: 'image-classification', top_k: 4 },
    message: 'top_k is 4, but there are 3 labels',
  },
  {
    graph: channelMeans({ dims: ['n', 1, 4, 4], outputDims: ['n', 1] }),
    yaml: { task: 'image-classification', labels: ['no', 'yes'] },
    message: 'The output scores gives a single number: say activation: sigmoid if it is a raw score, or',
  },
  {
    graph: scaledBy(),
    yaml: { task: 'image-classification', ...LABELS },
    message:
      'The graph takes 2 inputs, pixels (float32 [n, 3, 4, 4]), factor (float32 [1]): name the one for the picture as ' +
      'input, and give the others the numbers that they always get under constants',
  },
  {
    graph: scaledBy(),
    yaml: { task: 'image-classification', ...LABELS, input: 'pixels' },
    message:
      'Nothing is known for factor (float32 [1]), which the graph takes, too: give the numbers that it always gets',
  },
  {
    graph: scaledBy(),
    yaml: { task: 'image-classification', ...LABELS, input: 'pixel', constants: { factor: 1 } },
    message: 'input: the graph has no pixel, but pixels (float32 [n, 3, 4, 4]), factor (float32 [1])',
  },
  {
    graph: scaledBy(),
    yaml: { task: 'image-classification', ...LABELS, constants: { factor: [1, 2] } },
    message: 'constants: factor has 2 numbers, but the graph takes [1]',
  },
  {
    graph: tokenRows(),
    yaml: { task: 'text-embedding', vocabulary: 'vocab.json', constants: { attention_mask: 0.5 } },
    files: WORDS,
    message: 'constants: attention_mask takes integers (int64)',
  },
  {
    graph: twoOutputs(),
    yaml: { task: 'image-classification', ...LABELS },
    message:
      'The graph gives 2 outputs, scores (float32 [n, 3]), negated (float32 [n, 3]): name the one that counts as output',
  },
  {
    graph: twoOutputs(),
    yaml: { task: 'image-classification', ...LABELS, output: 'logits' },
    message: 'output: the graph has no logits, but scores (float32 [n, 3]), negated (float32 [n, 3])',
  },
  {
    graph: sumOfRow(),
    yaml: { task: 'image-classification', labels: ['sum'] },
    message: 'The input row is [n, 2], and a picture needs [n, channels, height, width]',
  },
  {
    graph: channelMeans({ dims: ['n', 3, 4, 'w'] }),
    yaml: { task: 'image-to-image' },
    message: 'The graph fixes one side of the picture and not the other: set size to [height, width]',
  },
  {
    graph: negative({ dims: [1, 3, 8, 8] }),
    yaml: { task: 'image-to-image', size_divisor: 8 },
    message: 'size_divisor is for graphs that take any size; this one takes 8 x 8 pixels',
  },
  {
    graph: negative(),
    yaml: { task: 'image-to-image', fit: 'fill' },
    message: 'fit is for a fixed size; this graph takes any: set size, or leave fit out',
  },
  {
    graph: negative(),
    yaml: { task: 'image-to-image', output_range: [1, 1] },
    message: 'output_range needs two different numbers: of black, and of white',
  },
  {
    graph: channelMeans(),
    yaml: { task: 'image-embedding', pooling: 'mean' },
    message: 'pooling: the output scores is [n, 3], one list of numbers already; leave pooling out',
  },
  {
    graph: unpooled(),
    yaml: { task: 'image-embedding', pooling: 'cls' },
    message: 'pooling: cls takes the first token, but the output features is [n, 3, 2, 2]; use mean or max',
  },
  {
    graph: tokenRows(),
    yaml: { task: 'text-embedding' },
    message:
      'There is no tokenizer.json in the package: put it there, or name a file that holds a number for each word as vocabulary',
  },
  {
    graph: tokenRows(),
    yaml: { task: 'text-embedding' },
    files: { 'tokenizer.json': '{"model": {"type": "BPE"}}' },
    message: 'tokenizer: tokenizer.json is none that can be used here',
  },
  {
    graph: tokenRows(),
    yaml: { task: 'text-embedding', vocabulary: 'vocab.json', tokenizer: 'tokenizer.json' },
    files: WORDS,
    message: 'There can be a tokenizer or a vocabulary, not both',
  },
  {
    graph: tokenRows({ length: 8 }),
    yaml: { task: 'text-embedding', vocabulary: 'vocab.json', max_length: 9 },
    files: WORDS,
    message: 'max_length is 9, but the input input_ids takes 8 tokens; leave max_length out',
  },
  {
    graph: sumOfRow({ rows: 4 }),
    yaml: { task: 'text-embedding', vocabulary: 'vocab.json' },
    files: WORDS,
    message: 'The input row is [4, 2], and tokens need [n, length] or [1, length]',
  },
  {
    graph: columns(),
    yaml: { task: 'text-embedding', vocabulary: 'vocab.json' },
    files: WORDS,
    message: 'name the one for the numbers of the tokens as input',
  },
  {
    graph: columns(),
    yaml: {
      task: 'text-embedding',
      vocabulary: 'vocab.json',
      input: 'city',
      constants: { area: 1, rooms: 1, garden: 1 },
    },
    files: WORDS,
    message: 'The input city is string, and tokens are numbers; write a predict.ts for such a graph',
  },
  {
    graph: loudness(['n', 80, 3_000]),
    yaml: { task: 'audio-classification', labels: ['quiet', 'loud'] },
    message:
      'The input samples is [n, 80, 3000], and sound needs [n, samples] or [n, 1, samples]; a graph that takes spectra',
  },
  {
    graph: tokenRows({ summed: true }),
    yaml: { task: 'audio-classification', input: 'input_ids', constants: { attention_mask: 1, token_type_ids: 0 } },
    message: 'The input input_ids is int64, and sound is given as float32, float16 or float64',
  },
  {
    graph: sumOfRow(),
    yaml: { task: 'tabular', features: ['one', 'two', 'three'] },
    message: 'There are 3 features, but the input row takes 2; name each, in order',
  },
  {
    graph: columns(),
    yaml: { task: 'tabular', features: ['one'], output: 'price' },
    message: 'features names the columns of a single input, and this graph has an input for each: leave it out',
  },
  {
    graph: scaledBy(),
    yaml: { task: 'tabular' },
    message: 'The input pixels is [n, 3, 4, 4], and where a graph has several inputs each is one column, [n, 1]',
  },
  {
    graph: sumOfRow({ outputs: ['sum', 'scores'] }),
    yaml: { task: 'tabular' },
    message: 'Each of sum (float32 [n, 1]), scores (float32 [n, 2]) could be the output: name one as output',
  },
  {
    graph: sumOfRow({ outputs: ['label', 'scores'] }),
    yaml: { task: 'tabular', labels: ['a', 'b', 'c'] },
    message: 'There are 3 labels, but the output scores gives 2 numbers',
  },
  {
    graph: sumOfRow({ outputs: ['scores'] }),
    yaml: { task: 'tabular', labels: ['yes', 'yes'] },
    message: 'labels: yes stands there twice, and each needs a name of its own',
  },
  {
    graph: sumOfRow({ outputs: ['sum'] }),
    yaml: { task: 'tabular', labels: ['no', 'yes'] },
    message: 'The output sum gives a single number for 2 labels: say activation: sigmoid if it is a raw score',
  },
  {
    graph: sumOfRow({ outputs: ['scores'] }),
    yaml: { task: 'tabular', activation: 'softmax' },
    message: 'activation is for classes: list their names under labels, too',
  },
  {
    graph: columns(),
    yaml: { task: 'tabular' },
    message: 'List the names of the classes under labels, in the order of price',
  },
]

const AT_SETUP: Refusal[] = [
  {
    graph: negative(),
    yaml: { task: 'image-classification', labels: ['a', 'b'], size: 4 },
    message: 'There are 2 labels, but the output picture gives 48 numbers',
  },
  {
    graph: doubled(),
    yaml: { task: 'image-classification', labels: ['a', 'b'], size: 5 },
    message: 'The graph could not be run on a black picture: ',
  },
]

const named = (refusals: readonly Refusal[], owner: string) =>
  refusals.map((refusal, index): [string, Refusal] => [`${owner}/package-${index}`, refusal])
const [inspected, setUp] = [named(AT_INSPECTION, 'inspected'), named(AT_SETUP, 'set-up')]
const models = new TaskModels(Object.fromEntries([...inspected, ...setUp]))

describe('when the package is looked at', () => {
  test.each(inspected.map(([name, refusal]) => ({ name, ...refusal })))('$message', async ({ name, message }) => {
    await expect(models.inspect(name)).rejects.toThrow(message)
  })
})

describe('when it is loaded', () => {
  test.each(setUp.map(([name, refusal]) => ({ name, ...refusal })))('$message', async ({ name, message }) => {
    await expect(models.setUp(name)).rejects.toThrow(message)
  })
})
