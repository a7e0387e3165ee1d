import type { InferenceSession } from 'onnxruntime-common'
import { Tensor } from 'reprise/model'
import { replaceHiddenColours } from './hidden-colours.ts'
import { interpolateChannel } from './interpolate.ts'
import { emptyRaster, type Raster } from './raster.ts'
import { cutTile, enlargedTile, pasteTile, tilesOf } from './tiles.ts'

/** How far round a pixel the network looks. It gives nothing for so many pixels at each side of what it sees. */
const MARGIN = 10

/** A longer one wants more memory, a shorter one more work at its margins. */
const LONGEST_TILE_SIDE = 192

export interface Steps {
  /** Called before each step; throws to end the work. */
  before(): void
  after(done: number, all: number): void
}

/**
 * The network sees the colours of one tile after the other; opacity is interpolated.
 * @param longestSide of a tile; the result is the same for any
 */
export async function enlarge(
  picture: Raster,
  network: InferenceSession,
  scale: number,
  steps: Steps,
  longestSide = LONGEST_TILE_SIDE,
): Promise<Raster> {
  const large = emptyRaster(picture.width * scale, picture.height * scale, picture.channels)
  replaceHiddenColours(picture, MARGIN + 1)
  const tiles = tilesOf(picture, longestSide)
  for (const [index, tile] of tiles.entries()) {
    steps.before()
    const seen = [1, 3, tile.height + 2 * MARGIN, tile.width + 2 * MARGIN]
    const { enlarged } = await network.run({ picture: new Tensor('float32', cutTile(picture, tile, MARGIN), seen) })
    if (!(enlarged?.data instanceof Float32Array)) throw new TypeError('The network returned no picture')
    pasteTile(large, enlargedTile(tile, scale), enlarged.data)
    steps.after(index + 1, tiles.length)
  }
  if (picture.channels === 4) interpolateChannel(picture, 3, scale, large)
  return large
}
