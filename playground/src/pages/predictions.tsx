import { useLocation } from 'preact-iso'
import type { Prediction } from '../api/types.ts'
import { durationOf } from '../parts/duration.ts'
import { PagesOf } from '../parts/pages-of.tsx'
import { Status } from '../parts/status.tsx'
import { Time } from '../parts/time.tsx'
import { useTitle } from '../parts/title.ts'

const STATUSES: readonly Prediction['status'][] = [
  'starting',
  'processing',
  'succeeded',
  'failed',
  'canceled',
  'aborted',
]
const FILTERS = ['model', 'status', 'source'] as const

/** Every prediction of the account, newest first; what is looked for stands in the address. */
export function PredictionsPage() {
  useTitle('Predictions')
  const { query, route } = useLocation()
  const chosen = new URLSearchParams(FILTERS.flatMap((name) => (query[name] ? [[name, query[name]]] : [])))
  function choose(name: (typeof FILTERS)[number], value: string): void {
    if (value === '') chosen.delete(name)
    else chosen.set(name, value)
    route(`/predictions?${chosen}`, true)
  }
  return (
    <>
      <div class="heading">
        <h1>Predictions</h1>
        <div class="row">
          <input
            type="search"
            aria-label="Model"
            placeholder="owner/model"
            value={query.model ?? ''}
            onChange={(event) => choose('model', event.currentTarget.value.trim())}
          />
          <select
            aria-label="Status"
            value={query.status ?? ''}
            onChange={(event) => choose('status', event.currentTarget.value)}
          >
            <option value="">Any status</option>
            {STATUSES.map((status) => (
              <option key={status}>{status}</option>
            ))}
          </select>
          <select
            aria-label="Source"
            value={query.source ?? ''}
            onChange={(event) => choose('source', event.currentTarget.value)}
          >
            <option value="">From anywhere</option>
            <option value="web">From these pages</option>
          </select>
        </div>
      </div>
      <PagesOf<Prediction> path={`/v1/predictions?${chosen}`} empty="There are no such predictions.">
        {(predictions) => <List predictions={predictions} />}
      </PagesOf>
    </>
  )
}

function List({ predictions }: { predictions: readonly Prediction[] }) {
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th scope="col">Prediction</th>
            <th scope="col">Model</th>
            <th scope="col">Status</th>
            <th scope="col">Made</th>
            <th scope="col">Ran for</th>
            <th scope="col">Source</th>
          </tr>
        </thead>
        <tbody>
          {predictions.map(({ id, model, status, created_at, metrics, source }) => (
            <tr key={id}>
              <td>
                <a class="mono" href={`/p/${id}`}>
                  {id}
                </a>
              </td>
              <td>
                <a href={`/${model}`}>{model}</a>
              </td>
              <td>
                <Status status={status} />
              </td>
              <td>
                <Time at={created_at} />
              </td>
              <td>{metrics?.predict_time === undefined ? '' : durationOf(metrics.predict_time)}</td>
              <td>{source}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
