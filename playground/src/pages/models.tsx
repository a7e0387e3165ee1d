import { useEffect, useState } from 'preact/hooks'
import type { Model } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Failure } from '../parts/failure.tsx'
import { PagesOf } from '../parts/pages-of.tsx'
import { useTitle } from '../parts/title.ts'

/** Typing is a search once it pauses for this long. */
const PAUSE_MS = 200

/** The models of this server, or those that a search finds. */
export function ModelsPage() {
  useTitle('')
  const [text, setText] = useState('')
  const query = usePaused(text.trim())
  return (
    <>
      <div class="heading">
        <h1>Models</h1>
        <input
          type="search"
          aria-label="Search models"
          placeholder="Search"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </div>
      {query === '' ? <AllModels /> : <FoundModels query={query} />}
    </>
  )
}

function AllModels() {
  return (
    <PagesOf<Model>
      path="/v1/models"
      empty="There are no models yet. Put a folder with a model.onnx into the models folder, or push one."
    >
      {(models) => <Cards models={models} />}
    </PagesOf>
  )
}

function FoundModels({ query }: { query: string }) {
  const found = useAnswer<{ models: { model: Model }[] }>(`/v1/search?${new URLSearchParams({ query })}`)
  if (found.state === 'asked') return <p class="note">Searching…</p>
  if (found.state === 'failed') return <Failure error={found.error} again={found.again} />
  if (found.value.models.length === 0) return <p>No model matches “{query}”.</p>
  return <Cards models={found.value.models.map(({ model }) => model)} />
}

function Cards({ models }: { models: readonly Model[] }) {
  return (
    <ul class="cards">
      {models.map((model) => (
        <li key={`${model.owner}/${model.name}`}>
          <a class="card" href={`/${model.owner}/${model.name}`}>
            <Cover model={model} />
            <strong>
              {model.owner}/{model.name}
            </strong>
            <span>{model.description}</span>
            <small>
              {model.visibility === 'private' && 'private · '}
              {model.run_count.toLocaleString()} {model.run_count === 1 ? 'run' : 'runs'}
            </small>
          </a>
        </li>
      ))}
    </ul>
  )
}

/** A cover image that lies elsewhere is left there: these pages load nothing from other hosts. */
function Cover({ model: { owner, name, cover_image_url: url } }: { model: Model }) {
  const path = `/v1/models/${owner}/${name}/cover`
  if (!url || new URL(url).pathname !== path) return null
  return <img src={path + new URL(url).search} alt="" loading="lazy" />
}

function usePaused(value: string): string {
  const [paused, setPaused] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [value])
  return paused
}
