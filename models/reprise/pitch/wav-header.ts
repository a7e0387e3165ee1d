export interface WavHeader {
  /** Format tag of the encoding, such as 1 for PCM. */
  encoding: number
  channels: number
  sampleRate: number
  bitsPerSample: number
  /** Where the samples begin in the file, and how many bytes of them there are. */
  dataStart: number
  dataSize: number
}

const PCM = 1
const FLOAT = 3
const A_LAW = 6
const MU_LAW = 7
const EXTENSIBLE = 0xfffe
const BIT_DEPTHS: Record<number, number[]> = {
  [PCM]: [8, 16, 24, 32],
  [FLOAT]: [32, 64],
  [A_LAW]: [8],
  [MU_LAW]: [8],
}
const MOST_CHANNELS = 32
const LOWEST_RATE = 4_000
const HIGHEST_RATE = 192_000
// Programs that write to a pipe cannot know the size, and claim one near 2 GiB or 4 GiB.
const UNKNOWN_SIZE = 0x7ffff000

/**
 * Finds the sound in a WAV file and checks what the file says of it.
 * @throws Error with a sentence that says what is wrong with the file
 */
export function readWavHeader(bytes: Uint8Array): WavHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 12 || textAt(view, 0) !== 'RIFF' || textAt(view, 8) !== 'WAVE')
    throw new Error('The audio is not a WAV file; convert it to one, for example with `ffmpeg -i audio.mp3 audio.wav`')
  let format: Format | undefined
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [name, size, start] = [textAt(view, at), view.getUint32(at + 4, true), at + 8]
    if (name === 'fmt ' && start + Math.max(size, 16) <= bytes.length) format = readFormat(view, start, size)
    if (name === 'data' && format)
      return { ...format, dataStart: start, ...soundOf(format, size, bytes.length - start) }
    // Chunks begin at even places.
    at = start + size + (size % 2)
  }
  throw new Error('The WAV file ends before its sound begins; it may have been cut off on its way')
}

type Format = Omit<WavHeader, 'dataStart' | 'dataSize'>

function readFormat(view: DataView, start: number, size: number): Format {
  const tag = view.getUint16(start, true)
  // The true encoding of an extensible format is the beginning of its identifier.
  const encoding = tag === EXTENSIBLE && size >= 40 ? view.getUint16(start + 24, true) : tag
  const channels = view.getUint16(start + 2, true)
  const sampleRate = view.getUint32(start + 4, true)
  const blockSize = view.getUint16(start + 12, true)
  const bitsPerSample = view.getUint16(start + 14, true)
  if (!BIT_DEPTHS[encoding]?.includes(bitsPerSample))
    throw new Error(
      `The WAV file is encoded in a way that is not read here (format ${encoding}, ${bitsPerSample} bits); convert it to PCM with 16 bits`,
    )
  if (channels < 1 || channels > MOST_CHANNELS)
    throw new Error(`The WAV file claims to have ${channels} channels; from 1 to ${MOST_CHANNELS} are taken`)
  if (sampleRate < LOWEST_RATE || sampleRate > HIGHEST_RATE)
    throw new Error(
      `The WAV file claims a sample rate of ${sampleRate} Hz; from ${LOWEST_RATE} to ${HIGHEST_RATE} Hz are taken`,
    )
  if (blockSize !== blockSizeOf({ channels, bitsPerSample }))
    throw new Error(
      `The header of the WAV file contradicts itself: ${channels} channels of ${bitsPerSample} bits do not fill ${blockSize} bytes`,
    )
  return { encoding, channels, sampleRate, bitsPerSample }
}

function soundOf(format: Format, claimed: number, present: number): { dataSize: number } {
  if (claimed < UNKNOWN_SIZE && claimed > present)
    throw new Error(
      `The WAV file is cut off: it announces ${claimed} bytes of sound, and ${present} are there; send the whole file`,
    )
  const whole = Math.min(claimed, present)
  const dataSize = whole - (whole % blockSizeOf(format))
  if (dataSize === 0) throw new Error('The WAV file holds no sound')
  return { dataSize }
}

/** Bytes of one sample of all channels. */
export function blockSizeOf({ channels, bitsPerSample }: Pick<WavHeader, 'channels' | 'bitsPerSample'>): number {
  return (channels * bitsPerSample) / 8
}

function textAt(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(at + index)))
}
