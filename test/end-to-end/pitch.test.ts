/** The bundled model that hears notes, as somebody would use it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { sing, wavOf } from '../support/wav.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const listen = (wav: Buffer, settings: Record<string, unknown> = {}) =>
  run(server, 'reprise/pitch', { audio: `data:audio/wav;base64,${wav.toString('base64')}`, ...settings })

const rest = { frequency: 0, seconds: 0.2 }
const [C4, D4, E4, A4] = [261.63, 293.66, 329.63, 440]

test('an A4 is heard with its time, duration and frequency', async () => {
  const { output } = await listen(wavOf([sing([rest, { frequency: A4, seconds: 0.5 }, rest])]))
  expect(output).toEqual([
    {
      time: expect.closeTo(0.2, 1),
      duration: expect.closeTo(0.5, 1),
      frequency: expect.closeTo(440, 0),
      note: 'A4',
      confidence: expect.closeTo(1, 0),
    },
  ])
})

const namesOf = (output: unknown) => (Array.isArray(output) ? output.map(({ note }) => note) : output)

describe('a scale is heard note by note', () => {
  const scale = [C4, D4, E4].map((frequency) => ({ frequency, seconds: 0.3 }))
  test.each([8_000, 16_000, 44_100, 48_000])('at %d Hz', async (sampleRate) => {
    const sung = sing(scale, sampleRate)
    const { output } = await listen(wavOf([sung, sung], { sampleRate, encoding: 'pcm24' }))
    expect(namesOf(output)).toEqual(['C4', 'D4', 'E4'])
  })
})

test.each<[what: string, harmonics: number[]]>([
  ['without harmonics', [1]],
  ['with odd harmonics alone', [1, 0, 0.33, 0, 0.2, 0, 0.14]],
  ['whose fundamental is missing', [0, 1, 0.8, 0.7, 0.6, 0.5]],
])('a tone %s is heard at its pitch', async (_what, harmonics) => {
  const { output } = await listen(wavOf([sing([{ frequency: D4, seconds: 0.5, harmonics }])]))
  expect(namesOf(output)).toEqual(['D4'])
})

test.each([82.41, 110, 523.25, 1046.5, 2093])(
  'a tone of %d Hz is heard with an error of less than 10 cents',
  async (frequency) => {
    const { output } = await listen(wavOf([sing([{ frequency, seconds: 0.5 }])]))
    const heard = Array.isArray(output) ? output.map((note) => 1200 * Math.log2(note.frequency / frequency)) : []
    expect(heard).toHaveLength(1)
    expect(Math.abs(heard[0] ?? Number.NaN)).toBeLessThan(10)
  },
)

test.each<[what: string, samples: Float32Array]>([
  ['silence', new Float32Array(16_000)],
  ['a single sample', new Float32Array([0.5])],
  ['what is too quiet to hear', sing([{ frequency: A4, seconds: 0.5, loudness: 0.0005 }])],
  ['noise', noise(16_000)],
])('in %s no note is heard', async (_what, samples) => {
  const { status, output } = await listen(wavOf([samples], { encoding: 'float32' }))
  expect(status).toBe('succeeded')
  expect(output).toEqual([])
})

test('notes that are short or unsure are left out on request', async () => {
  const wav = wavOf([sing([rest, { frequency: A4, seconds: 0.5 }, rest, { frequency: C4, seconds: 0.15 }, rest])])
  expect(namesOf((await listen(wav)).output)).toEqual(['A4', 'C4'])
  expect(namesOf((await listen(wav, { min_duration: 0.3 })).output)).toEqual(['A4'])
  expect(namesOf((await listen(wav, { min_confidence: 1 })).output)).toEqual([])
})

test.each<[what: string, file: Buffer, message: string]>([
  ['is no WAV', Buffer.from('no sound at all'), 'not a WAV file'],
  ['is cut off', wavOf([sing([rest])]).subarray(0, 1000), 'cut off'],
  ['holds what is no number', wavOf([[Number.NaN]], { encoding: 'float32' }), 'not finite numbers'],
])('a file that %s fails with a sentence', async (_what, file, message) => {
  const { status, error } = await listen(file)
  expect(status).toBe('failed')
  expect(error).toContain(message)
})

function noise(length: number): Float32Array {
  let state = 1
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32 - 0.5
  })
}
