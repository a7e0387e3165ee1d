import { lazy, useLocation, useRoute } from 'preact-iso'
import type { Model } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { PlaygroundTab } from '../model/playground-tab.tsx'
import { Failure } from '../parts/failure.tsx'
import { useTitle } from '../parts/title.ts'

const ApiTab = lazy(() => import('../model/api-tab.tsx').then((tab) => tab.ApiTab))
const ExamplesTab = lazy(() => import('../model/examples-tab.tsx').then((tab) => tab.ExamplesTab))
const VersionsTab = lazy(() => import('../model/versions-tab.tsx').then((tab) => tab.VersionsTab))
const ReadmeTab = lazy(() => import('../model/readme-tab.tsx').then((tab) => tab.ReadmeTab))

const TABS = [
  { key: 'playground', name: 'Playground', view: PlaygroundTab },
  { key: 'api', name: 'API', view: ApiTab },
  { key: 'examples', name: 'Examples', view: ExamplesTab },
  { key: 'versions', name: 'Versions', view: VersionsTab },
  { key: 'readme', name: 'README', view: ReadmeTab },
] as const

/** One model, in tabs. */
export function ModelPage() {
  const { params } = useRoute()
  const { query } = useLocation()
  const name = `${params.owner}/${params.name}`
  useTitle(name)
  const model = useAnswer<Model>(`/v1/models/${name}`)
  if (model.state === 'asked') return <p class="note">Loading…</p>
  if (model.state === 'failed') return <Failure error={model.error} again={model.again} />
  const { description, visibility, run_count } = model.value
  const tab = TABS.find(({ key }) => key === query.tab) ?? TABS[0]
  const View = tab.view
  return (
    <>
      <h1>{name}</h1>
      {description && <p>{description}</p>}
      <p class="note">
        {visibility} · {run_count.toLocaleString()} {run_count === 1 ? 'run' : 'runs'}
      </p>
      <nav class="tabs" aria-label="Parts of the page">
        {TABS.map(({ key, name: title }) => (
          <a
            key={key}
            href={`/${name}?${new URLSearchParams({ ...query, tab: key })}`}
            aria-current={key === tab.key ? 'page' : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      <View key={name} model={model.value} />
    </>
  )
}
