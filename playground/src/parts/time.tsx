const STEPS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
] as const

const words = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })

/** A moment, told from now; the whole of it when pointed at. */
export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {fromNow((Date.parse(at) - Date.now()) / 1000)}
    </time>
  )
}

function fromNow(seconds: number): string {
  const step = STEPS.find((candidate) => Math.abs(seconds) >= candidate.seconds)
  return step
    ? words.format(Math.round(seconds / step.seconds), step.unit)
    : words.format(Math.round(seconds), 'second')
}
