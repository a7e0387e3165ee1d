/** Packages without code: a graph, and a model.yaml that names its task. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { type ModelDescription, onnxModel } from '../../scripts/onnx/model.ts'
import { run } from './requests.ts'
import type { TestServer } from './server.ts'

export interface TaskPackage {
  /** A description of the graph, or the path of one. */
  graph: ModelDescription | string
  /** The text of model.yaml, or what it says. */
  yaml: string | Record<string, unknown>
  /** Contents by name, or paths of what is to be linked there. */
  files?: Record<string, string>
  links?: readonly string[]
}

/** Writes packages to a folder, by name. */
export function installTasks(dir: string, packages: Record<string, TaskPackage>): void {
  for (const [name, { graph, yaml, files = {}, links = [] }] of Object.entries(packages)) {
    const home = join(dir, name)
    mkdirSync(home, { recursive: true })
    if (typeof graph === 'string') symlinkSync(graph, join(home, 'model.onnx'))
    else writeFileSync(join(home, 'model.onnx'), onnxModel(graph))
    writeFileSync(join(home, 'model.yaml'), typeof yaml === 'string' ? yaml : stringify(yaml))
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(home, path)), { recursive: true })
      writeFileSync(join(home, path), content)
    }
    for (const path of links) symlinkSync(path, join(home, basename(path)))
  }
}

export function dataUri(type: string, content: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(content).toString('base64')}`
}

/** What a prediction gave. */
export async function outputOf<Output>(
  server: TestServer,
  model: string,
  input: Record<string, unknown>,
): Promise<Output> {
  const prediction = await run(server, model, input)
  if (prediction.status !== 'succeeded') throw new Error(`The prediction ${prediction.status}: ${prediction.error}`)
  return prediction.output as Output
}
