import { useState } from 'preact/hooks'
import { messageOf } from '../api/call.ts'
import type { Prediction } from '../api/types.ts'
import { Status } from '../parts/status.tsx'
import { LogsView } from './logs-view.tsx'
import { OutputView } from './output-view.tsx'
import { Progress } from './progress.tsx'
import { Timeline } from './timeline.tsx'
import { isOver } from './use-prediction.ts'

interface PredictionViewProps {
  prediction: Prediction
  /** Whether a list of texts is one text. */
  text: boolean
  cancel(): Promise<void>
}

/** What is going on with a prediction, or what has come of it. */
export function PredictionView({ prediction, text, cancel }: PredictionViewProps) {
  const { status, output, error, logs, data_removed } = prediction
  return (
    <section aria-label="Prediction">
      <div class="row">
        <span role="status">
          <Status status={status} />
        </span>
        <Progress prediction={prediction} />
        {!isOver(prediction) && <CancelButton cancel={cancel} />}
      </div>
      {error !== null && <pre class="error">{error}</pre>}
      {data_removed && <p class="note">Its input, output, logs and files have been removed.</p>}
      <OutputView output={output} text={text} />
      <LogsView logs={logs} />
      <Timeline prediction={prediction} />
    </section>
  )
}

function CancelButton({ cancel }: { cancel(): Promise<void> }) {
  const [trouble, setTrouble] = useState<string>()
  return (
    <>
      <button
        type="button"
        onClick={() => {
          setTrouble(undefined)
          cancel().catch((error) => setTrouble(messageOf(error)))
        }}
      >
        Cancel
      </button>
      {trouble && <span class="error">{trouble}</span>}
    </>
  )
}
