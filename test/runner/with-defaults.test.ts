import { expect, test } from 'vitest'
import { withDefaults } from '../../src/runner/with-defaults.ts'

const DEFAULTS = { session: { intra_op: { allow_spinning: '0' } } }

test.each([
  { given: undefined, expected: DEFAULTS },
  { given: {}, expected: DEFAULTS },
  {
    given: { session: { disable_prepacking: '1' } },
    expected: { session: { intra_op: { allow_spinning: '0' }, disable_prepacking: '1' } },
  },
  {
    given: { session: { intra_op: { allow_spinning: '1' } } },
    expected: { session: { intra_op: { allow_spinning: '1' } } },
  },
  { given: { ep: { setting: '1' } }, expected: { ...DEFAULTS, ep: { setting: '1' } } },
])('$given is completed', ({ given, expected }) => {
  expect(withDefaults(DEFAULTS, given)).toEqual(expected)
})
