import type { Raster } from './raster.ts'

/**
 * Gives the transparent pixels within `reach` of a visible one the colours that lie next to them. Files store any
 * colour there, mostly black, and it would show as a dark rim once the visible pixels are enlarged together with it.
 */
export function replaceHiddenColours(picture: Raster, reach: number): void {
  if (picture.channels === 3) return
  const known = visiblePixels(picture)
  let edge = hiddenPixelsBeside(picture, known)
  for (let step = 0; step < reach && edge.length > 0; step += 1) {
    for (const pixel of edge)
      takeMeanColour(
        picture,
        pixel,
        neighbours(picture, pixel).filter((other) => known[other]),
      )
    for (const pixel of edge) known[pixel] = 1
    edge = [...new Set(edge.flatMap((pixel) => neighbours(picture, pixel)))].filter((pixel) => known[pixel] === 0)
  }
}

/** 1 for each pixel that is not wholly transparent. */
function visiblePixels({ width, height, data }: Raster): Uint8Array {
  const visible = new Uint8Array(width * height)
  for (let pixel = 0; pixel < visible.length; pixel += 1) visible[pixel] = data[4 * pixel + 3] === 0 ? 0 : 1
  return visible
}

function hiddenPixelsBeside(picture: Raster, visible: Uint8Array): number[] {
  const beside: number[] = []
  for (let pixel = visible.indexOf(0); pixel !== -1; pixel = visible.indexOf(0, pixel + 1)) {
    if (neighbours(picture, pixel).some((other) => visible[other] === 1)) beside.push(pixel)
  }
  return beside
}

/** The pixels above, below and to the sides. */
function neighbours({ width, height }: Raster, pixel: number): number[] {
  const column = pixel % width
  const around: number[] = []
  if (column > 0) around.push(pixel - 1)
  if (column < width - 1) around.push(pixel + 1)
  if (pixel >= width) around.push(pixel - width)
  if (pixel < width * (height - 1)) around.push(pixel + width)
  return around
}

function takeMeanColour({ data }: Raster, pixel: number, sources: number[]): void {
  for (let channel = 0; channel < 3; channel += 1) {
    const sum = sources.reduce((total, source) => total + (data[4 * source + channel] ?? 0), 0)
    data[4 * pixel + channel] = sum / sources.length
  }
}
