import type { ExecutionProvider, ProviderChoice } from '../runner/execution-provider.ts'
import type { Gpu } from './gpu.ts'

/** What one replica holds. */
export interface DeviceUse {
  deviceId: number
  /** Whether it runs the version that a device is looked for. */
  sameVersion: boolean
}

export interface DeviceWish {
  /** In order of preference; `auto` takes a GPU where there is one. */
  wanted: 'auto' | readonly ExecutionProvider[]
  gpus: readonly Pick<Gpu, 'deviceId'>[]
  /** One for each replica on a GPU. */
  inUse: readonly DeviceUse[]
}

/** What a new replica is to try, in this order. */
export function assignDevices({ wanted, gpus, inUse }: DeviceWish): ProviderChoice[] {
  const providers: readonly ExecutionProvider[] =
    wanted !== 'auto' ? wanted : gpus.length > 0 ? ['cuda', 'cpu'] : ['cpu']
  return providers.map((provider) =>
    // Without a GPU it is tried all the same: what it answers tells what is missing.
    provider === 'cuda' ? { provider, deviceId: leastUsed(gpus, inUse) ?? 0 } : { provider },
  )
}

/**
 * The first with the fewest replicas of this version, and of those with the fewest in all: two replicas on one GPU
 * take turns, so that a second one helps its version most where there is none yet.
 */
function leastUsed(gpus: DeviceWish['gpus'], inUse: readonly DeviceUse[]): number | undefined {
  const loads = gpus.map(({ deviceId }) => {
    const users = inUse.filter((use) => use.deviceId === deviceId)
    return { deviceId, own: users.filter(({ sameVersion }) => sameVersion).length, all: users.length }
  })
  return loads.toSorted((a, b) => a.own - b.own || a.all - b.all || a.deviceId - b.deviceId)[0]?.deviceId
}
