import type { Prediction } from '../api/types.ts'
import { durationOf } from '../parts/duration.ts'

/** The stages that a prediction goes through, in their order, as its metrics name them. */
const STAGES = [
  { metric: 'fetch_time', name: 'Fetching the input' },
  { metric: 'queue_time', name: 'Waiting in the queue' },
  { metric: 'load_time', name: 'Loading the model' },
  { metric: 'batch_time', name: 'Waiting in the process' },
  { metric: 'predict_time', name: 'Running' },
  { metric: 'store_time', name: 'Storing the output' },
] as const

/** Where the time went, as bars under each other; and what the model reports beside it. */
export function Timeline({ prediction: { metrics } }: { prediction: Prediction }) {
  if (!metrics) return null
  const total = metrics.total_time ?? 0
  let begin = 0
  const bars = STAGES.flatMap(({ metric, name }) => {
    const seconds = metrics[metric]
    if (seconds === undefined) return []
    const bar = { name, seconds, begin }
    begin += seconds
    return [bar]
  })
  const whole = Math.max(total, begin) || 1
  const others = Object.entries(metrics).filter(
    ([name]) => name !== 'total_time' && !STAGES.some(({ metric }) => metric === name),
  )
  return (
    <>
      <h3>Where the time went</h3>
      <table class="timeline">
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.name}>
              <th scope="row">{bar.name}</th>
              <td>{durationOf(bar.seconds)}</td>
              <td class="bar">
                <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                  <rect
                    x={(bar.begin / whole) * 100}
                    y="0"
                    height="6"
                    width={Math.max(0.5, (bar.seconds / whole) * 100)}
                  />
                </svg>
              </td>
            </tr>
          ))}
          <tr>
            <th scope="row">Altogether</th>
            <td>{durationOf(total)}</td>
            <td />
          </tr>
          {others.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td>{value}</td>
              <td />
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
