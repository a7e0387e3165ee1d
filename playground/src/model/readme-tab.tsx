import type { Model } from '../api/types.ts'

export function ReadmeTab({ model }: { model: Model }) {
  return <p>{model.name}</p>
}
