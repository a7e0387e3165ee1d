import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listPackageDirs, packageName, readPackage } from '../../src/models/package.ts'
import { DEFAULT_RUN } from '../../src/models/run-settings.ts'
import { writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'

const CODE = { 'predict.ts': 'export default 1' }

function packageOf(files: Record<string, string>): string {
  const dir = join(testFolder(), 'owner/name')
  writeFiles(dir, files)
  return dir
}

describe('a package', () => {
  test('needs no more than its code', async () => {
    const dir = packageOf(CODE)
    expect(await readPackage(dir)).toEqual({
      name: 'owner/name',
      dir,
      entry: 'predict.ts',
      yaml: {},
      run: DEFAULT_RUN,
    })
  })

  test.each([
    { run: 'replicas: { min: 2 }', expected: { minReplicas: 2, maxReplicas: 2 } },
    { run: 'execution_providers: auto', expected: { executionProviders: 'auto' } },
    { run: 'execution_providers: webgpu', expected: { executionProviders: ['webgpu'] } },
    { run: 'memory: 1048576', expected: { memoryBytes: 2 ** 20 } },
  ])('may say { $run } for short', async ({ run, expected }) => {
    expect(await readPackage(packageOf({ ...CODE, 'model.yaml': `run: { ${run} }` }))).toMatchObject({ run: expected })
  })

  test('can be written in JavaScript; where there are both, TypeScript wins', async () => {
    expect(await readPackage(packageOf({ 'predict.js': '' }))).toMatchObject({ entry: 'predict.js' })
    expect(await readPackage(packageOf({ ...CODE, 'predict.js': '' }))).toMatchObject({ entry: 'predict.ts' })
  })

  test.each(['model.onnx', 'model.ort'])(
    'may be no more than a graph, %s, which code is preferred to',
    async (graph) => {
      expect(await readPackage(packageOf({ [graph]: '' }))).toMatchObject({ entry: graph, yaml: {} })
      expect(await readPackage(packageOf({ [graph]: '', ...CODE }))).toMatchObject({ entry: 'predict.ts' })
    },
  )

  test('tells about itself and how it wants to be run', async () => {
    const yaml = `
      description: Says hello
      visibility: private
      license_url: https://example.com/license
      version: ${'a'.repeat(64)}
      run:
        replicas: { min: 1, max: 3 }
        max_batch: 16
        threads: 2
        setup_timeout: 90
        predict_timeout: 1h30m
        train_timeout: 8h
        idle_timeout: 2m
        memory: 1GiB
        execution_providers: [cuda, cpu]
        session_options: { graphOptimizationLevel: basic }`
    expect(await readPackage(packageOf({ ...CODE, 'model.yaml': yaml }))).toMatchObject({
      yaml: { description: 'Says hello', visibility: 'private', version: 'a'.repeat(64) },
      run: {
        minReplicas: 1,
        maxReplicas: 3,
        maxBatch: 16,
        threads: 2,
        setupTimeoutMs: 90_000,
        predictTimeoutMs: 5_400_000,
        trainTimeoutMs: 28_800_000,
        idleTimeoutMs: 120_000,
        memoryBytes: 2 ** 30,
        executionProviders: ['cuda', 'cpu'],
        sessionOptions: { graphOptimizationLevel: 'basic' },
      },
    })
  })

  test('can do without code where there is a graph and model.yaml names its task', async () => {
    const yaml =
      'description: Tells cats from dogs\ntask: image-classification\nlabels: [cat, dog]\nrun: { threads: 2 }'
    expect(await readPackage(packageOf({ 'model.onnx': '', 'model.yaml': yaml }))).toMatchObject({
      entry: 'model.onnx',
      yaml: { description: 'Tells cats from dogs' },
      run: { threads: 2 },
    })
  })

  test.each(['', '# only a comment\n', '{}'])('may have a model.yaml that says nothing: %j', async (yaml) => {
    expect(await readPackage(packageOf({ ...CODE, 'model.yaml': yaml }))).toMatchObject({ yaml: {} })
  })
})

describe('a broken package is refused with a message that says what is wrong', () => {
  test('a setting that is not known, which may be a mistyped one', async () => {
    await expect(readPackage(packageOf({ ...CODE, 'model.yaml': 'verison: abc' }))).rejects.toThrow(
      'model.yaml: Additional property verison is not allowed',
    )
  })

  test('neither code nor a graph', async () => {
    const dir = packageOf({ 'model.yaml': '', 'weights.onnx': '' })
    await expect(readPackage(dir)).rejects.toMatchObject({
      code: 'invalid',
      message: `There is no predict.ts, predict.js, model.onnx, or model.ort in the package`,
    })
  })

  test.each<[files: Record<string, string>, message: string]>([
    [
      { ...CODE, 'model.onnx': '', 'model.yaml': 'task: tabular' },
      'model.yaml names a task, but predict.ts says what to do; remove one of them',
    ],
    [
      { 'model.onnx': '', 'model.yaml': 'task: tabular\nlables: [a]' },
      'model.yaml: task tabular: lables is no setting of it, only input, output, constants, labels, activation, features',
    ],
    [
      { 'model.onnx': '', 'model.yaml': 'task: tabular\nrun: { treads: 2 }' },
      'model.yaml: run: Additional property treads',
    ],
    [{ 'model.onnx': '', 'model.yaml': 'task: cats' }, 'model.yaml: task: "cats" is none of image-classification'],
  ])('a task: %j', async (files, message) => {
    await expect(readPackage(packageOf(files))).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(message),
    })
  })

  test.each<[yaml: string, message: string]>([
    ['run: { treads: 2 }', 'model.yaml: run: Additional property treads is not allowed'],
    ['run: { replicas: { most: 2 } }', 'model.yaml: run.replicas: Additional property most is not allowed'],
    ['run: { replicas: { min: 65 } }', 'model.yaml: run.replicas.min: Must be less than or equal to 64'],
    ['run: { replicas: { max: 0 } }', 'model.yaml: run.replicas.max: Must be greater than or equal to 1'],
    ['run: { replicas: { min: 3, max: 2 } }', 'model.yaml: run.replicas: max is 2, less than min, 3'],
    ['run: { max_batch: 0 }', 'model.yaml: run.max_batch: Must be greater than or equal to 1'],
    ['run: { memory: plenty }', 'model.yaml: run.memory: "plenty" is not a size such as 512MiB or 4GiB'],
    ['run: { idle_timeout: never }', 'model.yaml: run.idle_timeout: "never" is not a duration such as 30s or 5m'],
    ...[
      ['[]', ''],
      ['tpu', 'tpu'],
      ['[cuda, tpu]', 'cuda,tpu'],
    ].map(([yaml, shown]): [string, string] => [
      `run: { execution_providers: ${yaml} }`,
      `model.yaml: run.execution_providers: "${shown}" is neither auto nor one or more of cpu, cuda, webgpu`,
    ]),
    ['run: { threads: 0 }', 'model.yaml: run.threads: Must be greater than or equal to 1'],
    ['run: { threads: many }', 'model.yaml: run.threads: Invalid type. Expected: integer, given: string'],
    ['run: fast', 'model.yaml: run: Invalid type. Expected: object, given: string'],
    ['run: { predict_timeout: soon }', 'model.yaml: run.predict_timeout: "soon" is not a duration such as 30s or 5m'],
    ['run: { setup_timeout: 0s }', 'model.yaml: run.setup_timeout: "0s" is not a duration such as 30s or 5m'],
    ['version: abc', "model.yaml: version: Does not match pattern '^[0-9a-f]{64}$'"],
    ['description: 5', 'model.yaml: description: Invalid type. Expected: string, given: integer'],
    ['- a list', 'model.yaml: Invalid type. Expected: object, given: array'],
    ['just text', 'model.yaml: Invalid type. Expected: object, given: string'],
    [
      'version: 5\nrun: { threads: 0 }',
      'model.yaml: version: Invalid type. Expected: string, given: integer; run.threads: Must be greater than or equal to 1',
    ],
  ])('%j', async (yaml, message) => {
    await expect(readPackage(packageOf({ ...CODE, 'model.yaml': yaml }))).rejects.toMatchObject({
      code: 'invalid',
      message,
    })
  })

  test.each(['run: {', 'a: b: c', '"unclosed', 'a: 1\na: 2'])('%j is not YAML', async (yaml) => {
    await expect(readPackage(packageOf({ ...CODE, 'model.yaml': yaml }))).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/^model\.yaml is not valid YAML: ./),
    })
  })

  test.each(['run: { predict_timeout: true }', 'visibility: hidden'])('%j names the setting', async (yaml) => {
    const setting = /\w+(?=: (true|hidden))/.exec(yaml)?.[0]
    await expect(readPackage(packageOf({ ...CODE, 'model.yaml': yaml }))).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(String(setting)),
    })
  })
})

