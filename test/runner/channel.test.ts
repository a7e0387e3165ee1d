import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Channel } from '../../src/runner/channel.ts'
import { testSockets } from '../support/sockets.ts'

const LONGEST = 100

/** A channel that writes down what it hears, and the socket at its other end. */
async function openChannel() {
  const [near, far] = await testSockets()
  // A test that does not read would not see the end.
  far.resume()
  const heard: unknown[] = []
  const reports = new EventTarget()
  const hear = (report: string, what: unknown) => {
    heard.push(what)
    reports.dispatchEvent(new Event(report))
  }
  const channel = new Channel(near, LONGEST, {
    onMessage: (message, bytes) => hear('message', { message, bytes }),
    onFault: (fault) => hear('fault', { fault }),
    onEnd: () => hear('end', 'end'),
  })
  return { channel, near, far, heard, next: (report: 'message' | 'fault' | 'end') => once(reports, report) }
}

/** Resolves when the other end has read it. */
async function deliver(far: Socket, near: Socket, bytes: Buffer): Promise<void> {
  const read = once(near, 'data')
  far.write(bytes)
  await read
}

const MESSAGE = { text: 'é😀' }
const LINE = Buffer.from(`${JSON.stringify(MESSAGE)}\n`)

describe('a message', () => {
  test.each(LINE.subarray(1).keys().toArray())('that is cut after byte %i + 1 arrives whole', async (index) => {
    const { near, far, heard } = await openChannel()
    await deliver(far, near, LINE.subarray(0, index + 1))
    expect(heard).toEqual([])
    await deliver(far, near, LINE.subarray(index + 1))
    expect(heard).toEqual([{ message: MESSAGE, bytes: LINE.length - 1 }])
  })

  test('that comes byte by byte arrives whole', async () => {
    const { near, far, heard } = await openChannel()
    for (const byte of LINE) await deliver(far, near, Buffer.of(byte))
    expect(heard).toEqual([{ message: MESSAGE, bytes: LINE.length - 1 }])
  })

  test('that shares a chunk with others, and with the beginning of one, arrives in its turn', async () => {
    const { near, far, heard } = await openChannel()
    await deliver(far, near, Buffer.from('1\n[2]\n"thr'))
    expect(heard).toEqual([
      { message: 1, bytes: 1 },
      { message: [2], bytes: 3 },
    ])
    await deliver(far, near, Buffer.from('ee"\n'))
    expect(heard.slice(2)).toEqual([{ message: 'three', bytes: 7 }])
  })

  test('that is sent arrives at the channel of the other side, as JSON says it', async () => {
    const [near, far] = await testSockets()
    const arrived = Promise.withResolvers<unknown>()
    const ignored = { onFault() {}, onEnd() {} }
    new Channel(far, LONGEST, { ...ignored, onMessage: arrived.resolve })
    const sender = new Channel(near, LONGEST, { ...ignored, onMessage() {} })
    await sender.send({ text: 'of\nmany\nlines', nothing: null })
    expect(await arrived.promise).toEqual({ text: 'of\nmany\nlines', nothing: null })
  })

  test('that is too long is refused before its end has come, one of just the length is not', async () => {
    const { channel, near, far, heard, next } = await openChannel()
    const longest = JSON.stringify('x'.repeat(LONGEST - 2))
    await deliver(far, near, Buffer.from(longest))
    await deliver(far, near, Buffer.from('\n'))
    expect(heard).toEqual([{ message: expect.any(String), bytes: LONGEST }])
    const fault = next('fault')
    far.write('x'.repeat(LONGEST))
    far.write('x')
    await fault
    expect(heard.slice(1)).toEqual([{ fault: `a message of more than ${LONGEST} bytes` }])
    expect(channel.open).toBe(false)
  })
})

test.each(['garbage {', '', '[1', '[1]]', '\0', 'undefined'])(
  '%j is a fault, after which nothing is heard',
  async (text) => {
    const { channel, far, heard, next } = await openChannel()
    const [fault, closed] = [next('fault'), once(far, 'close')]
    far.write(`1\n${text}\n2\n3`)
    await fault
    await closed
    expect(heard).toEqual([{ message: 1, bytes: 1 }, { fault: expect.stringMatching(/^something that is no JSON: ./) }])
    expect(channel.open).toBe(false)
    await channel.send('dropped')
  },
)

test.each([
  ['ends', (far: Socket) => far.end()],
  ['is gone', (far: Socket) => far.destroy()],
])('when the other side %s, that is told once, and what is sent then is dropped', async (_, leave) => {
  const { channel, near, far, heard, next } = await openChannel()
  await deliver(far, near, Buffer.from('1\n"never fini'))
  const [end, closed] = [next('end'), once(near, 'close')]
  leave(far)
  await end
  await closed
  expect(heard).toEqual([{ message: 1, bytes: 1 }, 'end'])
  expect(channel.open).toBe(false)
  await channel.send('dropped')
})
