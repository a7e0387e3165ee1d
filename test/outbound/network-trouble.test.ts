import { errors } from 'undici'
import { expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { networkTrouble } from '../../src/outbound/network-trouble.ts'

const URL_ASKED = new URL('http://files.example/a')

function failed(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code })
}

test.each([
  [failed('ENOTFOUND'), 'the name files.example cannot be resolved'],
  [failed('EAI_AGAIN'), 'the name files.example cannot be resolved'],
  [failed('ECONNREFUSED'), 'the connection was refused'],
  [failed('ENETUNREACH'), 'the server cannot be reached'],
  [failed('ECONNRESET'), 'the server closed the connection too early'],
  [failed('ERR_SSL_WRONG_VERSION_NUMBER'), 'the server does not speak TLS'],
  [new errors.ConnectTimeoutError(), 'the server did not answer in time'],
  [new errors.HeadersTimeoutError(), 'the server did not answer in time'],
  [new errors.BodyTimeoutError(), 'the server stopped sending'],
  [new errors.SocketError('other side closed'), 'the server closed the connection too early'],
  [new errors.HTTPParserError('Response does not match'), 'the server does not speak proper HTTP'],
  [new errors.ResponseContentLengthMismatchError(), 'the server does not speak proper HTTP'],
  [new errors.HeadersOverflowError(), 'the server does not speak proper HTTP'],
  [failed('DEPTH_ZERO_SELF_SIGNED_CERT'), 'the request failed: connect DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['odd', 'the request failed: odd'],
])('%s is told as "%s"', (error, clause) => {
  const trouble = networkTrouble(error, URL_ASKED)
  expect(trouble).toMatchObject({ code: 'unavailable', message: clause, cause: error })
})

test('what is said already stays as it is', () => {
  const refusal = new AppError('invalid', 'the address 10.0.0.1 is in a private network')
  expect(networkTrouble(refusal, URL_ASKED)).toBe(refusal)
})
