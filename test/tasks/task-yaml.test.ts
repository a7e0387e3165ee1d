import { expect, test } from 'vitest'
import { parseTask } from '../../src/tasks/task-yaml.ts'

test.each<Record<string, unknown>>([
  { task: 'image-classification' },
  { task: 'image-classification', labels: ['cat', 7, true], size: [224, 320], mean: 0.5, std: [0.2, 0.2, 0.2] },
  { task: 'image-classification', labels: 'labels.txt', rescale: false, fit: 'contain', background: '#00ff7F' },
  { task: 'image-to-image', output_range: [-1, 1], max_pixels: 1000, size_divisor: 8 },
  { task: 'image-embedding', pooling: 'cls', normalize: true, crop_pct: 0.875, resample: 'bicubic' },
  { task: 'text-classification', vocabulary: 'vocab.json', max_length: 30, truncation_side: 'left', top_k: 3 },
  { task: 'text-embedding', tokenizer: 'tokenizer.json', pooling: 'mean', padding_side: 'left', pad_token_id: 0 },
  { task: 'audio-classification', sample_rate: 16_000, max_seconds: 30, constants: { sr: 16_000, state: [0, 0] } },
  { task: 'tabular', features: ['age', 'height in cm'], activation: 'sigmoid', output: 'probabilities' },
])('%o is understood', (settings) => {
  expect(parseTask(settings)).toBe(settings)
})

test.each<{ settings: Record<string, unknown>; message: string }>([
  {
    settings: { task: 'image-clasification' },
    message: 'task: "image-clasification" is none of image-classification, image-to-image, image-embedding',
  },
  { settings: { task: 'toString' }, message: 'task: "toString" is none of image-classification' },
  { settings: { task: ['tabular'] }, message: 'task: ["tabular"] is none of image-classification' },
  {
    settings: { task: 'tabular', lables: ['a'] },
    message: 'task tabular: lables is no setting of it, only input, output, constants, labels, activation, features',
  },
  { settings: { task: 'tabular', size: 224 }, message: 'task tabular: size is no setting of it, only input' },
  {
    settings: { task: 'image-to-image', fit: 'cover' },
    message: 'task image-to-image: fit: fit must be one of the following: "contain", "fill"',
  },
  {
    settings: { task: 'image-classification', size: 'large', top_k: 0 },
    message:
      'task image-classification: size: Invalid type. Expected: integer, array, given: string; ' +
      'top_k: Must be greater than or equal to 1',
  },
  {
    settings: { task: 'image-classification', size: [224] },
    message: 'task image-classification: size: Array must have at least 2 items',
  },
  {
    settings: { task: 'image-classification', size: [224, 100_000] },
    message: 'task image-classification: size.1: Must be less than or equal to 8192',
  },
  {
    settings: { task: 'image-classification', labels: { 0: 'cat' } },
    message: 'task image-classification: labels: Invalid type. Expected: string, array, given: object',
  },
  {
    settings: { task: 'image-embedding', background: 'url(http://example.com)' },
    message: 'task image-embedding: background: Does not match pattern',
  },
  {
    settings: { task: 'audio-classification', max_seconds: 0 },
    message: 'task audio-classification: max_seconds: Must be greater than 0',
  },
])('$message', ({ settings, message }) => {
  expect(() => parseTask(settings)).toThrow(message)
})
