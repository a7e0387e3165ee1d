import type { Model } from '../api/types.ts'

export function ExamplesTab({ model }: { model: Model }) {
  return <p>{model.name}</p>
}
