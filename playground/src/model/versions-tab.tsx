import type { Model } from '../api/types.ts'

export function VersionsTab({ model }: { model: Model }) {
  return <p>{model.name}</p>
}
