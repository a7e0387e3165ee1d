import { decoder } from '@audio/decode-wav'
import { blockSizeOf, readWavHeader, type WavHeader } from './wav-header.ts'

/** One channel of sound. */
export interface Sound {
  /** Finite numbers from -1 to 1. */
  samples: Float32Array
  sampleRate: number
}

export const LONGEST_SECONDS = 600
const BLOCKS_AT_ONCE = 2 ** 16

/**
 * Reads a WAV file and mixes its channels to one.
 * @throws Error with a sentence that says what is wrong with the file
 */
export function readWav(bytes: Uint8Array): Sound {
  const header = readWavHeader(bytes)
  const { sampleRate, dataStart, dataSize } = header
  const blockSize = blockSizeOf(header)
  const samples = new Float32Array(dataSize / blockSize)
  const seconds = samples.length / sampleRate
  if (seconds > LONGEST_SECONDS)
    throw new Error(
      `The audio is ${Math.ceil(seconds)} seconds long, and at most ${LONGEST_SECONDS} are taken; send a part of it`,
    )
  const decoding = decoder()
  decoding.decode(plainHeader(header))
  for (let block = 0; block < samples.length; block += BLOCKS_AT_ONCE) {
    const end = Math.min(block + BLOCKS_AT_ONCE, samples.length)
    // A copy, because the decoder trips over a Buffer whose samples begin at an odd place.
    const piece = new Uint8Array(bytes.subarray(dataStart + block * blockSize, dataStart + end * blockSize))
    const { channelData } = decoding.decode(piece)
    samples.set(mixed(channelData), block)
  }
  return { samples: within(samples), sampleRate }
}

/** The header with nothing between it and the sound: chunks of odd size confuse the decoder, and so do sizes unknown. */
function plainHeader({ encoding, channels, sampleRate, bitsPerSample, dataSize }: WavHeader): Uint8Array {
  const blockSize = blockSizeOf({ channels, bitsPerSample })
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + dataSize, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(encoding, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(sampleRate, 24)
  header.writeUInt32LE(sampleRate * blockSize, 28)
  header.writeUInt16LE(blockSize, 32)
  header.writeUInt16LE(bitsPerSample, 34)
  header.write('data', 36)
  header.writeUInt32LE(dataSize, 40)
  return header
}

function mixed(channels: Float32Array[]): Float32Array {
  const mix = new Float32Array(channels[0]?.length ?? 0)
  for (const channel of channels)
    for (let index = 0; index < mix.length; index++)
      mix[index] = (mix[index] ?? 0) + (channel[index] ?? 0) / channels.length
  return mix
}

/** Floating-point samples may be anything: turns down what is louder than 1, and refuses what is no number. */
function within(samples: Float32Array): Float32Array {
  let peak = 1
  for (const sample of samples) {
    if (!Number.isFinite(sample)) throw new Error('The WAV file holds samples that are not finite numbers')
    peak = Math.max(peak, Math.abs(sample))
  }
  return peak === 1 ? samples : samples.map((sample) => sample / peak)
}
