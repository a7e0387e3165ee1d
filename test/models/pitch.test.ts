/** The parts of the bundled model that hears notes; test/end-to-end/pitch.test.ts hears with it. */
import { describe, expect, test } from 'vitest'
import { countFrames, framesOf } from '../../models/reprise/pitch/frames.ts'
import { frequencyOf, noteName } from '../../models/reprise/pitch/note-name.ts'
import { joinNotes } from '../../models/reprise/pitch/notes.ts'
import type { FramePitch } from '../../models/reprise/pitch/pitch-network.ts'
import { Resampled } from '../../models/reprise/pitch/resample.ts'
import { readWav } from '../../models/reprise/pitch/wav.ts'
import { chunk, type WavOptions, wavOf } from '../support/wav.ts'

const sine = (frequency: number, sampleRate: number, seconds: number) =>
  Float32Array.from({ length: Math.round(sampleRate * seconds) }, (_, index) =>
    Math.sin((2 * Math.PI * frequency * index) / sampleRate),
  )

const loudest = (samples: Iterable<number>) => Math.max(...Array.from(samples, Math.abs))

test.each<[midi: number, name: string]>([
  [69, 'A4'],
  [60, 'C4'],
  [61, 'C#4'],
  [59.4, 'B3'],
  [59.6, 'C4'],
  [30, 'F#1'],
  [96, 'C7'],
  [0, 'C-1'],
])('MIDI number %d is %s', (midi, name) => {
  expect(noteName(midi)).toBe(name)
})

test('an octave doubles the frequency, from the 440 Hz of A4', () => {
  expect([57, 69, 81].map(frequencyOf)).toEqual([220, 440, 880])
  expect(frequencyOf(60)).toBeCloseTo(261.63, 2)
})

describe('a sound at another sample rate', () => {
  test.each([8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 44_099])('from %d Hz keeps its tones', (rate) => {
    const resampled = new Resampled({ samples: sine(1000, rate, 0.2), sampleRate: rate }, 16_000)
    const expected = sine(1000, 16_000, 0.2)
    const differences = resampled.read(500, 2700).map((sample, index) => sample - (expected[500 + index] ?? 0))
    expect(loudest(differences)).toBeLessThan(0.001)
  })

  test.each([8_500, 11_000, 15_000, 20_000])('does not fold back what it cannot hold, such as %d Hz', (frequency) => {
    const resampled = new Resampled({ samples: sine(frequency, 44_100, 0.2), sampleRate: 44_100 }, 16_000)
    expect(loudest(resampled.read(500, 2700))).toBeLessThan(0.001)
  })

  test('keeps an even level even', () => {
    const resampled = new Resampled({ samples: new Float32Array(4410).fill(0.5), sampleRate: 44_100 }, 16_000)
    for (const sample of resampled.read(300, 1300)) expect(sample).toBeCloseTo(0.5, 5)
  })

  test('is the same sound at the same rate', () => {
    const samples = sine(300, 16_000, 0.01)
    expect(new Resampled({ samples, sampleRate: 16_000 }, 16_000).read(0, 160)).toEqual(samples)
  })

  test.each<[samples: number, sampleRate: number, length: number]>([
    [44_100, 44_100, 16_000],
    [1, 44_100, 1],
    [8_000, 8_000, 16_000],
    [4, 48_000, 2],
  ])('lasts as long: %d samples at %d Hz become %d', (length, sampleRate, expected) => {
    expect(new Resampled({ samples: new Float32Array(length), sampleRate }, 16_000).length).toBe(expected)
  })

  test.each([16_000, 48_000])('is silent before it begins and after it is over, from %d Hz', (sampleRate) => {
    const resampled = new Resampled({ samples: new Float32Array(100).fill(1), sampleRate }, 16_000)
    expect(resampled.read(-600, -100)).toEqual(new Float32Array(500))
    expect(resampled.read(300, 310)).toEqual(new Float32Array(10))
  })
})

