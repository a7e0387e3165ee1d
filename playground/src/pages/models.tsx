import { useEffect, useState } from 'preact/hooks'
import { call, pathOf } from '../api/call.ts'
import type { Model, Page } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Failure } from '../parts/failure.tsx'
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
  const first = useAnswer<Page<Model>>('/v1/models')
  const [more, setMore] = useState<Page<Model>[]>([])
  if (first.state === 'asked') return <p class="note">Loading…</p>
  if (first.state === 'failed') return <Failure error={first.error} again={first.again} />
  const pages = [first.value, ...more]
  const next = pages.at(-1)?.next
  const models = pages.flatMap(({ results }) => results)
  if (models.length === 0)
    return <p>There are no models yet. Put a folder with a model.onnx into the models folder, or push one.</p>
  return (
    <>
      <Cards models={models} />
      {next && (
        <button
          type="button"
          onClick={async () => {
            const page = await call<Page<Model>>('GET', pathOf(next))
            setMore((before) => [...before, page])
          }}
        >
          More
        </button>
      )}
    </>
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
            {model.cover_image_url && <img src={pathOf(model.cover_image_url)} alt="" loading="lazy" />}
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

function usePaused(value: string): string {
  const [paused, setPaused] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [value])
  return paused
}
