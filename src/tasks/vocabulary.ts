/** Words and their numbers, the way in which Keras' Tokenizer counts them. Pure. */
import { isRecord } from '../is-record.ts'

/** What a text is split at, besides spaces; the apostrophe belongs to its word. */
const BETWEEN_WORDS = /[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~\t\n ]+/
/** How the word for all others is written. */
const UNKNOWN = ['<OOV>', '<oov>', '[UNK]', '<unk>', '<UNK>']

export type Vocabulary = ReadonlyMap<string, number>

/** @throws Error when it is no object of words and their numbers */
export function parseVocabulary(content: unknown, file: string): Vocabulary {
  if (!isRecord(content)) throw new Error(`vocabulary: ${file} is no object of words and their numbers`)
  const entries = Object.entries(content).map(([word, id]): [string, number] => {
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0)
      throw new Error(`vocabulary: in ${file} the word ${word} has the number ${JSON.stringify(id)}`)
    return [word, id]
  })
  return new Map(entries)
}

/** Numbers of the words of a text; an unknown one is left out where the vocabulary has none for such. */
export function wordIds(text: string, vocabulary: Vocabulary): number[] {
  const unknown = UNKNOWN.map((word) => vocabulary.get(word)).find((id) => id !== undefined)
  const words = text.toLowerCase().split(BETWEEN_WORDS).filter(Boolean)
  return words.flatMap((word) => vocabulary.get(word) ?? unknown ?? [])
}
