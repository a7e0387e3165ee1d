import { useMemo, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { Model, Prediction, Version } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { fieldsOf } from '../form/fields.ts'
import { InputForm } from '../form/input-form.tsx'
import { startingValues, type Values } from '../form/values.ts'
import { Failure } from '../parts/failure.tsx'
import { PredictionView } from '../prediction/prediction-view.tsx'
import { isOver, usePrediction } from '../prediction/use-prediction.ts'
import { Code } from './code.tsx'
import { isText } from './output-schema.ts'
import { create } from './run.ts'

/**
 * The form of a version, and what comes of it. `?version=` names another than the latest, `?from=` a prediction whose
 * input is the first, and `?prediction=` the one that was run last, so that it is there again after a reload.
 */
export function PlaygroundTab({ model }: { model: Model }) {
  const { query } = useLocation()
  const name = `${model.owner}/${model.name}`
  const asked = useAnswer<Version>(query.version && `/v1/models/${name}/versions/${query.version}`)
  const [begin] = useState(query.prediction ?? query.from)
  const former = useAnswer<Prediction>(begin && `/v1/predictions/${begin}`)
  if (query.version && asked.state !== 'there')
    return asked.state === 'failed' ? <Failure error={asked.error} /> : <p class="note">Loading…</p>
  if (begin && former.state === 'asked') return <p class="note">Loading…</p>
  const version = asked.state === 'there' ? asked.value : model.latest_version
  if (!version) return <p>This model has no version yet that can be run.</p>
  const known = former.state === 'there' ? former.value : undefined
  const resumed = known?.id === query.prediction ? known : undefined
  return <Run key={version.id} name={name} version={version} given={known?.input} resumed={resumed} />
}

interface RunProps {
  name: string
  version: Version
  given: Values | undefined
  /** What was run before the page was loaded. */
  resumed: Prediction | undefined
}

function Run({ name, version, given, resumed }: RunProps) {
  const { query, route } = useLocation()
  const fields = useMemo(() => fieldsOf(version.openapi_schema), [version])
  const [values, setValues] = useState(() => startingValues(fields, given))
  const [created, setCreated] = useState(resumed)
  const [refusal, setRefusal] = useState<unknown>()
  const [sending, setSending] = useState(false)
  const { prediction, cancel } = usePrediction(created?.id, created)
  const running = sending || (prediction !== undefined && !isOver(prediction))

  async function run(): Promise<void> {
    if (running) return
    setSending(true)
    setRefusal(undefined)
    try {
      const made = await create(name, version.id, values)
      setCreated(made)
      route(`/${name}?${new URLSearchParams({ ...query, prediction: made.id })}`, true)
    } catch (error) {
      setRefusal(error)
    } finally {
      setSending(false)
    }
  }

  return (
    <div class="columns">
      <InputForm fields={fields} values={values} refusal={refusal} onChange={setValues} onRun={run}>
        <div class="row">
          <button type="submit" class="primary" disabled={running}>
            {running ? 'Running…' : 'Run'}
          </button>
          <small>Ctrl or ⌘ with Enter</small>
          <button type="button" class="plain" onClick={() => setValues(startingValues(fields))}>
            Start anew
          </button>
        </div>
        <details>
          <summary>The same call as code</summary>
          <Code model={name} version={version.id} input={values} />
        </details>
      </InputForm>
      <div>
        <div class="heading">
          <h2>Output</h2>
          {prediction && <a href={`/p/${prediction.id}`}>Link to this prediction</a>}
        </div>
        {prediction ? (
          <PredictionView prediction={prediction} text={isText(version.openapi_schema)} cancel={cancel} />
        ) : (
          <p class="note">What the model gives out appears here.</p>
        )}
      </div>
    </div>
  )
}
