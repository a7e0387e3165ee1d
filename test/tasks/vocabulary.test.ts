import { expect, test } from 'vitest'
import { parseVocabulary, wordIds } from '../../src/tasks/vocabulary.ts'

const WORDS = { '<OOV>': 1, the: 2, "it's": 3, game: 4, constructor: 5 }

test.each([
  { text: 'The game', ids: [2, 4] },
  { text: "it's IT'S it’s", ids: [3, 3, 1] },
  { text: 'game-the,game.\tthe\ngame!', ids: [4, 2, 4, 2, 4] },
  { text: '  \n - ', ids: [] },
  { text: '', ids: [] },
  // Names that every object has are words like others.
  { text: 'constructor toString', ids: [5, 1] },
])('$text', ({ text, ids }) => {
  expect(wordIds(text, parseVocabulary(WORDS, 'vocab.json'))).toEqual(ids)
})

test('a word that is not known is left out where the vocabulary has no number for such', () => {
  expect(wordIds('a new game', parseVocabulary({ game: 4 }, 'vocab.json'))).toEqual([4])
})

test.each([
  { content: ['the'], message: 'vocabulary: vocab.json is no object of words and their numbers' },
  { content: { the: '2' }, message: 'vocabulary: in vocab.json the word the has the number "2"' },
  { content: { the: -1 }, message: 'vocabulary: in vocab.json the word the has the number -1' },
])('$content is none', ({ content, message }) => {
  expect(() => parseVocabulary(content, 'vocab.json')).toThrow(message)
})
