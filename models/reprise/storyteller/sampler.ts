export interface SamplingSettings {
  /** 0 always takes the likeliest token; 1 takes each as often as the model expects it. */
  temperature: number
  /** Only so many of the likeliest tokens are considered. */
  topK: number
}

/** The mulberry32 generator: uniform numbers from 0 to below 1, the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function sampleToken(logits: Float32Array, settings: SamplingSettings, random: () => number): number {
  const candidates = likeliest(logits, settings.temperature === 0 ? 1 : settings.topK)
  const [best] = candidates
  if (!best) throw new RangeError('There are no logits to choose from')
  if (candidates.length === 1) return best.token

  // Relative to the best one no exponent is positive, so that nothing overflows at a low temperature.
  const weighted = candidates.map(({ token, logit }) => ({
    token,
    weight: Math.exp((logit - best.logit) / settings.temperature),
  }))
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0)
  let rest = random() * total
  for (const { token, weight } of weighted) {
    rest -= weight
    if (rest < 0) return token
  }
  return best.token
}

interface Candidate {
  token: number
  logit: number
}

/** The `count` highest logits, highest first. */
function likeliest(logits: Float32Array, count: number): Candidate[] {
  const candidates: Candidate[] = []
  let lowest = Number.NEGATIVE_INFINITY
  logits.forEach((logit, token) => {
    if (candidates.length === count && logit <= lowest) return
    candidates.splice(candidates.findLastIndex((candidate) => candidate.logit >= logit) + 1, 0, { token, logit })
    if (candidates.length > count) candidates.pop()
    lowest = candidates.at(-1)?.logit ?? lowest
  })
  return candidates
}
