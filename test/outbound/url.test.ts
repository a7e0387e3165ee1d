import { expect, test } from 'vitest'
import { parseOutboundUrl } from '../../src/outbound/url.ts'

test.each([
  ['http://example.com', 'http://example.com/'],
  ['https://example.com/a/b.png?c=d&e#f', 'https://example.com/a/b.png?c=d&e#f'],
  ['HTTPS://EXAMPLE.com:443/A', 'https://example.com/A'],
  ['http://example.com:8080/a', 'http://example.com:8080/a'],
  ['http://example.com/user@host/a?b=c@d', 'http://example.com/user@host/a?b=c@d'],
  ['http://[2606:4700:4700:0::1111]/', 'http://[2606:4700:4700::1111]/'],
  ['http://münchen.example/ü', 'http://xn--mnchen-3ya.example/%C3%BC'],
  [`http://a.example/${'x'.repeat(8192 - 17)}`, `http://a.example/${'x'.repeat(8192 - 17)}`],
])('%s is read as %s', (text, href) => {
  expect(parseOutboundUrl(text).href).toBe(href)
})

test.each([
  'http://127.1',
  'http://127.0.0.1.',
  'http://0x7f000001',
  'http://0x7f.0.0.1',
  'http://2130706433',
  'http://0177.0.0.1',
  'http://%31%32%37.0.0.1',
  'http://１２７.0.0.1',
  'http://①②⑦.0.0.1',
  'http://127。0。0。1',
  'http://127.0.0\u00ad.1',
])('%s names 127.0.0.1 plainly once it is read', (text) => {
  expect(parseOutboundUrl(text).hostname).toBe('127.0.0.1')
})

test('an IPv4 address within an IPv6 one is shown once it is read', () => {
  expect(parseOutboundUrl('http://[::ffff:127.0.0.1]/').hostname).toBe('[::ffff:7f00:1]')
})

const STRANGE = 'it contains a space, a control character or a backslash'
const CREDENTIALS = 'it contains a user name or a password'

test.each([
  ['', 'it is not a URL'],
  ['picture.png', 'it is not a URL'],
  ['//example.com/a', 'it is not a URL'],
  ['/etc/passwd', 'it is not a URL'],
  ['://example.com', 'it is not a URL'],
  ['http://example.com:99999/', 'it is not a URL'],
  ['http://[::1', 'it is not a URL'],
  ['http://[fe80::1%25eth0]/', 'it is not a URL'],
  ['http://exa<mple.com/', 'it is not a URL'],
  ['http://1.2.3.256/', 'it is not a URL'],
  ['http://:80/', 'it is not a URL'],
  ['file:///etc/passwd', 'it begins with file: instead of http: or https:'],
  ['ftp://example.com/a', 'it begins with ftp: instead of http: or https:'],
  ['data:text/plain,hi', 'it begins with data: instead of http: or https:'],
  ['javascript:alert(1)', 'it begins with javascript: instead of http: or https:'],
  ['gopher://127.0.0.1:6379/_', 'it begins with gopher: instead of http: or https:'],
  ['httpx://example.com', 'it begins with httpx: instead of http: or https:'],
  ['blob:http://example.com/1', 'it begins with blob: instead of http: or https:'],
  ['http:', 'it names no host'],
  ['http:example.com', 'it names no host'],
  ['http:/example.com', 'it names no host'],
  ['http://', 'it names no host'],
  ['http:///example.com', 'it names no host'],
  ['http://?a', 'it names no host'],
  ['http://#a', 'it names no host'],
  ['http://a@b', CREDENTIALS],
  ['http://a:b@example.com/', CREDENTIALS],
  ['http://@example.com/', CREDENTIALS],
  ['http://:@example.com/', CREDENTIALS],
  ['http://good.example@127.0.0.1/', CREDENTIALS],
  ['http://127.0.0.1:80@good.example/', CREDENTIALS],
  ['http:\\\\host', STRANGE],
  ['http:/\\/host', STRANGE],
  ['http://good.example\\@127.0.0.1/', STRANGE],
  ['http://example.com/a\\b', STRANGE],
  [' http://example.com/', STRANGE],
  ['http://example.com/\n', STRANGE],
  ['ht\ttp://example.com/', STRANGE],
  ['http://exam\r\nple.com/', STRANGE],
  ['http://example.com/a b', STRANGE],
  ['http://example.com/\u0000', STRANGE],
  ['http://example.com/\u007f', STRANGE],
  ['\u0001http://example.com/', STRANGE],
  ['\ufeffhttp://example.com/', STRANGE],
  ['http://example.com/\u00a0', STRANGE],
  [`http://a.example/${'x'.repeat(8193 - 17)}`, 'it is longer than 8192 characters'],
])('%j is refused: %s', (text, clause) => {
  expect(() => parseOutboundUrl(text)).toThrow(expect.objectContaining({ code: 'invalid', message: clause }))
})
