import { useRoute } from 'preact-iso'
import type { Prediction, Version } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Code } from '../model/code.tsx'
import { isText } from '../model/output-schema.ts'
import { Failure } from '../parts/failure.tsx'
import { isRefused } from '../parts/is-refused.ts'
import { JsonTree } from '../parts/json-tree.tsx'
import { Time } from '../parts/time.tsx'
import { useTitle } from '../parts/title.ts'
import { PredictionView } from '../prediction/prediction-view.tsx'
import { usePrediction } from '../prediction/use-prediction.ts'
import { WebhooksView } from '../prediction/webhooks-view.tsx'

/** One prediction, by the link that can be shared with others of the account. */
export function PredictionPage() {
  const { params } = useRoute()
  const id = params.id ?? ''
  useTitle(`Prediction ${id}`)
  const { prediction, error, cancel } = usePrediction(id)
  if (!prediction) {
    if (isRefused(error, 404)) return <NotThere />
    return error === undefined ? <p class="note">Loading…</p> : <Failure error={error} />
  }
  return (
    <>
      {error !== undefined && <Failure error={error} />}
      <Whole key={id} prediction={prediction} cancel={cancel} />
    </>
  )
}

function NotThere() {
  return (
    <>
      <h1>No such prediction</h1>
      <p>It is not there, or belongs to another account than the one you are signed in to.</p>
    </>
  )
}

function Whole({ prediction, cancel }: { prediction: Prediction; cancel(): Promise<void> }) {
  const { id, model, version, input, created_at, source, deployment, webhook } = prediction
  const found = useAnswer<Version>(`/v1/models/${model}/versions/${version}`)
  const schema = found.state === 'there' ? found.value.openapi_schema : {}
  return (
    <>
      <div class="heading">
        <h1>
          Prediction <span class="mono">{id}</span>
        </h1>
        <a class="button" href={`/${model}?${new URLSearchParams({ version, from: id })}`}>
          Run again with edits
        </a>
      </div>
      <p class="note">
        <a href={`/${model}`}>{model}</a> · version{' '}
        <a href={`/${model}?version=${version}`}>
          <code>{version.slice(0, 12)}</code>
        </a>{' '}
        {deployment && `· deployment ${deployment} `}· <Time at={created_at} /> · {source}
      </p>
      <div class="columns">
        <div>
          <h2>Input</h2>
          <JsonTree value={input} />
          {webhook && <WebhooksView id={id} />}
          <details>
            <summary>The same call as code</summary>
            <Code model={model} version={version} input={input} />
          </details>
          <details>
            <summary>The whole as JSON</summary>
            <pre tabIndex={0}>{JSON.stringify(prediction, null, 2)}</pre>
          </details>
        </div>
        <div>
          <h2>Output</h2>
          <PredictionView prediction={prediction} text={isText(schema)} cancel={cancel} />
        </div>
      </div>
    </>
  )
}
