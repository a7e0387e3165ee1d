/** Sound for models that hear. */

export interface WavOptions {
  sampleRate?: number
  encoding?: 'pcm16' | 'pcm24' | 'float32'
  /** Bytes of chunks between the format and the sound. */
  between?: Uint8Array
  /** What the header says, where that differs from what is there. */
  claims?: Partial<{
    format: number
    channels: number
    sampleRate: number
    blockSize: number
    bits: number
    size: number
  }>
}

const ENCODINGS = {
  pcm16: { format: 1, bytes: 2, write: (to: Buffer, value: number, at: number) => to.writeInt16LE(value * 32767, at) },
  pcm24: {
    format: 1,
    bytes: 3,
    write: (to: Buffer, value: number, at: number) => to.writeIntLE(value * 8388607, at, 3),
  },
  float32: { format: 3, bytes: 4, write: (to: Buffer, value: number, at: number) => to.writeFloatLE(value, at) },
}

/** A WAV file of channels of equal length. */
export function wavOf(channels: readonly ArrayLike<number>[], options: WavOptions = {}): Buffer {
  const { sampleRate = 16_000, encoding = 'pcm16', between = new Uint8Array(), claims = {} } = options
  const { format, bytes, write } = ENCODINGS[encoding]
  const blockSize = bytes * channels.length
  const data = Buffer.alloc(blockSize * (channels[0]?.length ?? 0))
  for (const [channel, samples] of channels.entries())
    for (let index = 0; index < samples.length; index++)
      write(data, samples[index] ?? 0, index * blockSize + channel * bytes)

  const header = Buffer.alloc(36)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + between.length + data.length, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(claims.format ?? format, 20)
  header.writeUInt16LE(claims.channels ?? channels.length, 22)
  header.writeUInt32LE(claims.sampleRate ?? sampleRate, 24)
  header.writeUInt32LE(sampleRate * blockSize, 28)
  header.writeUInt16LE(claims.blockSize ?? blockSize, 32)
  header.writeUInt16LE(claims.bits ?? bytes * 8, 34)
  return Buffer.concat([header, between, chunk('data', data, claims.size)])
}

/** A chunk of a RIFF file; one of odd size is followed by a zero. */
export function chunk(name: string, content: Uint8Array, size = content.length): Buffer {
  const head = Buffer.alloc(8)
  head.write(name, 0)
  head.writeUInt32LE(size, 4)
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)])
}

export interface Tone {
  /** In Hz; 0 is silence. */
  frequency: number
  seconds: number
  loudness?: number
  /** Amplitudes of the multiples of the frequency, from the first on. */
  harmonics?: readonly number[]
}

/** Tones one after the other, each with soft edges of 5 ms. */
export function sing(tones: readonly Tone[], sampleRate = 16_000): Float32Array {
  return Float32Array.from(tones.flatMap((tone) => samplesOf(tone, sampleRate)))
}

function samplesOf({ frequency, seconds, loudness = 0.3, harmonics = [1, 0.5, 0.25] }: Tone, rate: number): number[] {
  return Array.from({ length: Math.round(seconds * rate) }, (_, index) => {
    const time = index / rate
    const edge = Math.min(1, time / 0.005, (seconds - time) / 0.005)
    const wave = harmonics.reduce(
      (sum, amplitude, harmonic) => sum + amplitude * Math.sin(2 * Math.PI * frequency * (harmonic + 1) * time),
      0,
    )
    return loudness * edge * wave
  })
}
