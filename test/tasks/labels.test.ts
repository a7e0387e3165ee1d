import { expect, test } from 'vitest'
import { parseLabels } from '../../src/tasks/labels.ts'

test.each([
  { file: 'labels.txt', text: 'cat\ndog\n', labels: ['cat', 'dog'] },
  { file: 'labels.txt', text: 'cat \r\ndog\r\n\r\n', labels: ['cat', 'dog'] },
  {
    file: 'synset.txt',
    text: 'n01440764 tench, Tinca tinca\n\nn2 x',
    labels: ['n01440764 tench, Tinca tinca', '', 'n2 x'],
  },
  { file: 'labels.json', text: '["cat", 7, true]', labels: ['cat', '7', 'true'] },
  { file: 'labels.json', text: '{"1": "dog", "0": "cat"}', labels: ['cat', 'dog'] },
  { file: 'class_indices.json', text: '{"dog": 1, "cat": 0}', labels: ['cat', 'dog'] },
  { file: 'config.json', text: '{"hidden_size": 8, "id2label": {"0": "cat", "1": "dog"}}', labels: ['cat', 'dog'] },
])('$file may hold $text', ({ file, text, labels }) => {
  expect(parseLabels(text, file)).toEqual(labels)
})

test.each([
  { file: 'labels.txt', text: ' \n', message: 'labels: labels.txt holds none' },
  { file: 'labels.json', text: '[]', message: 'labels: labels.json holds none' },
  { file: 'labels.json', text: '[', message: 'labels.json is not valid JSON' },
  { file: 'labels.json', text: '"cat"', message: 'labels: labels.json holds neither a list nor an object' },
  { file: 'labels.json', text: '[["cat"]]', message: 'labels: labels.json holds ["cat"], which is no label' },
  { file: 'labels.json', text: '{"1": "a", "2": "b"}', message: 'has 2 labels, but none for 0; they count from 0' },
  { file: 'labels.txt', text: 'a\n'.repeat(100_001), message: 'labels: labels.txt holds more than 100000' },
])('$message', ({ file, text, message }) => {
  expect(() => parseLabels(text, file)).toThrow(message)
})
