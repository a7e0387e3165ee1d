import { expect, test } from 'vitest'
import { containedIn, upToMultiple, withinPixels } from '../../src/tasks/picture-size.ts'

const size = (width: number, height: number) => ({ width, height })

test.each([
  { from: size(10, 10), most: 100, wanted: size(10, 10) },
  { from: size(1600, 900), most: 1600 * 225, wanted: size(800, 450) },
  { from: size(101, 10), most: 100, wanted: size(31, 3) },
  { from: size(1, 1_000_000), most: 100, wanted: size(1, 100) },
])('$from with at most $most pixels is $wanted', ({ from, most, wanted }) => {
  expect(withinPixels(from, most)).toEqual(wanted)
})

test.each([
  { from: size(1600, 900), box: size(256, 256), wanted: size(256, 144) },
  { from: size(90, 160), box: size(256, 320), wanted: size(180, 320) },
  { from: size(10_000, 1), box: size(28, 28), wanted: size(28, 1) },
])('$from in $box is $wanted', ({ from, box, wanted }) => {
  expect(containedIn(from, box)).toEqual(wanted)
})

test.each([
  { from: size(33, 64), divisor: 32, wanted: size(64, 64) },
  { from: size(7, 5), divisor: 1, wanted: size(7, 5) },
])('$from up to multiples of $divisor is $wanted', ({ from, divisor, wanted }) => {
  expect(upToMultiple(from, divisor)).toEqual(wanted)
})
