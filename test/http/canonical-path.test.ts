import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalPath } from '../../src/http/canonical-path.ts'

test.each([
  ['/v1/predictions', '/v1/predictions'],
  ['/v1/v1/predictions', '/v1/predictions'],
  ['/v1/v1/predictions?cursor=a', '/v1/predictions?cursor=a'],
  ['/v1/http://localhost:3000/v1/predictions?cursor=a%3D', '/v1/predictions?cursor=a%3D'],
  ['/v1/https://models.example.com/v1/models?cursor=a', '/v1/models?cursor=a'],
  ['/v1/https://models.example.com/v1/v1/models', '/v1/models'],
  ['/v1/https://models.example.com', '/'],
  ['/v1/https://', '/v1/https://'],
  ['/v1/httpbin/model', '/v1/httpbin/model'],
  ['/v1/v1', '/v1/v1'],
  ['/v1', '/v1'],
  ['/', '/'],
  ['/v2/v1/v1/predictions', '/v2/v1/v1/predictions'],
])('%s means %s', (url, path) => {
  expect(canonicalPath(url)).toBe(path)
})

test('whatever is asked for, the answer is a path', () => {
  const part = fc.constantFrom('/v1', '/http://', '/https://', 'host', '/', '..', '?', '#', '@', ':', '%2F', '\\')
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      expect(canonicalPath(`/${parts.join('')}`)).toMatch(/^\//)
    }),
  )
})
