import { expect, test } from 'vitest'
import { AppError, invalidFields, messageOf, notFound } from '../src/errors.ts'

test('all broken rules of a request are told, one on each line', () => {
  const fields = [
    { type: 'required', field: 'input', description: 'prompt is required' },
    { type: 'number_lte', field: 'input.steps', description: 'Must be less than or equal to 4' },
    { type: 'required', field: '', description: 'version is required' },
  ]
  expect(invalidFields(fields)).toMatchObject({
    code: 'invalid',
    title: 'Input validation failed',
    message: '- input: prompt is required\n- input.steps: Must be less than or equal to 4\n- version is required\n',
    fields,
  })
})

test('what cannot be found is said in the words of Replicate, unless others are given', () => {
  expect(notFound()).toMatchObject({ code: 'not_found', message: 'The requested resource could not be found' })
  expect(notFound('Invalid cursor').message).toBe('Invalid cursor')
})

test('an error keeps its cause and is told apart from other errors', () => {
  const cause = new Error('disk')
  const error = new AppError('unavailable', 'Try again', { cause, retryAfterSeconds: 5 })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'AppError', cause, retryAfterSeconds: 5, title: undefined, fields: undefined })
})

test.each([
  [new Error('It broke'), 'It broke'],
  [new TypeError(), 'TypeError'],
  [new AppError('invalid', ''), 'AppError'],
  ['text', 'text'],
  [42, '42'],
  [null, 'null'],
  [undefined, 'undefined'],
  [{ a: 1 }, '[object Object]'],
])('of %s a person reads "%s"', (thrown, message) => {
  expect(messageOf(thrown)).toBe(message)
})
