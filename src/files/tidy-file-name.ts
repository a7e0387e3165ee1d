export const LONGEST_BYTES = 255
const LONGEST_ENDING = 20

/** A name that can be shown and sent in a header: without folders and control characters, and not too long. */
export function tidyFileName(name: string): string {
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? ''
  const printable = last.replace(/\p{Control}/gu, '').trim()
  if (/^\.*$/.test(printable)) return 'file'
  if (Buffer.byteLength(printable) <= LONGEST_BYTES) return printable
  const ending = /\.[a-z0-9]+$/i.exec(printable)?.[0] ?? ''
  const kept = ending.length <= LONGEST_ENDING ? ending : ''
  let stem = printable.slice(0, LONGEST_BYTES - kept.length)
  while (Buffer.byteLength(stem) > LONGEST_BYTES - kept.length) stem = stem.slice(0, -1)
  return stem.replace(/\p{Surrogate}$/u, '') + kept
}
