const PRELOAD = /(?:^|\s)(?:--import|--require|-r)(?:=|\s+)(?:"(?:[^"\\]|\\.)*"|\S+)/g

/** Options of Node as a runner gets them: what is loaded into the server beforehand, such as tracing, is not for it. */
export function withoutPreloads(options: string): string {
  return options.replace(PRELOAD, '').trim()
}
