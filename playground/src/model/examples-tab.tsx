import type { Model, Prediction } from '../api/types.ts'
import { JsonTree } from '../parts/json-tree.tsx'
import { PagesOf } from '../parts/pages-of.tsx'
import { OutputView } from '../prediction/output-view.tsx'
import { isText } from './output-schema.ts'

/** What the model made of the inputs that its author chose. */
export function ExamplesTab({ model: { owner, name, latest_version } }: { model: Model }) {
  const text = isText(latest_version?.openapi_schema ?? {})
  return (
    <PagesOf<Prediction> path={`/v1/models/${owner}/${name}/examples`} empty="This model brings no examples.">
      {(examples) =>
        examples.map((example) => (
          <article key={example.id} class="columns example">
            <div>
              <h2>Input</h2>
              <JsonTree value={example.input} />
              <a href={`/${owner}/${name}?${new URLSearchParams({ from: example.id })}`}>Try it</a>
            </div>
            <div>
              <h2>Output</h2>
              {example.output === null && <p class="note">{example.error ?? example.status}</p>}
              <OutputView output={example.output} text={text} />
            </div>
          </article>
        ))
      }
    </PagesOf>
  )
}
