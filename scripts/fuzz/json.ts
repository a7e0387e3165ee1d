import { isRecord } from '../../src/is-record.ts'
import type { Random } from '../soak/random.ts'
import { STRANGE_TEXTS } from './strange-texts.ts'

/** Stands in a value for a piece of JSON, or of what is none, that no value would be written as. */
export class Raw {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** As `JSON.stringify` does, but with raw pieces. */
export function writeJson(value: unknown): string {
  if (value instanceof Raw) return value.text
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`
  if (isRecord(value))
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}:${writeJson(item)}`)
      .join(',')}}`
  return JSON.stringify(value) ?? 'null'
}

const STRANGE_PIECES = [
  '1e400',
  '-1e400',
  '1e-400',
  '-0',
  '0.1e1',
  '9007199254740993',
  '123456789012345678901234567890',
  '2147483648',
  '-9223372036854775809',
  'NaN',
  'Infinity',
  '-Infinity',
  'undefined',
  '01',
  '+1',
  '.5',
  '0x1f',
  "'text'",
  '"\\ud800"',
  '"\\u0000"',
  '"\\uDC00\\uD800"',
  '"\\x41"',
  '"\u0001"',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"a":1,"a":2}',
  '{"toJSON":1}',
  '[,]',
  '[1,]',
  '{,}',
  '{a:1}',
  'True',
]

/** A value of no particular type. */
export function strangeValue(random: Random): unknown {
  switch (random.below(10)) {
    case 0:
      return null
    case 1:
      return random.chance(0.5)
    case 2:
      return random.from([0, -1, 1, 0.5, 1e21, -1e308, 2 ** 31, 2 ** 53, 2 ** 63, 1e-7])
    case 3:
      return []
    case 4:
      return {}
    case 5:
      return new Raw(random.from(STRANGE_PIECES))
    case 6:
      return nested(random.from([10, 100, 499, 501, 3_000]), random.chance(0.5))
    case 7:
      return Array.from({ length: random.from([1, 3, 101, 2_000]) }, (_, index) => index)
    case 8:
      return Object.fromEntries(
        Array.from({ length: random.from([1, 5, 300]) }, (_, index) => [`key ${index}`, random.from(STRANGE_TEXTS)]),
      )
    default:
      return random.from(STRANGE_TEXTS)
  }
}

function nested(depth: number, arrays: boolean): Raw {
  return new Raw(arrays ? '['.repeat(depth) + ']'.repeat(depth) : `${'{"a":'.repeat(depth)}null${'}'.repeat(depth)}`)
}

/** The value with a change in one place of it. */
export function mutateValue(value: unknown, random: Random): unknown {
  if (Array.isArray(value) && value.length > 0 && random.chance(0.7)) {
    const at = random.below(value.length)
    return value.map((item, index) => (index === at ? mutateValue(item, random) : item))
  }
  if (isRecord(value) && !(value instanceof Raw)) return mutateRecord(value, random)
  return random.chance(0.3) && typeof value === 'string' ? mutateText(value, random) : strangeValue(random)
}

function mutateRecord(record: Record<string, unknown>, random: Random): unknown {
  const keys = Object.keys(record)
  const roll = random.next()
  if (keys.length > 0 && roll < 0.6) {
    const key = random.from(keys)
    return { ...record, [key]: mutateValue(record[key], random) }
  }
  if (keys.length > 0 && roll < 0.75) {
    const { [random.from(keys)]: _gone, ...rest } = record
    return rest
  }
  if (roll < 0.95)
    return Object.fromEntries([...Object.entries(record), [random.from(STRANGE_TEXTS), strangeValue(random)]])
  return strangeValue(random)
}

/** A text with a few characters changed, gone, or there twice. */
export function mutateText(text: string, random: Random): string {
  const at = random.below(text.length + 1)
  switch (random.below(5)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(0, at) + random.from(STRANGE_TEXTS) + text.slice(at)
    case 2:
      return text.slice(0, at) + text.slice(at + 1)
    case 3:
      return text + text
    default:
      return text.slice(0, at) + String.fromCharCode(random.below(0x300)) + text.slice(at + 1)
  }
}

/** Bytes with something changed that whoever reads them has to notice, or at least survive. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1)
  const other = random.below(bytes.length + 1)
  const [from, to] = at < other ? [at, other] : [other, at]
  switch (random.below(6)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
    case 2:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
    case 3:
      return Buffer.concat([bytes.subarray(0, at), randomBytes(random, 1 + random.below(16)), bytes.subarray(at)])
    case 4:
      return Buffer.concat([bytes, randomBytes(random, random.from([1, 100, 1_000]))])
    default: {
      const changed = Buffer.from(bytes)
      for (let i = 0; i <= random.below(8) && changed.length > 0; i++)
        changed[random.below(changed.length)] = random.below(256)
      return changed
    }
  }
}

export function randomBytes(random: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.below(256)))
}
