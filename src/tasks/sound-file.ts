import { stat } from 'node:fs/promises'
import { decoder } from '@audio/decode-wav'
import type { FileInput } from '../models/define-model.ts'
import type { Sound } from './resample.ts'
import { parseWavHeader, type WavHeader } from './wav-header.ts'

const MOST_BYTES = 100e6
/** Samples of all channels that are decoded at a time. */
const BLOCKS_AT_ONCE = 2 ** 16

/**
 * Reads a WAV file and mixes its channels to one.
 * @throws Error that says what is wrong with the file, or that it is too long
 */
export async function readSound(file: FileInput, longestSeconds: number): Promise<Sound> {
  const { size } = await stat(file.path)
  if (size > MOST_BYTES) throw new Error(`${file.name} has ${size} bytes, and at most ${MOST_BYTES} are taken`)
  const bytes = await file.bytes()
  const header = parseWavHeader(bytes, file.name)
  const { start, end, blockSize, sampleRate } = header
  const seconds = (end - start) / blockSize / sampleRate
  if (seconds > longestSeconds)
    throw new Error(
      `${file.name} is ${seconds.toFixed(1)} seconds long, and at most ${longestSeconds} are taken; send a part of it`,
    )
  const samples = new Float32Array((end - start) / blockSize)
  const decoding = decoder()
  decoding.decode(plainHeader(header))
  for (let at = start; at < end; at += BLOCKS_AT_ONCE * blockSize) {
    // A copy, because the decoder wants samples to begin at an even place.
    const piece = Uint8Array.from(bytes.subarray(at, Math.min(end, at + BLOCKS_AT_ONCE * blockSize)))
    samples.set(mixed(decoding.decode(piece).channelData), (at - start) / blockSize)
  }
  if (!samples.every(Number.isFinite)) throw new Error(`${file.name} holds samples that are no finite numbers`)
  return { samples, sampleRate }
}

/** A header right before the samples: what else files put between them confuses the decoder. */
function plainHeader({ encoding, channels, sampleRate, bitsPerSample, blockSize, start, end }: WavHeader): Uint8Array {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + end - start, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(encoding, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(sampleRate, 24)
  header.writeUInt32LE(sampleRate * blockSize, 28)
  header.writeUInt16LE(blockSize, 32)
  header.writeUInt16LE(bitsPerSample, 34)
  header.write('data', 36)
  header.writeUInt32LE(end - start, 40)
  return header
}

function mixed(channels: readonly Float32Array[]): Float32Array {
  const mix = new Float32Array(channels[0]?.length ?? 0)
  for (const channel of channels)
    for (let index = 0; index < mix.length; index++)
      mix[index] = (mix[index] ?? 0) + (channel[index] ?? 0) / channels.length
  return mix
}
