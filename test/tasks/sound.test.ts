import { describe, expect, test } from 'vitest'
import { resample } from '../../src/tasks/resample.ts'
import { averageOf, standardized, windowsOf } from '../../src/tasks/sound-windows.ts'
import { sing } from '../support/wav.ts'

/** How strong a frequency is in a sound, from 0 to the amplitude of a pure tone. */
function strengthOf(frequency: number, samples: Float32Array, rate: number): number {
  const [from, to] = [Math.floor(samples.length / 4), Math.floor((3 * samples.length) / 4)]
  let [real, imaginary] = [0, 0]
  for (let index = from; index < to; index++) {
    const angle = (2 * Math.PI * frequency * index) / rate
    real += (samples[index] ?? 0) * Math.cos(angle)
    imaginary += (samples[index] ?? 0) * Math.sin(angle)
  }
  return (2 * Math.hypot(real, imaginary)) / (to - from)
}

describe('a sound at another rate', () => {
  const tone = (frequency: number, rate: number) =>
    sing([{ frequency, seconds: 0.5, loudness: 0.5, harmonics: [1] }], rate)

  test.each([
    { from: 44_100, to: 16_000 },
    { from: 8_000, to: 16_000 },
    { from: 48_000, to: 22_050 },
  ])('keeps a tone from $from to $to', ({ from, to }) => {
    const resampled = resample({ samples: tone(1_000, from), sampleRate: from }, to)
    expect(resampled).toHaveLength(to / 2)
    expect(strengthOf(1_000, resampled, to)).toBeCloseTo(0.5, 2)
  })

  test('loses what is too high for it, which would come back as another tone', () => {
    const resampled = resample({ samples: tone(11_000, 44_100), sampleRate: 44_100 }, 16_000)
    expect(strengthOf(5_000, resampled, 16_000)).toBeLessThan(0.001)
  })

  test('is the same one where nothing changes', () => {
    const samples = tone(1_000, 16_000)
    expect(resample({ samples, sampleRate: 16_000 }, 16_000)).toBe(samples)
  })
})

test('a sound falls into pieces of one length, the last filled up with silence', () => {
  const pieces = (count: number) =>
    windowsOf(
      Float32Array.from({ length: count }, (_, i) => i + 1),
      2,
    ).map((w) => [...w])
  expect(pieces(1)).toEqual([[1, 0]])
  expect(pieces(4)).toEqual([
    [1, 2],
    [3, 4],
  ])
  expect(pieces(5)).toEqual([
    [1, 2],
    [3, 4],
    [5, 0],
  ])
})

test('a sound gets a mean of 0 and a variance of 1, and silence stays silence', () => {
  const [low = 0, high = 0] = standardized(Float32Array.of(1, 3))
  expect(low).toBeCloseTo(-1, 5)
  expect(high).toBeCloseTo(1, 5)
  expect([...standardized(new Float32Array(3))]).toEqual([0, 0, 0])
})

test('the scores of pieces are averaged', () => {
  expect(averageOf([[0, 1]])).toEqual([0, 1])
  expect(
    averageOf([
      [0, 1],
      [1, 0],
      [1, 0],
      [0, 1],
    ]),
  ).toEqual([0.5, 0.5])
})
