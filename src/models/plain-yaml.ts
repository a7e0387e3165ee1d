import { isMap, isScalar, parseDocument, visit } from 'yaml'
import { isDeeper } from '../is-deeper.ts'

/** Deeper than any setting; what is read is sent to runners and stored as JSON. */
const DEEPEST = 20

/**
 * Reads YAML that JSON could say as well.
 * @throws Error that says what is wrong, also with aliases by which a value holds itself
 */
export function parsePlainYaml(text: string): unknown {
  // The parser compares each key with every other: seconds for a file of some thousands.
  const document = parseDocument(text, { uniqueKeys: false })
  const [error] = document.errors
  if (error) throw error
  visit(document, (_key, node) => {
    if (isMap(node)) assertUnique(node.items.map(({ key }) => (isScalar(key) ? key.value : key)))
  })
  const content: unknown = document.toJS()
  if (isDeeper(content, DEEPEST)) throw new Error(`lists and objects lie more than ${DEEPEST} deep in one another`)
  return content
}

function assertUnique(keys: readonly unknown[]): void {
  const seen = new Set<unknown>()
  for (const key of keys) {
    if (seen.has(key)) throw new Error(`the key ${String(key)} is there twice`)
    seen.add(key)
  }
}
