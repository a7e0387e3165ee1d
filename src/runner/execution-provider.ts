/** What can run a graph; onnxruntime's names for it. */
export const EXECUTION_PROVIDERS = ['cpu', 'cuda', 'webgpu'] as const

export type ExecutionProvider = (typeof EXECUTION_PROVIDERS)[number]

/**
 * Something that a session can be tried on. `deviceId` counts among the GPUs that CUDA_VISIBLE_DEVICES leaves; WebGPU
 * takes the adapter that its driver prefers.
 */
export type ProviderChoice = { provider: 'cuda'; deviceId: number } | { provider: 'cpu' } | { provider: 'webgpu' }

/** How logs and events name it: `cuda:0`. */
export function deviceName(choice: ProviderChoice): string {
  return choice.provider === 'cuda' ? `cuda:${choice.deviceId}` : choice.provider
}
