/**
 * `npm run check:gpu`: what this machine has that models could run on, and whether it gives the same results as the CPU.
 * Ends with 1 when something that is there does not work.
 */
import { execFile } from 'node:child_process'
import { promisify, stripVTControlCharacters } from 'node:util'
import { findCudaLibraries } from '../src/hardware/cuda-libraries.ts'
import type { Gpu } from '../src/hardware/gpu.ts'
import { findGpus } from '../src/hardware/gpus.ts'
import type { ProviderChoice } from '../src/runner/execution-provider.ts'
import { GRAPHS } from './gpu/graphs.ts'
import { HEADINGS, type Trial, tryGraph } from './gpu/trial.ts'

const GIB = 2 ** 30
const DRIVER_PATIENCE_MS = 5_000

const gpus = await findGpus(process.env, print)
await describeGpus(gpus)
const { text, advice } = await findCudaLibraries()
for (const line of [text, advice]) if (line) print(line)

const cuda = gpus.map(({ deviceId }): ProviderChoice => ({ provider: 'cuda', deviceId }))
const trials: Trial[] = []
for (const graph of GRAPHS) trials.push(...(await tryGraph(graph, [...cuda, { provider: 'webgpu' }])))
print('')
printTable([HEADINGS, ...trials.map(({ cells }) => cells)])
for (const text of new Set(trials.map(({ printed }) => plain(printed)))) if (text) print(`\nonnxruntime said:\n${text}`)
if (trials.some(({ failed }) => failed)) process.exitCode = 1

async function describeGpus(found: readonly Gpu[]): Promise<void> {
  if (found.length === 0) {
    const { CUDA_VISIBLE_DEVICES: visible } = process.env
    print(
      `There is no NVIDIA GPU${visible === undefined ? '' : ` that CUDA_VISIBLE_DEVICES=${visible} leaves visible`}`,
    )
    return
  }
  print(`NVIDIA driver ${await driverVersion()}`)
  for (const { deviceId, name, memoryBytes } of found)
    print(`cuda:${deviceId} is ${name}${memoryBytes === undefined ? '' : `, ${Math.round(memoryBytes / GIB)} GiB`}`)
}

async function driverVersion(): Promise<string> {
  const ask = ['--query-gpu=driver_version', '--format=csv,noheader']
  const { stdout } = await promisify(execFile)('nvidia-smi', ask, { timeout: DRIVER_PATIENCE_MS })
  return stdout.trim().split('\n')[0] ?? 'unknown'
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  // The last column is a sentence and sets no width.
  for (const row of rows)
    print(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

/** Without colours and times, so that what is said twice is shown once. */
function plain(printed: string): string {
  return stripVTControlCharacters(printed)
    .replace(/^[\d-]+ [\d:.]+ /gm, '')
    .trim()
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
