/** Pixels, row by row from the top left: red, green, blue and, with four channels, opacity; each from 0 to 255. */
export interface Raster {
  width: number
  height: number
  channels: 3 | 4
  data: Uint8ClampedArray
}

export function emptyRaster(width: number, height: number, channels: Raster['channels']): Raster {
  return { width, height, channels, data: new Uint8ClampedArray(width * height * channels) }
}
