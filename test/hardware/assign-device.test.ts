import { describe, expect, test } from 'vitest'
import { assignDevices, type DeviceUse, type DeviceWish } from '../../src/hardware/assign-device.ts'
import { deviceName } from '../../src/runner/execution-provider.ts'

/** @param gpus how many there are */
function assign(wanted: DeviceWish['wanted'], gpus: number, inUse: readonly DeviceUse[] = []): string[] {
  const devices = Array.from({ length: gpus }, (_, deviceId) => ({ deviceId }))
  return assignDevices({ wanted, gpus: devices, inUse }).map(deviceName)
}

const own = (deviceId: number): DeviceUse => ({ deviceId, sameVersion: true })
const other = (deviceId: number): DeviceUse => ({ deviceId, sameVersion: false })

describe('what is tried, and in which order', () => {
  test.each<[DeviceWish['wanted'], number, string[]]>([
    ['auto', 0, ['cpu']],
    ['auto', 1, ['cuda:0', 'cpu']],
    [['cpu'], 1, ['cpu']],
    [['cuda'], 1, ['cuda:0']],
    [['cuda'], 0, ['cuda:0']],
    [['webgpu', 'cuda', 'cpu'], 1, ['webgpu', 'cuda:0', 'cpu']],
    [['cpu', 'cuda'], 0, ['cpu', 'cuda:0']],
  ])('%j with %i GPUs: %j', (wanted, gpus, devices) => {
    expect(assign(wanted, gpus)).toEqual(devices)
  })
})

describe('which of three GPUs is taken', () => {
  test.each<[string, DeviceUse[], string]>([
    ['the first of those that are free', [], 'cuda:0'],
    ['one that is free', [own(0), other(1)], 'cuda:2'],
    ['the least used', [other(0), other(0), other(1), other(2), other(2)], 'cuda:1'],
    ['one without this version, though others use it more', [own(0), own(1), other(2), other(2)], 'cuda:2'],
    ['the least used, when each has this version', [own(0), other(0), own(1), own(2)], 'cuda:1'],
    ['the one with fewest of this version', [own(0), own(0), own(1), own(2), other(1)], 'cuda:2'],
    ['not one that is no longer visible', [own(7)], 'cuda:0'],
  ])('%s', (_, inUse, device) => {
    expect(assign(['cuda'], 3, inUse)).toEqual([device])
  })

  test('one after the other, as replicas come', () => {
    const inUse: DeviceUse[] = []
    const taken = Array.from({ length: 5 }, () => {
      const [choice] = assignDevices({ wanted: 'auto', gpus: [{ deviceId: 0 }, { deviceId: 1 }], inUse })
      const deviceId = choice?.provider === 'cuda' ? choice.deviceId : Number.NaN
      inUse.push(own(deviceId))
      return deviceId
    })
    expect(taken).toEqual([0, 1, 0, 1, 0])
  })
})
