import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeFault } from '../../src/runner/describe-fault.ts'
import { testFolder } from '../support/temporary.ts'

test('paths are those of the package', () => {
  expect(describeFault(new Error('Load model from /data/versions/abc/model.onnx failed'), '/data/versions/abc')).toBe(
    'Load model from model.onnx failed',
  )
  expect(describeFault(new Error("Cannot find module 'file:///data/v/lib.ts'"), '/data/v')).toBe(
    "Cannot find module 'lib.ts'",
  )
})

test('the folder of the package itself is a dot', () => {
  expect(describeFault(new Error('allowed directory: "/data/versions/abc"'), '/data/versions/abc')).toBe(
    'allowed directory: "."',
  )
})

test('where a link leads to is not told either', () => {
  const folder = testFolder()
  const [real, link] = [join(folder, 'real'), join(folder, 'link')]
  mkdirSync(real)
  symlinkSync(real, link)
  expect(describeFault(new Error(`${real}/a.onnx is not in ${real}, nor is ${link}/b.onnx`), link)).toBe(
    'a.onnx is not in ., nor is b.onnx',
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
