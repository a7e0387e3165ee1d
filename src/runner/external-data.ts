import { readFile, stat } from 'node:fs/promises'

/** A network whose weights lie elsewhere is small; a larger one need not be read to know that it has them in it. */
const LARGEST_BYTES = 64 * 2 ** 20
/** How ONNX writes that a tensor lies in a file beside the network: an entry of two texts, of which this is the first. */
const LOCATION_ENTRY = Buffer.from('\x0a\x08location\x12')

/** Whether some weights of an ONNX file lie in a file beside it, where the processes that load it share them. */
export async function hasExternalData(path: string): Promise<boolean> {
  const { size } = await stat(path)
  return size <= LARGEST_BYTES && (await readFile(path)).includes(LOCATION_ENTRY)
}
