/** An NVIDIA GPU that this process may use. */
export interface Gpu {
  /** How CUDA counts it, among those that are visible. */
  deviceId: number
  uuid: string
  name: string
  /** Undefined where it has none of its own. */
  memoryBytes: number | undefined
}

/** One of all that the machine has. */
export type InstalledGpu = Omit<Gpu, 'deviceId'> & { index: number }

const MIB = 2 ** 20

/** Lines of `index, uuid, name, memory in MiB`, as nvidia-smi prints them; other lines are left out. */
export function parseGpus(csv: string): InstalledGpu[] {
  return csv.split('\n').flatMap((line) => {
    const [, index, uuid, name, memory] = /^(\d+), (GPU-[^,]+), (.+), ([^,]+)$/.exec(line.trim()) ?? []
    if (index === undefined || uuid === undefined || name === undefined) return []
    const mebibytes = Number(memory)
    const memoryBytes = Number.isFinite(mebibytes) ? mebibytes * MIB : undefined
    return [{ index: Number(index), uuid, name, memoryBytes }]
  })
}

/**
 * What CUDA_VISIBLE_DEVICES leaves, in its order: indices and UUIDs or their beginnings, up to the first entry that
 * names none. Parts of a GPU (MIG) are not told apart from no GPU.
 */
export function visibleGpus(installed: readonly InstalledGpu[], visibleDevices: string | undefined): Gpu[] {
  const entries = visibleDevices?.split(',').map((entry) => entry.trim())
  const visible: InstalledGpu[] = entries ? [] : [...installed]
  for (const entry of entries ?? []) {
    const named = find(installed, entry)
    if (!named || visible.includes(named)) break
    visible.push(named)
  }
  return visible.map(({ uuid, name, memoryBytes }, deviceId) => ({ deviceId, uuid, name, memoryBytes }))
}

/** The beginning of a UUID has to be that of one GPU only. */
function find(installed: readonly InstalledGpu[], entry: string): InstalledGpu | undefined {
  if (/^\d+$/.test(entry)) return installed.find(({ index }) => index === Number(entry))
  if (!entry.startsWith('GPU-')) return
  const candidates = installed.filter(({ uuid }) => uuid.startsWith(entry))
  return candidates.length === 1 ? candidates[0] : undefined
}
