import { expect, onTestFinished, test } from 'vitest'
import { SearchIndex } from '../../src/catalog/search-index.ts'
import { fullName, type Model, newModel } from '../../src/models/model.ts'

function model(name: string, description: string): Model {
  return {
    ...newModel(name, { origin: 'account', createdAt: 0 }),
    about: { visibility: 'public', examples: [], description },
  }
}

function newIndex() {
  const index = new SearchIndex()
  onTestFinished(() => index.close())
  return (models: Model[], all: Model[], text: string) =>
    index.search(models, all, text).map(({ model: found }) => fullName(found))
}

test('only the models that are given to choose from are found, and those that are gone are forgotten', () => {
  const search = newIndex()
  const [one, other] = [model('acme/one', 'Reads digits'), model('acme/other', 'Writes digits')]
  expect(search([one, other], [one, other], 'digits').sort()).toEqual(['acme/one', 'acme/other'])
  expect(search([one], [one, other], 'digits')).toEqual(['acme/one'])
  expect(search([other], [other], 'digits')).toEqual(['acme/other'])
  expect(search([], [], 'digits')).toEqual([])
  const again = model('acme/one', 'Reads letters')
  expect(search([again], [again, other], 'digits')).toEqual([])
  expect(search([again], [again, other], 'letters')).toEqual(['acme/one'])
})

test('a model that is called by its whole name comes first', () => {
  const search = newIndex()
  const long = model('acme/digits', 'x '.repeat(1_000))
  const others = ['acme/digits-2', 'digits/acme'].map((name) => model(name, 'digits acme'))
  expect(search([...others, long], [...others, long], ' acme/digits ')[0]).toBe('acme/digits')
})