test('frames lie around moments 10 ms apart, over the edges of the sound too', () => {
  const samples = Float32Array.from({ length: 1600 }, (_, index) => index + 1)
  const sound = new Resampled({ samples, sampleRate: 16_000 }, 16_000)
  expect(countFrames(sound)).toBe(10)
  const [first, second] = framesOf(sound, 0, 2)
  expect(first).toHaveLength(1024)
  expect([first?.[0], first?.[511], first?.[512]]).toEqual([0, 0, 1])
  expect([second?.[351], second?.[352], second?.[512]]).toEqual([0, 1, 161])
  expect(framesOf(sound, 9, 1)[0]?.[512]).toBe(1441)
})

describe('moments are joined into notes', () => {
  const heard = (...pitches: (number | null)[]): FramePitch[] =>
    pitches.map((pitch) => ({ pitch: pitch ?? 50, confidence: pitch === null ? 0.1 : 0.9 }))
  const held = (pitch: number | null, count: number) => Array.from({ length: count }, () => pitch)
  const trembling = (pitch: number, depth: number, count: number) =>
    Array.from({ length: count }, (_, index) => pitch + depth * Math.sin((2 * Math.PI * index) / 17))
  const limits = { minConfidence: 0.5, minDuration: 0.05 }
  const namesOf = (frames: FramePitch[]) => joinNotes(frames, limits).map(({ note }) => note)

  test('with time, duration, frequency, name and confidence', () => {
    expect(joinNotes(heard(...held(null, 10), ...held(69, 20), ...held(null, 5)), limits)).toEqual([
      { time: 0.095, duration: 0.2, frequency: 440, note: 'A4', confidence: 0.9 },
    ])
  })

  test('from the first moment to the last', () => {
    expect(joinNotes(heard(...held(60.1, 10)), limits)).toEqual([
      { time: 0, duration: 0.095, frequency: 263.1, note: 'C4', confidence: 0.9 },
    ])
  })

  test.each<[what: string, frames: FramePitch[], names: string[]]>([
    ['nothing from nothing', [], []],
    ['nothing from what nobody is sure of', heard(...held(null, 50)), []],
    ['a scale', heard(...held(60, 10), ...held(62, 10), ...held(64, 10)), ['C4', 'D4', 'E4']],
    ['half a tone up', heard(...held(60, 10), ...held(61, 10)), ['C4', 'C#4']],
    ['the same note again after a rest', heard(...held(60, 10), ...held(null, 5), ...held(60, 10)), ['C4', 'C4']],
    ['one note over a short gap', heard(...held(60, 10), ...held(null, 2), ...held(60, 10)), ['C4']],
    ['one note over a slip to the octave', heard(...held(60, 10), ...held(72, 2), ...held(60, 10)), ['C4']],
    ['one note that trembles', heard(...trembling(60, 0.3, 100)), ['C4']],
    ['one note that trembles as singers do', heard(...trembling(60, 0.7, 100)), ['C4']],
    ['a quick run', heard(...[60, 62, 64, 62, 60].flatMap((pitch) => held(pitch, 8))), ['C4', 'D4', 'E4', 'D4', 'C4']],
    ['nothing from a note too short', heard(...held(null, 5), ...held(60, 4), ...held(null, 5)), []],
    ['the note after a slip at its beginning', heard(72, ...held(60, 10)), ['C4']],
  ])('%s', (_what, frames, names) => {
    expect(namesOf(frames)).toEqual(names)
  })

  test('a slip does not count for the pitch of the note', () => {
    const [note] = joinNotes(heard(...held(69, 10), 81, ...held(69, 10)), limits)
    expect(note).toMatchObject({ frequency: 440, duration: 0.205 })
  })

  test('a lower confidence and duration let more through', () => {
    const frames = heard(...held(null, 10), ...held(60, 10))
    expect(joinNotes(frames, { minConfidence: 0.1, minDuration: 0 })).toHaveLength(2)
    expect(joinNotes(frames, { minConfidence: 0.95, minDuration: 0 })).toHaveLength(0)
  })
})