describe('packages are found', () => {
  const nobody = (dir: string) => expect.fail(`${dir} is ignored`)

  test('two folders deep, in the order of their names', async () => {
    const dir = testFolder()
    writeFiles(dir, {
      'b/two/predict.ts': '',
      'a/one/predict.ts': '',
      'a/one/deeper/predict.ts': '',
      'a/README.md': '',
      'README.md': '',
      '.git/hooks/predict.ts': '',
      'a/.cache/predict.ts': '',
      'a/with space/predict.ts': '',
    })
    writeFiles(dir, { 'shallow/predict.ts': '', 'shallow-graph/model.onnx': '' })
    const ignored: Record<string, string> = {}
    const found = await listPackageDirs(dir, (path, reason) => {
      ignored[path] = reason
    })
    expect(found).toEqual([join(dir, 'a/one'), join(dir, 'b/two')])
    expect(ignored).toEqual({
      [join(dir, 'a/with space')]: 'its name has characters that a model name cannot have',
      [join(dir, 'shallow')]: 'a package lies two folders deep, as <owner>/<name>',
      [join(dir, 'shallow-graph')]: 'a package lies two folders deep, as <owner>/<name>',
    })
  })

  test('behind links, too; links to files and to nowhere are left alone', async () => {
    const [dir, elsewhere] = [testFolder(), testFolder()]
    writeFiles(elsewhere, { 'package/predict.ts': '', 'file.txt': '' })
    writeFiles(dir, { 'a/one/predict.ts': '' })
    symlinkSync(join(elsewhere, 'package'), join(dir, 'a/two'))
    symlinkSync(elsewhere, join(dir, 'b'))
    symlinkSync(join(elsewhere, 'file.txt'), join(dir, 'notes'))
    symlinkSync(join(elsewhere, 'gone'), join(dir, 'gone'))
    symlinkSync(join(elsewhere, 'gone'), join(dir, 'a/gone'))
    expect(await listPackageDirs(dir, nobody)).toEqual(['a/one', 'a/two', 'b/package'].map((path) => join(dir, path)))
  })

  test('nowhere when the folder is not there, which is told', async () => {
    const unreadable: string[] = []
    const none = join(testFolder(), 'none')
    expect(await listPackageDirs(none, (dir) => void unreadable.push(dir))).toEqual([])
    expect(unreadable).toEqual([none])
  })

  test('under the name of their two folders', () => {
    expect(packageName('/srv/models/replicate/hello-world')).toBe('replicate/hello-world')
  })
})
