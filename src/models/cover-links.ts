import { createHmac } from 'node:crypto'
import { secretsEqual } from '../secret.ts'
import { fullName, type Model } from './model.ts'

/** Links to cover images: whoever sees a model may show its picture, as browsers load one, without a token. */
export class CoverLinks {
  readonly #key: Uint8Array

  constructor(key: Uint8Array) {
    this.#key = key
  }

  urlOf(model: Model, origin: string): string | null {
    return model.cover ? `${origin}/v1/models/${fullName(model)}/cover?signature=${this.#sign(model)}` : null
  }

  isValid(model: Model, signature: string): boolean {
    return secretsEqual(signature, this.#sign(model))
  }

  /** A link that was handed out while the model was public ends with that. */
  #sign(model: Model): string {
    return createHmac('sha256', this.#key)
      .update(`${fullName(model)} ${model.about.visibility}`)
      .digest('base64url')
  }
}
