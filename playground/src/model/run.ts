import { call } from '../api/call.ts'
import type { Prediction } from '../api/types.ts'
import type { Values } from '../form/values.ts'

/**
 * Creates a prediction that counts as made in the browser.
 * @throws Refusal with what is wrong in the input
 */
export function create(model: string, version: string, input: Values): Promise<Prediction> {
  return call<Prediction>('POST', '/v1/predictions', {
    body: { version: `${model}:${version}`, input },
    headers: { 'reprise-source': 'web' },
  })
}
