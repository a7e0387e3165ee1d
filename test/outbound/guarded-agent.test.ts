import { request } from 'undici'
import { expect, test, vi } from 'vitest'
import { closedPort, serve } from '../support/web-server.ts'
import { lookupIn, PUBLIC, publicAgent, publicInTests, testAgent } from './agents.ts'

const NEVER = "is link-local, multicast or a cloud's own, and is never allowed"
const PRIVATE = 'is in a private network; REPRISE_PRIVATE_NETWORK=on allows it'

async function status(url: string, dispatcher: ReturnType<typeof testAgent>): Promise<number> {
  const { statusCode, body } = await request(url, { dispatcher })
  await body.dump()
  return statusCode
}

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['127.1', '127.0.0.1'],
  ['0x7f000001', '127.0.0.1'],
  ['0', '0.0.0.0'],
  ['[::ffff:127.0.0.1]', '::ffff:7f00:1'],
  ['[::1]', '::1'],
  ['[::]', '::'],
  ['[64:ff9b::127.0.0.1]', '64:ff9b::7f00:1'],
])('without private networks http://%s is refused before a connection is made', async (host, address) => {
  const server = await serve((_request, response) => response.end())
  await expect(status(`http://${host}:${server.port}`, publicAgent())).rejects.toMatchObject({
    code: 'invalid',
    message: `the address ${address} ${PRIVATE}`,
  })
  expect(server.connections).toEqual([])
})

test.each(['http', 'https'])('without private networks an %s name of a private address is refused', async (scheme) => {
  const server = await serve((_request, response) => response.end())
  const agent = publicAgent({ 'intranet.example': ['127.0.0.1'] })
  await expect(status(`${scheme}://intranet.example:${server.port}`, agent)).rejects.toMatchObject({
    code: 'invalid',
    message: `the address of intranet.example ${PRIVATE}`,
  })
  expect(server.connections).toEqual([])
})

test.each([[[PUBLIC, '10.0.0.1']], [['10.0.0.1', PUBLIC]]])(
  'a name is refused when one of its addresses %j is private',
  async (addresses) => {
    const server = await serve((_request, response) => response.end())
    const agent = publicAgent({ 'both.example': addresses })
    await expect(status(`http://both.example:${server.port}`, agent)).rejects.toThrow(
      `the address of both.example ${PRIVATE}`,
    )
    expect(server.connections).toEqual([])
  },
)

test('a public name is reached at its address', async () => {
  const server = await serve((_request, response) => response.end())
  const agent = publicAgent({ 'files.example': [PUBLIC] })
  expect(await status(`http://files.example:${server.port}`, agent)).toBe(200)
  expect(server.connections).toEqual([PUBLIC])
})

test('each connection goes to an address that was checked for it, also when a name changes its address', async () => {
  const server = await serve((_request, response) => response.setHeader('connection', 'close').end())
  const answers = [[PUBLIC], ['127.0.0.1'], [PUBLIC]]
  const lookup = vi.fn<ReturnType<typeof lookupIn>>((name, options, callback) =>
    lookupIn({ [name]: answers.shift() ?? [] })(name, options, callback),
  )
  const agent = testAgent({ privateNetwork: false, lookup, classify: publicInTests })
  const url = `http://rebind.example:${server.port}`

  expect(await status(url, agent)).toBe(200)
  expect(lookup).toHaveBeenCalledTimes(1)
  await expect(status(url, agent)).rejects.toThrow(`the address of rebind.example ${PRIVATE}`)
  expect(await status(url, agent)).toBe(200)
  expect(lookup).toHaveBeenCalledTimes(3)
  expect(server.connections).toEqual([PUBLIC, PUBLIC])
})

test.each([
  ['169.254.169.254', '169.254.169.254'],
  ['[fe80::1]', 'fe80::1'],
  ['[fd00:ec2::254]', 'fd00:ec2::254'],
  ['[::ffff:169.254.169.254]', '::ffff:a9fe:a9fe'],
  ['224.0.0.1', '224.0.0.1'],
  ['255.255.255.255', '255.255.255.255'],
])('with private networks http://%s is refused all the same', async (host, address) => {
  await expect(status(`http://${host}/`, testAgent({ privateNetwork: true }))).rejects.toMatchObject({
    code: 'invalid',
    message: `the address ${address} ${NEVER}`,
  })
})

test('with private networks a name of a metadata service is refused all the same', async () => {
  const lookup = lookupIn({ 'metadata.example': ['169.254.169.254'] })
  await expect(status('http://metadata.example/', testAgent({ privateNetwork: true, lookup }))).rejects.toThrow(
    `the address of metadata.example ${NEVER}`,
  )
})

test('with private networks this machine is reached by address and by name', async () => {
  const server = await serve((_request, response) => response.end())
  const agent = testAgent({ privateNetwork: true })
  expect(await status(`http://127.0.0.1:${server.port}`, agent)).toBe(200)
  expect(await status(`http://[::ffff:127.0.0.1]:${server.port}`, agent)).toBe(200)
  expect(await status(`http://localhost:${server.port}`, agent)).toBe(200)
})

test('the proxy of the environment is not used', async () => {
  const server = await serve((_request, response) => response.end())
  const proxy = `http://127.0.0.1:${await closedPort()}`
  for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) vi.stubEnv(name, proxy)
  vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  try {
    expect(await status(`http://127.0.0.1:${server.port}`, testAgent({ privateNetwork: true }))).toBe(200)
  } finally {
    vi.unstubAllEnvs()
  }
})
