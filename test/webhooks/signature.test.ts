import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { formatSecret, sign } from '../../src/webhooks/signature.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
const MESSAGE = { id: ID, timestamp: 1_614_265_330, body: '{"test": 2432232314}' }
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='

describe('a signature', () => {
  test('is the one that clients are tested with (replicate-api.md 8.1)', () => {
    expect(sign([SECRET], MESSAGE)).toEqual({
      'webhook-id': ID,
      'webhook-timestamp': '1614265330',
      'webhook-signature': SIGNATURE,
    })
  })

  test('is made with each secret, in their order', () => {
    const other = formatSecret(Buffer.from('another key'))
    const otherSignature = sign([other], MESSAGE)['webhook-signature']
    expect(otherSignature).not.toBe(SIGNATURE)
    expect(sign([other, SECRET], MESSAGE)['webhook-signature']).toBe(`${otherSignature} ${SIGNATURE}`)
  })

  test.each([
    ['id', { ...MESSAGE, id: 'msg_p5jXN8AQM9LWM0D4loKWxJel' }],
    ['timestamp', { ...MESSAGE, timestamp: MESSAGE.timestamp + 1 }],
    ['body', { ...MESSAGE, body: '{"test":2432232314}' }],
  ])('is another for another %s', (_what, message) => {
    expect(sign([SECRET], message)['webhook-signature']).not.toBe(SIGNATURE)
  })

  test.each([
    '{}',
    '{"text":"日本語 👋 é \u2028"}',
    '{"text":"\\ud800 \\u0000 <\\/script>"}',
    '{"a":[1e21,-0.5,null],"10":1,"9":2}',
  ])('covers the bytes of any body: %s', (body) => {
    const timestamp = Math.floor(Date.now() / 1000)
    const headers = { ...sign([SECRET], { id: ID, timestamp, body }) }
    expect(new Webhook(SECRET).verify(Buffer.from(body), headers)).toEqual(JSON.parse(body))
  })
})

test('a secret is whsec_ and base64, without another underscore', () => {
  expect(formatSecret(Buffer.from([0xfb, 0xff, 0xfe, 0]))).toBe('whsec_+//+AA==')
  for (let i = 0; i < 500; i++) expect(formatSecret(randomBytes(32))).toMatch(/^whsec_[A-Za-z\d+/]{43}=$/)
})
