/** Runs a tiny graph on a device, in a process of its own: no other loads onnxruntime. */
import { createRequire } from 'node:module'
import { listSupportedBackends, Tensor } from 'onnxruntime-node'
import { createSessionOn } from '../runner/engine.ts'
import type { ProviderChoice } from '../runner/execution-provider.ts'
import { providerFault } from '../runner/provider-fault.ts'

/** `y = x + x`, of one 32-bit number. */
const GRAPH = Buffer.from(
  'CAk6OAoOCgF4CgF4EgF5IgNBZGQSBG1haW5aDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgIQDQ==',
  'base64',
)

const { version }: { version: string } = createRequire(import.meta.url)('onnxruntime-node/package.json')
const backends = listSupportedBackends().map(({ name, bundled }) => (bundled ? name : `${name} (not bundled)`))
tell({ version, backends })

const device = process.argv[2]
const choice: ProviderChoice =
  device === undefined ? { provider: 'cpu' } : { provider: 'cuda', deviceId: Number(device) }
try {
  const session = await createSessionOn(choice, GRAPH, {})
  const { y } = await session.run({ x: new Tensor('float32', [21], [1]) })
  tell({ result: Number(y?.data[0]) })
} catch (error) {
  tell({ fault: providerFault(error) })
}
process.exit(0)

function tell(answer: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
