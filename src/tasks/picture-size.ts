/** How large a picture becomes. Pure. */

export interface Size {
  width: number
  height: number
}

/** A size with at most so many pixels and the same aspect; one that has no more stays as it is. */
export function withinPixels({ width, height }: Size, most: number): Size {
  if (width * height <= most) return { width, height }
  const factor = Math.sqrt(most / (width * height))
  const shrunk = { width: Math.max(1, Math.floor(width * factor)), height: Math.max(1, Math.floor(height * factor)) }
  // A line of one pixel does not get thinner.
  return { width: Math.min(shrunk.width, most), height: Math.min(shrunk.height, most) }
}

/** The largest size with the aspect of the first that fits into the second. */
export function containedIn({ width, height }: Size, box: Size): Size {
  const factor = Math.min(box.width / width, box.height / height)
  return {
    width: Math.max(1, Math.min(box.width, Math.round(width * factor))),
    height: Math.max(1, Math.min(box.height, Math.round(height * factor))),
  }
}

/** The next size of which both sides are multiples of a number. */
export function upToMultiple({ width, height }: Size, divisor: number): Size {
  return { width: Math.ceil(width / divisor) * divisor, height: Math.ceil(height / divisor) * divisor }
}
