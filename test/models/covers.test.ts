import { expect, test } from 'vitest'
import { Covers } from '../../src/models/covers.ts'
import { filesBelow } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'

test('a sweep removes the covers of models that are not there', async () => {
  const root = testFolder()
  const covers = new Covers(root)
  const picture = { name: 'cover.png', bytes: Buffer.from('picture') }
  for (const model of ['alice/stays', 'alice/goes', 'bob/goes']) await covers.put(model, picture)
  await covers.sweep(new Set(['alice/stays', 'carol/has-none']))
  expect(filesBelow(root)).toEqual(['alice/stays/cover.png'])
  await new Covers(`${root}/nowhere`).sweep(new Set())
})