describe('a WAV file is read', () => {
  const left = [0, 0.5, -0.5, 1]
  const right = [0, 0, -1, 0.5]
  const close = (samples: Float32Array, expected: number[]) => {
    expect(samples).toHaveLength(expected.length)
    for (const [index, sample] of samples.entries()) expect(sample).toBeCloseTo(expected[index] ?? Number.NaN, 3)
  }

  test.each<[what: string, options: WavOptions]>([
    ['with 16 bits', {}],
    ['with 24 bits', { encoding: 'pcm24' }],
    ['with floating-point samples', { encoding: 'float32' }],
    ['with chunks of odd size before the sound', { between: chunk('LIST', Buffer.from('odd')) }],
    ['that was piped, so that its size is not known', { claims: { size: 0xffffffff } }],
  ])('%s', (_what, options) => {
    const { samples, sampleRate } = readWav(wavOf([left], { sampleRate: 44_100, ...options }))
    expect(sampleRate).toBe(44_100)
    close(samples, left)
  })

  test('with its channels mixed to one', () => {
    close(readWav(wavOf([left, right])).samples, [0, 0.25, -0.75, 0.75])
  })

  test('from the middle of a larger buffer', () => {
    const buffer = Buffer.concat([Buffer.from('x'), wavOf([left], { encoding: 'float32' })])
    close(readWav(buffer.subarray(1)).samples, left)
  })

  test('whole, when it is longer than what is decoded at once', () => {
    const long = Float32Array.from({ length: 200_000 }, (_, index) => (index % 1000) / 1000)
    const { samples } = readWav(wavOf([long, long], { encoding: 'float32' }))
    expect(Buffer.compare(Buffer.from(samples.buffer), Buffer.from(long.buffer))).toBe(0)
  })

  test('and turned down if it is louder than it may be', () => {
    close(readWav(wavOf([[0, 3e38, -1.5e38]], { encoding: 'float32' })).samples, [0, 1, -0.5])
  })

  const whole = wavOf([left])
  test.each<[what: string, bytes: Uint8Array, message: string]>([
    ['that is empty', new Uint8Array(), 'not a WAV file'],
    ['that is something else', Buffer.from('ID3 a song in another format'), 'not a WAV file'],
    ['that ends in its header', whole.subarray(0, 30), 'ends before its sound begins'],
    ['that ends before its sound', whole.subarray(0, 36), 'ends before its sound begins'],
    ['that ends in its sound', whole.subarray(0, 48), 'announces 8 bytes of sound, and 4 are there'],
    ['without a sample', wavOf([[]]), 'holds no sound'],
    ['that claims a sample rate of 0', wavOf([left], { claims: { sampleRate: 0 } }), 'sample rate of 0 Hz'],
    ['that claims 4 GHz', wavOf([left], { claims: { sampleRate: 4e9 } }), 'sample rate of 4000000000 Hz'],
    ['that claims no channel', wavOf([left], { claims: { channels: 0 } }), '0 channels'],
    ['that claims 65535 channels', wavOf([left], { claims: { channels: 65_535 } }), '65535 channels'],
    ['whose header contradicts itself', wavOf([left], { claims: { blockSize: 1 } }), 'contradicts itself'],
    ['that is compressed', wavOf([left], { claims: { format: 17, bits: 4 } }), 'format 17, 4 bits'],
    ['with a depth there is not', wavOf([left], { claims: { bits: 12 } }), 'format 1, 12 bits'],
    ['with what is no number', wavOf([[0, Number.NaN]], { encoding: 'float32' }), 'not finite numbers'],
    ['with infinity', wavOf([[0, Number.NEGATIVE_INFINITY]], { encoding: 'float32' }), 'not finite numbers'],
    ['that is too long', wavOf([new Float32Array(4_000 * 601)], { sampleRate: 4_000 }), '601 seconds long'],
  ])('but not one %s', (_what, bytes, message) => {
    expect(() => readWav(bytes)).toThrow(message)
  })

  test('or refused with a sentence, wherever it is cut or damaged', () => {
    const file = wavOf([sine(440, 16_000, 0.01), sine(220, 16_000, 0.01)], {
      between: chunk('LIST', Buffer.from('odd')),
    })
    const attempts = Array.from({ length: 60 }, (_, at) => [
      file.subarray(0, at),
      ...[0, 0x7f, 0xff].map((value) => Buffer.from(file).fill(value, at, at + 1)),
    ]).flat()
    for (const bytes of attempts) {
      try {
        for (const sample of readWav(bytes).samples) expect(Math.abs(sample)).toBeLessThanOrEqual(1)
      } catch (error) {
        expect(error).toMatchObject({ message: expect.stringMatching(/WAV/) })
      }
    }
  })
})
