import { useState } from 'preact/hooks'
import type { Prediction, Version } from '../api/types.ts'
import { fieldsOf } from '../form/fields.ts'
import { InputForm } from '../form/input-form.tsx'
import { startingValues } from '../form/values.ts'
import { PredictionView } from '../prediction/prediction-view.tsx'
import { isOver, usePrediction } from '../prediction/use-prediction.ts'
import { isText } from './output-schema.ts'
import { create } from './run.ts'

/** Two versions on the same input, side by side. */
export function VersionComparison({ model, versions }: { model: string; versions: readonly Version[] }) {
  const [left, right] = versions
  if (!left || !right) return <p class="note">Choose two versions to run them side by side.</p>
  return <Comparison model={model} left={left} right={right} />
}

function Comparison({ model, left, right }: { model: string; left: Version; right: Version }) {
  const fields = fieldsOf(left.openapi_schema)
  const [values, setValues] = useState(() => startingValues(fields))
  const [created, setCreated] = useState<readonly Prediction[]>([])
  const [refusal, setRefusal] = useState<unknown>()

  async function run(): Promise<void> {
    setRefusal(undefined)
    try {
      setCreated(await Promise.all([left, right].map(({ id }) => create(model, id, values))))
    } catch (error) {
      setRefusal(error)
    }
  }

  return (
    <>
      <InputForm fields={fields} values={values} refusal={refusal} onChange={setValues} onRun={run}>
        <button type="submit" class="primary">
          Run both
        </button>
      </InputForm>
      <div class="columns">
        {[left, right].map((version, index) => (
          <Side key={version.id} version={version} created={created[index]} />
        ))}
      </div>
    </>
  )
}

function Side({ version, created }: { version: Version; created: Prediction | undefined }) {
  const { prediction, cancel } = usePrediction(created?.id, created)
  return (
    <section aria-label={`Version ${version.id.slice(0, 16)}`}>
      <h2 class="mono">{version.id.slice(0, 16)}</h2>
      {prediction ? (
        <>
          <PredictionView prediction={prediction} text={isText(version.openapi_schema)} cancel={cancel} />
          {isOver(prediction) && <a href={`/p/${prediction.id}`}>Link to this prediction</a>}
        </>
      ) : (
        <p class="note">Not run yet.</p>
      )}
    </section>
  )
}
