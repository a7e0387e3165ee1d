/** URL of a module beside the caller's, for threads and child processes: `.ts` from source, `.js` from dist. */
export function siblingModule(from: string, path: string): URL {
  return new URL(from.endsWith('.ts') ? `${path}.ts` : `${path}.js`, from)
}
