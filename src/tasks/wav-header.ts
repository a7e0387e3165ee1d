/** What a WAV file says of the sound in it. Pure. */

export interface WavHeader {
  /** Tag of the encoding: 1 is PCM, 3 floating point. */
  encoding: number
  channels: number
  sampleRate: number
  bitsPerSample: number
  /** Where the samples lie in the file: whole ones of all channels. */
  start: number
  end: number
  /** Bytes of one sample of all channels. */
  blockSize: number
}

const EXTENSIBLE = 0xfffe
/** Bits that each encoding can have: PCM, floating point, A-law and mu-law. */
const BITS: Record<number, readonly number[]> = { 1: [8, 16, 24, 32], 3: [32, 64], 6: [8], 7: [8] }
const MOST_CHANNELS = 32
const RATES = { lowest: 4_000, highest: 192_000 }
/** What writes to a pipe cannot know the size, and claims the largest that there is, or nearly. */
const UNKNOWN_SIZE = 0x7ffff000

/** @throws Error that says what is wrong with the file called `name` */
export function parseWavHeader(bytes: Uint8Array, name: string): WavHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tagAt = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))
  if (bytes.length < 12 || tagAt(0) !== 'RIFF' || tagAt(8) !== 'WAVE')
    throw new Error(`${name} is no WAV file; convert it to one, for example with \`ffmpeg -i ${name} sound.wav\``)
  let format: Omit<WavHeader, 'start' | 'end'> | undefined
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [tag, size, start] = [tagAt(at), view.getUint32(at + 4, true), at + 8]
    if (tag === 'fmt ' && start + Math.max(size, 16) <= bytes.length) format = parseFormat(view, start, size, name)
    if (tag === 'data' && format) return { ...format, ...placeOf(format, start, size, bytes.length, name) }
    // A chunk of odd size is followed by a byte that belongs to none.
    at = start + size + (size % 2)
  }
  throw new Error(`${name} ends before its sound begins; send the whole file`)
}

function parseFormat(view: DataView, start: number, size: number, name: string): Omit<WavHeader, 'start' | 'end'> {
  const tag = view.getUint16(start, true)
  // An extensible format has the tag at the beginning of its identifier.
  const encoding = tag === EXTENSIBLE && size >= 40 ? view.getUint16(start + 24, true) : tag
  const channels = view.getUint16(start + 2, true)
  const sampleRate = view.getUint32(start + 4, true)
  const blockSize = view.getUint16(start + 12, true)
  const bitsPerSample = view.getUint16(start + 14, true)
  if (!BITS[encoding]?.includes(bitsPerSample))
    throw new Error(
      `${name} has an encoding that is not read here (${encoding}, ${bitsPerSample} bits); convert it to PCM`,
    )
  if (channels < 1 || channels > MOST_CHANNELS || blockSize !== (channels * bitsPerSample) / 8)
    throw new Error(`${name} has a header that contradicts itself: ${channels} channels in ${blockSize} bytes`)
  if (sampleRate < RATES.lowest || sampleRate > RATES.highest)
    throw new Error(`${name} has ${sampleRate} samples a second; ${RATES.lowest} to ${RATES.highest} are taken`)
  return { encoding, channels, sampleRate, bitsPerSample, blockSize }
}

function placeOf(
  { blockSize }: Pick<WavHeader, 'blockSize'>,
  start: number,
  claimed: number,
  fileSize: number,
  name: string,
): Pick<WavHeader, 'start' | 'end'> {
  const present = fileSize - start
  if (claimed > present && claimed < UNKNOWN_SIZE)
    throw new Error(
      `${name} is cut off: it announces ${claimed} bytes of sound, and has ${present}; send the whole file`,
    )
  const size = Math.min(claimed, present)
  const end = start + size - (size % blockSize)
  if (end === start) throw new Error(`${name} holds no sound`)
  return { start, end }
}
