/** Steps of red, of green and of blue. */
const SHADES = 4

export const COLOURS = SHADES ** 3

/**
 * How much of a view is of which colours: the square roots of shares that make 1, so that the vector is of length 1.
 * A colour between two steps counts for both, the nearer one more.
 */
export function coloursOf(view: Float32Array): Float32Array {
  const plane = view.length / 3
  const shares = new Float32Array(COLOURS)
  for (let pixel = 0; pixel < plane; pixel += 1) {
    const red = stepOf(view[pixel])
    const green = stepOf(view[plane + pixel])
    const blue = stepOf(view[2 * plane + pixel])
    for (let corner = 0; corner < 8; corner += 1) {
      const [upRed, upGreen, upBlue] = [corner & 1, (corner >> 1) & 1, corner >> 2]
      const index = ((red.low + upRed) * SHADES + green.low + upGreen) * SHADES + blue.low + upBlue
      const share = part(red.above, upRed) * part(green.above, upGreen) * part(blue.above, upBlue)
      shares[index] = (shares[index] ?? 0) + share / plane
    }
  }
  return shares.map(Math.sqrt)
}

interface Step {
  low: number
  /** How far on the way to the next step, from 0 to 1. */
  above: number
}

function stepOf(level = 0): Step {
  const place = Math.min(Math.max(level * SHADES - 0.5, 0), SHADES - 1)
  const low = Math.min(Math.floor(place), SHADES - 2)
  return { low, above: place - low }
}

function part(above: number, up: number): number {
  return up === 1 ? above : 1 - above
}
