import { expect, test } from 'vitest'
import { type InstalledGpu, parseGpus, visibleGpus } from '../../src/hardware/gpu.ts'

const MIB = 2 ** 20

test.each<[string, string, InstalledGpu[]]>([
  ['nothing', '', []],
  [
    'each line',
    '0, GPU-aa11, NVIDIA H100 80GB HBM3, 81559\n1, GPU-bb22, Tesla T4, 15360\n',
    [
      { index: 0, uuid: 'GPU-aa11', name: 'NVIDIA H100 80GB HBM3', memoryBytes: 81_559 * MIB },
      { index: 1, uuid: 'GPU-bb22', name: 'Tesla T4', memoryBytes: 15_360 * MIB },
    ],
  ],
  [
    'a GPU that shares the memory of the processor',
    '0, GPU-aa11, NVIDIA GB10, [N/A]\r\n',
    [{ index: 0, uuid: 'GPU-aa11', name: 'NVIDIA GB10', memoryBytes: undefined }],
  ],
  ['words that are no GPU', 'No devices were found\nUnable to determine the device handle for GPU0\n', []],
])('nvidia-smi: %s', (_, csv, gpus) => {
  expect(parseGpus(csv)).toEqual(gpus)
})

const INSTALLED: InstalledGpu[] = ['GPU-aa11', 'GPU-aa22', 'GPU-bb33'].map((uuid, index) => ({
  index,
  uuid,
  name: 'Tesla T4',
  memoryBytes: 1,
}))

test.each<[string | undefined, string[]]>([
  [undefined, ['GPU-aa11', 'GPU-aa22', 'GPU-bb33']],
  ['', []],
  ['-1', []],
  ['NoDevFiles', []],
  ['1', ['GPU-aa22']],
  ['2,0', ['GPU-bb33', 'GPU-aa11']],
  [' 2 , 0 ', ['GPU-bb33', 'GPU-aa11']],
  ['0,-1,1', ['GPU-aa11']],
  ['0,7,1', ['GPU-aa11']],
  ['0,0,1', ['GPU-aa11']],
  ['GPU-bb33', ['GPU-bb33']],
  ['GPU-b,0', ['GPU-bb33', 'GPU-aa11']],
  ['GPU-aa', []],
  ['bb33', []],
  ['MIG-1234', []],
])('CUDA_VISIBLE_DEVICES=%s leaves %j, counted anew', (visibleDevices, uuids) => {
  const visible = visibleGpus(INSTALLED, visibleDevices)
  expect(visible.map(({ uuid }) => uuid)).toEqual(uuids)
  expect(visible.map(({ deviceId }) => deviceId)).toEqual(uuids.map((_, index) => index))
})
