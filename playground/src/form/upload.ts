import { call } from '../api/call.ts'

/** Larger files are uploaded; smaller ones go along with the input, which needs no second request. */
const MOST_INLINE_BYTES = 64 * 1024

/**
 * Makes of a file what an input takes: a data URI, or the URL of an upload.
 * @throws Refusal when the server does not take it
 */
export async function valueOfFile(file: File): Promise<string> {
  if (file.size <= MOST_INLINE_BYTES) return dataUriOf(file)
  const form = new FormData()
  form.append('content', file, file.name)
  const { urls } = await call<{ urls: { get: string } }>('POST', '/v1/files', { body: form })
  return urls.get
}

function dataUriOf(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(new Error(`${file.name} cannot be read`))
    reader.readAsDataURL(file)
  })
}
