import type { Random } from '../soak/random.ts'
import type { Operation } from './operations.ts'
import { asBytes } from './request.ts'
import { sample } from './sample.ts'
import { STRANGE_TEXTS } from './strange-texts.ts'
import type { Owned, Who, World } from './world.ts'

/** Ids that a client chooses, the same ones again and again. */
const OWN_IDS = 40

/** The target of an operation, with such parameters as lead to something. */
export function fillPath(world: World, operation: Operation, who: Who | undefined, random: Random): string {
  const { path, parameters } = operation
  const granted = world.capabilities.filter((capability) => patternOf(path).test(capability))
  if (granted.length > 0 && random.chance(0.7)) return random.from(granted)
  const values = valuesFor(world, path, who, random)
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) =>
    escaped((random.chance(0.92) ? values[name] : undefined) ?? random.from(STRANGE_TEXTS)),
  )
  const query = parameters
    .filter(({ place }) => place === 'query' && random.chance(0.5))
    .map(({ name, schema }) => `${name}=${escaped(queryValue(world, name, schema, random))}`)
  return query.length === 0 ? filled : `${filled}?${query.join('&')}`
}

/** What a path that has the shape of a template looks like, with or without a query. */
function patternOf(template: string): RegExp {
  const parts = template.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^$()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/?]+')}(?:\\?|$)`)
}

/** Values for the parameters of a path that belong together, most of the time. */
function valuesFor(
  world: World,
  path: string,
  who: Who | undefined,
  random: Random,
): Record<string, string | undefined> {
  const made = `made-${random.below(20)}`
  if (path.startsWith('/v1/deployments'))
    return { owner: random.chance(0.9) ? who : 'carol', name: random.from(['app', made]) }
  if (path.startsWith('/v1/models')) {
    const model = path.endsWith('/trainings')
      ? world.models.find(({ name }) => name === 'test/learns')
      : random.from(world.models)
    const [owner, name] = random.chance(0.6) ? (model?.name.split('/') ?? []) : [who ?? 'alice', made]
    return { owner, name, id: model?.versions[0] }
  }
  const own = <Item extends Owned>(list: readonly Item[]): Item =>
    random.from(random.chance(0.8) && who ? list.filter((one) => one.who === who) : list)
  if (path.includes('{delivery}')) {
    const { id, delivery } = own(world.deliveries)
    return { id, delivery }
  }
  if (path.startsWith('/v1/files')) return { id: own(world.files).id }
  if (path.startsWith('/v1/trainings')) return { id: own(world.trainings).id }
  if (path.startsWith('/v1/predictions')) return { id: random.chance(0.4) ? ownId(random) : own(world.predictions).id }
  return { slug: 'some' }
}

function ownId(random: Random): string {
  return `01hfzzzzzzzzzzzzzzzzzzzz${String(random.below(OWN_IDS)).padStart(2, '0')}`
}

function queryValue(world: World, name: string, schema: Record<string, unknown>, random: Random): string {
  const known = name === 'cursor' ? random.from(['', ...world.cursors]) : undefined
  return String(sample(world.document, schema, random, () => known, name))
}

function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed()).slice(0, 6_000)
}

/** The same path written otherwise, or another that is nearly the same. */
export function mutateTarget(world: World, target: string, random: Random): string {
  const at = random.below(target.length + 1)
  const insert = (text: string) => target.slice(0, at) + text + target.slice(at)
  const strange = () => encodeURIComponent(random.from(STRANGE_TEXTS).toWellFormed())
  switch (random.below(22)) {
    case 0:
      return [...target]
        .map((char) =>
          random.chance(0.3) && char !== '?' ? `%${char.charCodeAt(0).toString(16).padStart(2, '0')}` : char,
        )
        .join('')
    case 1:
      return target.replaceAll('/', '%2f').replace('%2f', '/')
    case 2:
      return target.replaceAll('/', '%252f').replace('%252f', '/')
    case 3:
      return insert(random.from(['/..', '/../', '/./', '//', '/%2e%2e/', '/..%2f', '/.%00./', '\\..\\']))
    case 4:
      return insert(random.from(['%00', '%0d%0a', '%ff', '%c0%ae', '%ed%a0%80', '%', '%z', '%zz', '%1', '%u0041']))
    case 5:
      return insert(asBytes(random.from(['é', '日本', '👋'])))
    case 6:
      return insert(String.fromCharCode(0x80 + random.below(0x7f)))
    case 7:
      return insert('a'.repeat(random.from([300, 1_001, 10_000])))
    case 8:
      return `${target}/`
    case 9:
      return `${target}${target.includes('?') ? '&' : '?'}${random.from(['cursor', 'limit', 'query', 'source', '__proto__', 'constructor', 'a[b]', 'created_after'])}=${strange()}`
    case 10:
      return `${target}${target.includes('?') ? '&' : '?'}${random.from(['cursor=a&cursor=b', 'limit=1&limit=2', '&&&', '=', '?', '__proto__[a]=1', 'query=%', 'query=%ff', 'a='.repeat(2_000)])}`
    case 11:
      return target.replace('/v1/', '/v1/v1/')
    case 12:
      return `/v1/http://127.0.0.1:${world.port}${target}`
    case 13:
      return `http://${random.from(['127.0.0.1', 'example.com', 'a:b@c', '[', ''])}${target}`
    case 14:
      return target.toUpperCase()
    case 15:
      return `${target};a=b`
    case 16:
      return `${target}#fragment`
    case 17:
      return target.slice(0, at) || '/'
    case 18:
      return random.from([
        '*',
        '/',
        '//',
        '/v1',
        '/v1/',
        '/%',
        '/?',
        '',
        'v1',
        '/.',
        '/..',
        '/v1/nothing',
        '/health',
        '/ready',
        '/metrics',
        '/openapi.json',
        'example.com:443',
      ])
    case 19:
      return target.replace(/[^/?]+$/, strange())
    case 20:
      return target.replace(/[0-9a-z]{26}/, (id) => id.slice(0, -1) + random.from(['0', 'z', 'Z', 'i', '%30']))
    default:
      return target.slice(0, at) + String.fromCharCode(0x21 + random.below(0x5e)) + target.slice(at + 1)
  }
}
