import type { Raster } from './raster.ts'

/** A rectangle of a picture. */
export interface Tile {
  left: number
  top: number
  width: number
  height: number
}

/** Rectangles of nearly equal size, none longer than `longestSide`, that cover a picture once. */
export function tilesOf(picture: { width: number; height: number }, longestSide: number): Tile[] {
  return stretches(picture.height, longestSide).flatMap(([top, height]) =>
    stretches(picture.width, longestSide).map(([left, width]) => ({ left, top, width, height })),
  )
}

function stretches(length: number, longest: number): [start: number, length: number][] {
  const count = Math.ceil(length / longest)
  return Array.from({ length: count }, (_, index) => {
    const start = Math.floor((index * length) / count)
    return [start, Math.floor(((index + 1) * length) / count) - start]
  })
}

/** Where a tile lies once the picture is enlarged. */
export function enlargedTile({ left, top, width, height }: Tile, scale: number): Tile {
  return { left: left * scale, top: top * scale, width: width * scale, height: height * scale }
}

/**
 * The colours of a tile and of `margin` pixels round it, one plane after the other, from 0 to 1. The pixels at the edge
 * of the picture go on beyond it.
 */
export function cutTile(picture: Raster, tile: Tile, margin: number): Float32Array {
  const columns = indicesRound(tile.left, tile.width, margin, picture.width)
  const rows = indicesRound(tile.top, tile.height, margin, picture.height)
  const plane = rows.length * columns.length
  const colours = new Float32Array(3 * plane)
  let at = 0
  for (const row of rows) {
    for (const column of columns) {
      const pixel = (row * picture.width + column) * picture.channels
      colours[at] = (picture.data[pixel] ?? 0) / 255
      colours[at + plane] = (picture.data[pixel + 1] ?? 0) / 255
      colours[at + 2 * plane] = (picture.data[pixel + 2] ?? 0) / 255
      at += 1
    }
  }
  return colours
}

/** Puts the colours of a tile, as `cutTile` gives them without a margin, into their place. */
export function pasteTile(picture: Raster, tile: Tile, colours: Float32Array): void {
  const plane = tile.width * tile.height
  let at = 0
  for (let row = tile.top; row < tile.top + tile.height; row += 1) {
    let pixel = (row * picture.width + tile.left) * picture.channels
    for (let column = 0; column < tile.width; column += 1) {
      picture.data[pixel] = (colours[at] ?? 0) * 255
      picture.data[pixel + 1] = (colours[at + plane] ?? 0) * 255
      picture.data[pixel + 2] = (colours[at + 2 * plane] ?? 0) * 255
      pixel += picture.channels
      at += 1
    }
  }
}

function indicesRound(start: number, length: number, margin: number, end: number): number[] {
  return Array.from({ length: length + 2 * margin }, (_, index) =>
    Math.min(Math.max(start - margin + index, 0), end - 1),
  )
}
