import type { Model } from '../api/types.ts'

export function ApiTab({ model }: { model: Model }) {
  return <p>{model.name}</p>
}
