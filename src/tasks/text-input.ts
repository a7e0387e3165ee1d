import { type SetupContext, Type } from '../models/define-model.ts'
import type { TextEncoder } from './text-encoder.ts'
import { type TextFeeds, type TextPlan, textFeeds } from './text-plan.ts'

/** Cutting a text into tokens takes longer the longer it is, and few models read more than some pages. */
const MOST_CHARACTERS = 100_000

export function textInput(description: string) {
  return Type.String({ maxLength: MOST_CHARACTERS, description })
}

/** What a graph gets of a text; the logs tell when it does not get all of it. */
export function encodeText(
  text: string,
  encoder: TextEncoder,
  plan: TextPlan,
  log: SetupContext['log'],
): Omit<TextFeeds, 'tokenCount'> {
  const { tokenCount, ...read } = textFeeds(encoder.encode(text), plan)
  if (tokenCount > plan.maxLength)
    log(
      `The text has ${tokenCount} tokens, and the model reads ${plan.maxLength}: it is cut off on the ${plan.truncationSide}`,
    )
  return read
}
