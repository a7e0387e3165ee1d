import { basename } from 'node:path/posix'
import { MIMEType } from 'node:util'
import { parse as parseDisposition } from 'content-disposition'
import { tidyFileName } from '../files/tidy-file-name.ts'

const SAYS_NOTHING = ['application/octet-stream', 'binary/octet-stream']

/** Type and subtype in lowercase; undefined where a Content-Type is absent, wrong or says only that there are bytes. */
export function usefulType(contentType: string | undefined): string | undefined {
  if (contentType === undefined) return
  try {
    const { essence } = new MIMEType(contentType)
    return SAYS_NOTHING.includes(essence) ? undefined : essence
  } catch {
    return
  }
}

/** What a file from the web is called: as its Content-Disposition says, else like the last part of its path. */
export function nameOf({ pathname }: URL, disposition: string | undefined): string {
  const given = disposition === undefined ? undefined : parseDisposition(disposition).parameters.filename
  return tidyFileName(given || decoded(basename(pathname)))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
