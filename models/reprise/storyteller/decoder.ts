import type { InferenceSession } from 'onnxruntime-common'
import { Tensor } from 'reprise/model'

type Cache = Record<string, InferenceSession.OnnxValueMapType[string]>

/** One text on its way through the decoder. What the decoder keeps of a run goes back into the next one, uncopied. */
export class DecodedText {
  readonly #decoder: InferenceSession
  #past: Cache
  #position = 0

  constructor(decoder: InferenceSession) {
    this.#decoder = decoder
    this.#past = emptyCache(decoder)
  }

  /** Reads the next tokens of the text, and gives the logits of the token that follows. */
  async read(tokens: number[]): Promise<Float32Array> {
    const { logits, ...present } = await this.#decoder.run({
      ...this.#past,
      tokens: new Tensor('int64', BigInt64Array.from(tokens, BigInt), [tokens.length]),
      position: new Tensor('int64', [BigInt(this.#position)], [1]),
    })
    if (!(logits?.data instanceof Float32Array)) throw new TypeError('The decoder returned no logits')
    this.#position += tokens.length
    this.#past = asPast(present)
    return logits.data
  }
}

function emptyCache(decoder: InferenceSession): Cache {
  const cache: Cache = {}
  for (const input of decoder.inputMetadata) {
    if (!input.isTensor || !input.name.startsWith('past_')) continue
    const shape = input.shape.map((size) => (typeof size === 'number' ? size : 0))
    cache[input.name] = new Tensor('float32', new Float32Array(), shape)
  }
  return cache
}

function asPast(present: Cache): Cache {
  return Object.fromEntries(
    Object.entries(present).map(([name, tensor]) => [name.replace('present_', 'past_'), tensor]),
  )
}
