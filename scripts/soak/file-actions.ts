import { ok, strictEqual } from 'node:assert/strict'
import { isRecord } from '../../src/is-record.ts'
import type { Action } from './action.ts'
import { PICTURE_SIZE } from './files.ts'

/** Gets its files as data URIs, as others get URLs. */
const OFFICIAL_CLIENT = { 'user-agent': 'replicate-javascript/1.4.0' }
/** Where a PNG says how wide and how high it is. */
const WIDTH_AT = 16
const HEIGHT_AT = 20

export const enlarge: Action = async (visitor, { samples }) => {
  const output = async (url: unknown) => {
    ok(typeof url === 'string', `${url} is no URL`)
    const bytes = url.startsWith('data:')
      ? Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
      : Buffer.from(await (await visitor.api.send('GET', url)).arrayBuffer())
    strictEqual(bytes.readUInt32BE(WIDTH_AT), 2 * PICTURE_SIZE)
    strictEqual(bytes.readUInt32BE(HEIGHT_AT), 2 * PICTURE_SIZE)
  }
  const headers = visitor.random.pick<Record<string, string>>({}, OFFICIAL_CLIENT)
  await visitor.run('reprise/upscaler', { image: samples.picture }, { output }, headers)
}

export const listen: Action = async (visitor, { samples }) => {
  const output = (notes: unknown) =>
    ok(
      Array.isArray(notes) && notes.some((found) => isRecord(found) && found.note === 'A4'),
      `there is no A4 in ${JSON.stringify(notes)}`,
    )
  await visitor.run('reprise/pitch', { audio: samples.sound }, { output })
}
