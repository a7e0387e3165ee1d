/** Files to send, as data URIs. */
import sharp from 'sharp'
import { sing, wavOf } from '../../test/support/wav.ts'

export const PICTURE_SIZE = 32

export interface Samples {
  picture: string
  /** An A4 of 300 ms. */
  sound: string
}

export async function makeSamples(): Promise<Samples> {
  const raw = Buffer.alloc(PICTURE_SIZE * PICTURE_SIZE * 3, 0)
  for (let index = 0; index < raw.length; index++) raw[index] = (index * 7) % 256
  const png = await sharp(raw, { raw: { width: PICTURE_SIZE, height: PICTURE_SIZE, channels: 3 } })
    .png()
    .toBuffer()
  const wav = wavOf([sing([{ frequency: 440, seconds: 0.3 }])])
  return { picture: dataUri('image/png', png), sound: dataUri('audio/wav', wav) }
}

function dataUri(type: string, bytes: Buffer): string {
  return `data:${type};base64,${bytes.toString('base64')}`
}
