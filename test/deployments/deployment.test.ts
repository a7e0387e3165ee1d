import { describe, expect, test } from 'vitest'
import { asDeployed, begin, type Configuration, revise, whyInUse } from '../../src/deployments/deployment.ts'
import { makeVersion } from '../support/schedulers.ts'

const MINUTE_MS = 60_000
const CONFIGURATION: Configuration = { version: 'v1', hardware: 'cpu', minInstances: 0, maxInstances: 2 }
const deployment = begin({ name: 'app', model: 'test/model', ...CONFIGURATION }, 'alice', 1)

describe('a release', () => {
  test('is the first when the deployment is made', () => {
    expect(deployment).toEqual({
      owner: 'alice',
      name: 'app',
      createdAt: 1,
      release: { ...CONFIGURATION, model: 'test/model', number: 1, createdAt: 1, createdBy: 'alice' },
    })
  })

  test.each<Partial<Configuration>>([
    { version: 'v2' },
    { hardware: 'gpu-a' },
    { minInstances: 1 },
    { maxInstances: 0 },
    { version: 'v2', minInstances: 2 },
  ])('follows when %o changes', (changes) => {
    expect(revise(deployment, changes, 'bob', 9)).toEqual({
      ...deployment,
      release: { ...deployment.release, ...changes, number: 2, createdAt: 9, createdBy: 'bob' },
    })
  })

  test.each<Partial<Configuration>>([{}, { version: 'v1' }, CONFIGURATION])('stays with %o', (changes) => {
    expect(revise(deployment, changes, 'bob', 9)).toBeUndefined()
  })
})

test.each([
  { hardware: 'cpu', asked: 'auto', given: ['cpu'] },
  { hardware: 'cpu', asked: ['cuda', 'cpu'], given: ['cpu'] },
  { hardware: 'gpu-a', asked: 'auto', given: 'auto' },
  { hardware: 'gpu-a', asked: ['webgpu'], given: ['webgpu'] },
] as const)('a package that asks for $asked is given $given on $hardware', ({ hardware, asked, given }) => {
  const version = makeVersion({ minReplicas: 4, maxReplicas: 4, threads: 3, executionProviders: asked })
  const placed = { ...deployment, release: { ...deployment.release, hardware } }
  expect(asDeployed(version, placed)).toEqual({
    ...version,
    deployment: { owner: 'alice', name: 'app', hardware },
    run: { ...version.run, minReplicas: 0, maxReplicas: 2, executionProviders: given },
  })
})

describe('a deployment can be deleted', () => {
  const NOW = 100 * MINUTE_MS
  const ended = (minutesAgo: number) => ({ unfinished: false, lastEndedAt: NOW - minutesAgo * MINUTE_MS })
  const keeping = { ...deployment, release: { ...deployment.release, minInstances: 1 } }
  test.each([
    ['when it was never used', deployment, { unfinished: false, lastEndedAt: undefined }, 0, undefined],
    ['when its last use is 15 minutes ago', deployment, ended(15), 0, undefined],
    ['but not a minute earlier', deployment, ended(14), 0, /try again in a minute$/],
    ['but not just after', deployment, ended(0.5), 0, /try again in 15 minutes$/],
    ['but not with a clock that was set back', deployment, ended(-1), 0, /try again in 16 minutes$/],
    ['but not while it runs', deployment, { unfinished: true, lastEndedAt: undefined }, 1, /have not ended; wait/],
    ['but not with instances', deployment, ended(20), 2, /has running instances \(2\); set min_instances to 0/],
    ['but not while it keeps some that have no room', keeping, ended(20), 0, /keeps instances loaded; set min/],
  ] as const)('%s', (_, given, use, replicas, reason) => {
    const why = whyInUse(given, use, replicas, NOW)
    if (reason) expect(why).toMatch(reason)
    else expect(why).toBeUndefined()
  })
})
