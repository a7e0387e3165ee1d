const NAME_PART = /^[a-z0-9][a-z0-9._-]*$/i
const LONGEST = 100

/** Whether a text can be the owner or the name of a model. */
export function isNamePart(text: string): boolean {
  return NAME_PART.test(text) && text.length <= LONGEST
}

/** Whether a text is `owner/name`. */
export function isModelName(text: string): boolean {
  const parts = text.split('/')
  return parts.length === 2 && parts.every(isNamePart)
}
