import { expect, test } from 'vitest'
import { describeFault } from '../../src/runner/describe-fault.ts'

test('paths are those of the package', () => {
  expect(describeFault(new Error('Load model from /data/versions/abc/model.onnx failed'), '/data/versions/abc')).toBe(
    'Load model from model.onnx failed',
  )
  expect(describeFault(new Error("Cannot find module 'file:///data/v/lib.ts'"), '/data/v')).toBe(
    "Cannot find module 'lib.ts'",
  )
})

test('a library that is missing is told with where to install it', () => {
  const message = "Cannot find package 'lodash' imported from /data/v/predict.ts"
  const error = Object.assign(new Error(message), { code: 'ERR_MODULE_NOT_FOUND' })
  expect(describeFault(error, '/data/v')).toBe(
    "Cannot find package 'lodash' imported from predict.ts; install it in the folder of the package, or in one above it",
  )
})

test('a syntax error is told with its file and line', () => {
  const error = new SyntaxError('Expression expected')
  error.stack = '/data/v/predict.ts:3\nconst a = \n         ^\n\nSyntaxError: Expression expected\n    at parse'
  expect(describeFault(error, '/data/v')).toBe('predict.ts:3: Expression expected')
})

test('what is no error is told as it is', () => {
  expect(describeFault('odd', '/data')).toBe('odd')
})
