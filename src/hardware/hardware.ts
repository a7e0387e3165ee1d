import type { Gpu } from './gpu.ts'
import type { Hardware } from './schema.ts'

/** Words that say who made a GPU, how it is built in and how much memory it has, not what it is. */
const SAYS_LITTLE = /^(nvidia|tesla|geforce|gpu|generation|pcie|sxm\d*|nvl|hbm\d\w*|\d+gb)$/

/** What this machine has: its processor, and each kind of GPU once. */
export function hardwareOf(gpus: readonly Pick<Gpu, 'name'>[]): Hardware[] {
  const kinds = new Map([['cpu', 'CPU']])
  for (const { name } of gpus) {
    const sku = skuOf(name)
    if (!kinds.has(sku)) kinds.set(sku, name)
  }
  return Array.from(kinds, ([sku, name]) => ({ name, sku }))
}

/** `NVIDIA H100 80GB HBM3` is `gpu-h100`. */
export function skuOf(gpuName: string): string {
  const words = gpuName
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word && !SAYS_LITTLE.test(word))
  return ['gpu', ...words].join('-')
}
