import { expect, test } from 'vitest'
import { lastUses } from '../../src/predictions/content-uses.ts'
import { insert, PredictionStore, predictionStatements } from '../../src/predictions/store.ts'
import { testDatabase } from '../support/database.ts'
import { makePrediction } from '../support/predictions.ts'

const BEGIN = 1_700_000_000_000

/** Predictions one after the other, a millisecond apart, each by the content that it was made with. */
async function storeOf(contents: readonly string[]): Promise<PredictionStore> {
  const { writer, reader } = testDatabase(predictionStatements)
  await writer.submit(
    contents.flatMap((contentHash, index) =>
      insert(makePrediction({ id: String(index), contentHash, createdAt: BEGIN + index })),
    ),
  )
  return new PredictionStore(reader)
}

test('of each content the last use is told, as far back as was asked', async () => {
  const store = await storeOf(['seldom', ...Array(600).fill('often'), 'once'])
  const always = () => true
  expect(await lastUses(store, BEGIN - 1, always)).toEqual(
    new Map([
      ['seldom', BEGIN],
      ['often', BEGIN + 600],
      ['once', BEGIN + 601],
    ]),
  )
  expect((await lastUses(store, BEGIN + 600, always))?.has('seldom')).toBe(false)
})

test('what was broken off tells nothing: content may have been used before', async () => {
  const store = await storeOf(['seldom', ...Array(600).fill('often')])
  let steps = 0
  expect(await lastUses(store, BEGIN - 1, () => ++steps < 2)).toBeUndefined()
  expect(await lastUses(store, BEGIN - 1, () => false)).toBeUndefined()
})
