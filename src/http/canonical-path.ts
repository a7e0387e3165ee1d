/**
 * The path that a request means. Clients disagree about whether the base URL ends in `/v1`, so `/v1/v1/…` is the same
 * as `/v1/…` (replicate-api.md 1.2), and one glues its base to an absolute `next` (trap 15).
 */
export function canonicalPath(url: string): string {
  const glued = /^\/v1(\/https?:\/\/.*)$/.exec(url)?.[1]
  if (glued && URL.canParse(glued.slice(1))) {
    const { pathname, search } = new URL(glued.slice(1))
    return canonicalPath(pathname + search)
  }
  return url.startsWith('/v1/v1/') ? url.slice('/v1'.length) : url
}
