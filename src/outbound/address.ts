import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** `forbidden` addresses are never reached, `private` ones only where the operator allows it. */
export type AddressClass = 'public' | 'private' | 'forbidden'

/**
 * Metadata services, which hand out the credentials of the machine, and the agents of clouds beside them; their
 * link-local addresses are not listed, because the whole range is forbidden.
 */
const METADATA_NETWORKS = [
  '100.100.100.200/32', // Alibaba
  'fd00:100::100:200/128',
  '168.63.129.16/32', // Azure
  'fd00:ec2::/32', // AWS
  'fd20:ce::254/128', // Google
  '192.0.0.192/32', // Oracle
  'fd00:c1::a9fe:a9fe/128',
  'fd00:42::42/128', // Scaleway
  'fd00:a9fe:a9fe::1/128', // Linode
].map((network) => ipaddr.parseCIDR(network))

/** IPv6 addresses that lead to an IPv4 address, and the byte at which it begins. */
const EMBEDDING_NETWORKS = [
  { network: '::/96', at: 12 }, // IPv4-compatible
  { network: '::ffff:0:0/96', at: 12 }, // IPv4-mapped
  { network: '::ffff:0:0:0/96', at: 12 }, // IPv4-translated
  { network: '64:ff9b::/96', at: 12 }, // NAT64
  { network: '2002::/16', at: 2 }, // 6to4
].map(({ network, at }) => ({ network: ipaddr.IPv6.parseCIDR(network), at }))

/** Tunnels whose far end cannot be read from the address: Teredo, and NAT64 with a prefix of the network's own. */
const OPAQUE_NETWORKS = ['2001::/32', '64:ff9b:1::/48'].map((network) => ipaddr.IPv6.parseCIDR(network))

const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

const FORBIDDEN_RANGES: readonly string[] = ['linkLocal', 'multicast', 'broadcast']

/** Where an address leads; text that is not an address is `forbidden`. */
export function classifyAddress(text: string): AddressClass {
  if (!isIP(text) || !ipaddr.isValid(text)) return 'forbidden'
  const address = ipaddr.parse(text)
  if (METADATA_NETWORKS.some((network) => contains(network, address))) return 'forbidden'
  return address instanceof ipaddr.IPv6 ? classifyIPv6(address) : classifyRange(address.range())
}

function classifyIPv6(address: ipaddr.IPv6): AddressClass {
  const embedding = EMBEDDING_NETWORKS.find(({ network }) => address.match(network))
  if (embedding) {
    const octets = address.toByteArray().slice(embedding.at, embedding.at + 4)
    return classifyAddress(octets.join('.'))
  }
  if (OPAQUE_NETWORKS.some((network) => address.match(network))) return 'forbidden'
  const found = classifyRange(address.range())
  return found === 'public' && !address.match(GLOBAL_UNICAST) ? 'private' : found
}

function classifyRange(range: string): AddressClass {
  if (FORBIDDEN_RANGES.includes(range)) return 'forbidden'
  return range === 'unicast' ? 'public' : 'private'
}

function contains(network: [ipaddr.IPv4 | ipaddr.IPv6, number], address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return network[0].kind() === address.kind() && address.match(network)
}
