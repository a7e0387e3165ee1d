import sharp from 'sharp'
import { uniformNumbers } from '../../scripts/onnx/random.ts'

const SIDE = 96

type Uniform = () => number
type Drawing = (uniform: Uniform) => string

function between(uniform: Uniform, low: number, high: number): number {
  return low + (high - low) * uniform()
}

function colour(uniform: Uniform): [hue: number, lightness: number] {
  return [Math.floor(360 * uniform()), between(uniform, 25, 75)]
}

/** A background and an ink that can be told apart. */
function colours(uniform: Uniform): { behind: string; ink: string } {
  const [hue, lightness] = colour(uniform)
  const [inkHue] = colour(uniform)
  const other = lightness > 50 ? lightness - between(uniform, 30, 50) : lightness + between(uniform, 30, 50)
  return { behind: `hsl(${hue} 70% ${lightness}%)`, ink: `hsl(${inkHue} 70% ${other}%)` }
}

function polygon(points: readonly (readonly [number, number])[]): string {
  return `<polygon points="${points.map((point) => point.join(',')).join(' ')}"/>`
}

function wheel(count: number, reachOf: (index: number) => number): string {
  return polygon(
    Array.from({ length: count }, (_, index) => {
      const angle = (2 * Math.PI * index) / count - Math.PI / 2
      return [reachOf(index) * Math.cos(angle), reachOf(index) * Math.sin(angle)] as const
    }),
  )
}

/** One outline somewhere, in any colour, size and a little turned. */
function shape(outline: string): Drawing {
  return (uniform) => {
    const { behind, ink } = colours(uniform)
    const size = between(uniform, 20, 42)
    const [x, y] = [between(uniform, -1, 1), between(uniform, -1, 1)].map((place) => SIDE / 2 + place * (46 - size))
    return `<rect width="100%" height="100%" fill="${behind}"/>
      <g fill="${ink}" transform="translate(${x} ${y}) rotate(${between(uniform, -20, 20)}) scale(${size})">${outline}</g>`
  }
}

/** A tile of 1 x 1 again and again, in any colours, more or less fine and a little turned. */
function texture(tile: string, width = 1, height = 1): Drawing {
  return (uniform) => {
    const { behind, ink } = colours(uniform)
    const turn = `rotate(${between(uniform, -8, 8)}) scale(${between(uniform, 13, 18)})`
    return `<pattern id="tile" width="${width}" height="${height}" patternUnits="userSpaceOnUse"
        patternTransform="translate(${between(uniform, 0, 20)} ${between(uniform, 0, 20)}) ${turn}">
        <g fill="${ink}" stroke="${ink}" stroke-width="0">${tile}</g></pattern>
      <rect width="100%" height="100%" fill="${behind}"/><rect width="100%" height="100%" fill="url(#tile)"/>`
  }
}

/** Of the families that the features have not been learned from. */
export const SHAPES: Record<string, Drawing> = {
  arrow: shape(
    polygon([
      [-1, -0.25],
      [0.1, -0.25],
      [0.1, -0.7],
      [1, 0],
      [0.1, 0.7],
      [0.1, 0.25],
      [-1, 0.25],
    ]),
  ),
  cross: shape('<rect x="-1" y="-0.28" width="2" height="0.56"/><rect x="-0.28" y="-1" width="0.56" height="2"/>'),
  heart: shape('<path d="M0 1C-2.2-.3-.8-1.4 0-.6 .8-1.4 2.2-.3 0 1Z"/>'),
  house: shape(
    polygon([
      [-0.75, 0.9],
      [-0.75, -0.2],
      [0, -0.95],
      [0.75, -0.2],
      [0.75, 0.9],
    ]),
  ),
  star: shape(wheel(10, (index) => (index % 2 === 0 ? 1 : 0.42))),
}

export const TEXTURES: Record<string, Drawing> = {
  bricks: texture('<path d="M0 0H2V.15H0ZM0 1H2V1.15H0ZM0 0H.15V1H0ZM1 1H1.15V2H1Z"/>', 2, 2),
  confetti: texture('<path d="M.2 .3l.5-.1 .1 .5-.5 .1ZM1.3 .8l.4 .3-.3 .4-.4-.3ZM.3 1.4l.4 .1-.1 .4-.4-.1Z"/>', 2, 2),
  scales: texture('<path d="M0 0A.5 .5 0 0 0 1 0" fill="none" stroke-width=".16"/>', 1, 0.6),
  triangles: texture(
    polygon([
      [0, 1],
      [0.5, 0],
      [1, 1],
    ]),
  ),
  zigzag: texture('<path d="M0 .8L.5 .2 1 .8" fill="none" stroke-width=".3"/>', 1, 1),
}

/** PNG pictures of one class, no two alike; the same seed always draws the same. */
export async function draw(drawing: Drawing, count: number, seed: number): Promise<Buffer[]> {
  const uniform = uniformNumbers(seed)
  const pictures: Buffer[] = []
  for (let number = 0; number < count; number += 1) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}">${drawing(uniform)}</svg>`
    pictures.push(await sharp(Buffer.from(svg)).png().toBuffer())
  }
  return pictures
}
