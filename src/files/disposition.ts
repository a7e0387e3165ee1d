import { create } from 'content-disposition'

/** Types that a browser shows without running anything; pages and SVG would run scripts as if they were ours. */
const SHOWN = /^(?:image\/(?!svg)[^;]+|audio\/[^;]+|video\/[^;]+|text\/plain|application\/(?:json|pdf))(?:;|$)/i

/** Whether a browser may show a file of this type in place, instead of saving it. */
export function isShown(contentType: string): boolean {
  return SHOWN.test(contentType)
}

/** The Content-Disposition of a file. */
export function dispositionOf(name: string, contentType: string): string {
  return create(name.toWellFormed(), { type: isShown(contentType) ? 'inline' : 'attachment' })
}
