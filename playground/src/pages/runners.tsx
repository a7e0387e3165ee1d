import type { Runners } from '../api/types.ts'
import { useAnswer, useEvery } from '../api/use-answer.ts'
import { bytesOf } from '../parts/bytes.ts'
import { durationOf } from '../parts/duration.ts'
import { Failure } from '../parts/failure.tsx'
import { Status } from '../parts/status.tsx'
import { useTitle } from '../parts/title.ts'

const REFRESH_MS = 2_000

/** What is loaded, what it does and what it takes. */
export function RunnersPage() {
  useTitle('Runners')
  const runners = useAnswer<Runners>('/v1/runners')
  useEvery(REFRESH_MS, runners.again)
  const known = 'value' in runners ? runners.value : undefined
  return (
    <>
      <h1>Runners</h1>
      {runners.state === 'failed' && <Failure error={runners.error} again={runners.again} />}
      {known && <Shares runners={known} />}
      {known && <List runners={known} />}
    </>
  )
}

function Shares({ runners: { threads, memory_limit_bytes, memory_used_bytes, queued } }: { runners: Runners }) {
  return (
    <p class="note">
      {threads} {threads === 1 ? 'thread' : 'threads'}
      {memory_used_bytes !== null && memory_limit_bytes !== null && (
        <>
          {' '}
          · memory {bytesOf(memory_used_bytes)} of {bytesOf(memory_limit_bytes)}{' '}
          <meter
            aria-label="Memory in use"
            min={0}
            max={memory_limit_bytes}
            high={memory_limit_bytes * 0.9}
            value={memory_used_bytes}
          />
        </>
      )}{' '}
      · {queued} waiting
    </p>
  )
}

function List({ runners: { results } }: { runners: Runners }) {
  if (results.length === 0) return <p>Nothing is loaded. A model is loaded when it is first asked for.</p>
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Model</th>
            <th scope="col">Does</th>
            <th scope="col">Memory</th>
            <th scope="col">Threads</th>
            <th scope="col">Device</th>
            <th scope="col">Runs</th>
          </tr>
        </thead>
        <tbody>
          {results.map((runner, index) => (
            <tr key={runner.pid ?? `${runner.version} ${index}`}>
              <td>
                <Status status={runner.state} />
              </td>
              <td>
                {runner.model && <a href={`/${runner.model}`}>{runner.model}</a>}
                {runner.deployment && <small> deployment {runner.deployment}</small>}
              </td>
              <td>{doingOf(runner)}</td>
              <td>{runner.memory_bytes === null ? '' : bytesOf(runner.memory_bytes)}</td>
              <td>{runner.threads}</td>
              <td>{runner.device}</td>
              <td>{runner.runs}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function doingOf({
  state,
  running,
  queued,
  load_seconds,
  idle_seconds,
  error,
  retry_in_seconds,
}: Runners['results'][number]) {
  const waiting = queued > 0 ? `, ${queued} waiting` : ''
  switch (state) {
    case 'loading':
      return `loading for ${durationOf(load_seconds ?? 0)}${waiting}`
    case 'busy':
      return `running ${running}${waiting}`
    case 'idle':
    case 'ready':
      return `idle for ${durationOf(idle_seconds ?? 0)}, loaded in ${durationOf(load_seconds ?? 0)}`
    case 'broken':
      return `${error ?? 'cannot be loaded'}; tried again in ${durationOf(retry_in_seconds ?? 0)}`
    case 'ending':
      return 'ending'
    case 'spare':
      return 'waits for a model'
  }
}
