import fc from 'fast-check'
import { expect, test } from 'vitest'
import { classifyAddress } from '../../src/outbound/address.ts'

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '168.63.129.15',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:80b::200e',
  '::ffff:8.8.8.8',
  '::ffff:808:808',
  '64:ff9b::808:808',
  '2002:808:808::1',
])('%s is public', (address) => {
  expect(classifyAddress(address)).toBe('public')
})

test.each([
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.0',
  '100.100.100.201',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '172.16.0.0',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.7',
  '240.0.0.1',
  '255.255.255.254',
  '::',
  '::1',
  '::1%lo',
  'fc00::1',
  'fd12:3456::1',
  'fec0::1',
  '100::1',
  '2001:db8::1',
  '3fff::1',
  '4000::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:10.0.0.1',
  '::7f00:1',
  '::ffff:0:7f00:1',
  '64:ff9b::10.0.0.1',
  '64:ff9b::7f00:1',
  '2002:a00:1::1',
  '2002:7f00:1::',
])('%s is private', (address) => {
  expect(classifyAddress(address)).toBe('private')
})

test.each([
  '169.254.0.0',
  '169.254.169.254',
  '169.254.170.2',
  '169.254.255.255',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '224.0.0.1',
  '239.255.255.255',
  '255.255.255.255',
  'fe80::1',
  'fe80::1%eth0',
  'fe80::1%eth0.1',
  'febf::1',
  'ff02::1',
  'fd00:ec2::254',
  'FD00:0EC2:0::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  'fd00:c1::a9fe:a9fe',
  'fd00:42::42',
  'fd00:100::100:200',
  'fd00:a9fe:a9fe::1',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::ffff:168.63.129.16',
  '::a9fe:a9fe',
  '::ffff:0:a9fe:a9fe',
  '64:ff9b::169.254.169.254',
  '64:ff9b::6464:64c8',
  '64:ff9b:1::808:808',
  '2002:a9fe:a9fe::1',
  '2002:e000:1::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
])('%s is forbidden', (address) => {
  expect(classifyAddress(address)).toBe('forbidden')
})

test.each(['', 'localhost', '127.1', '0x7f000001', '2130706433', '010.0.0.1', '8.8.8.8 ', '[::1]', '1.2.3.4.5', '::g'])(
  '"%s" is no address and so forbidden',
  (text) => {
    expect(classifyAddress(text)).toBe('forbidden')
  },
)

test('an IPv6 address that leads to an IPv4 address is what that one is', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
      const [high, low] = [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)]
      const leading = [
        `::${high}:${low}`,
        `::ffff:${high}:${low}`,
        `::ffff:0:${high}:${low}`,
        `64:ff9b::${high}:${low}`,
        `2002:${high}:${low}::1`,
      ]
      expect(leading.map(classifyAddress)).toEqual(leading.map(() => classifyAddress(address)))
    }),
  )
})

test('every address has a class', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV6(), fc.string()), (address) => {
      expect(['public', 'private', 'forbidden']).toContain(classifyAddress(address))
    }),
  )
})
