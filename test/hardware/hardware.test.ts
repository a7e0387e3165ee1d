import { expect, test } from 'vitest'
import { hardwareOf, skuOf } from '../../src/hardware/hardware.ts'

test.each([
  ['NVIDIA H100 80GB HBM3', 'gpu-h100'],
  ['NVIDIA H100 PCIe', 'gpu-h100'],
  ['NVIDIA A100-SXM4-80GB', 'gpu-a100'],
  ['NVIDIA A100 80GB PCIe', 'gpu-a100'],
  ['NVIDIA GH200 480GB', 'gpu-gh200'],
  ['NVIDIA B200', 'gpu-b200'],
  ['Tesla T4', 'gpu-t4'],
  ['Tesla V100-SXM2-16GB', 'gpu-v100'],
  ['NVIDIA A40', 'gpu-a40'],
  ['NVIDIA L40S', 'gpu-l40s'],
  ['NVIDIA A10G', 'gpu-a10g'],
  ['NVIDIA GeForce RTX 4090', 'gpu-rtx-4090'],
  ['NVIDIA GeForce RTX 3060 Laptop GPU', 'gpu-rtx-3060-laptop'],
  ['NVIDIA GeForce RTX 4070 Ti SUPER', 'gpu-rtx-4070-ti-super'],
  ['NVIDIA RTX A6000', 'gpu-rtx-a6000'],
  ['NVIDIA RTX 6000 Ada Generation', 'gpu-rtx-6000-ada'],
  ['Quadro RTX 6000', 'gpu-quadro-rtx-6000'],
])('%s is %s', (name, sku) => {
  expect(skuOf(name)).toBe(sku)
})

test.each<[string[], { name: string; sku: string }[]]>([
  [[], [{ name: 'CPU', sku: 'cpu' }]],
  [
    ['Tesla T4', 'NVIDIA A40', 'Tesla T4'],
    [
      { name: 'CPU', sku: 'cpu' },
      { name: 'Tesla T4', sku: 'gpu-t4' },
      { name: 'NVIDIA A40', sku: 'gpu-a40' },
    ],
  ],
])('a machine with the GPUs %j has a processor and each kind once', (names, hardware) => {
  expect(hardwareOf(names.map((name) => ({ name })))).toEqual(hardware)
})
