/**
 * IP addresses, and ranges of them in CIDR notation (RFC 4632, RFC 4291 §2.3). An IPv4-mapped IPv6 address (RFC 4291
 * §2.5.5.2) counts as its IPv4 address everywhere.
 */

import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export type IpAddress = ReturnType<typeof ipaddr.parse>

/** A network, and the number of bits that all of its addresses share. */
export type AddressRange = ReturnType<typeof ipaddr.parseCIDR>

/** The address without its zone (RFC 4007 §11), or `undefined` for any other text. */
export function parseAddress(text: string): IpAddress | undefined {
  if (isIP(text) === 0) return undefined
  const [address = text] = text.split('%')
  return asIpv4(parsed(address))
}

/** A range without bits after its prefix. A single address is a range of one. @throws {RangeError} That says what is wrong. */
export function parseRange(text: string): AddressRange {
  const [given = '', length, ...more] = text.split('/')
  // A zone names an interface of one machine.
  if (more.length > 0 || isIP(given) === 0 || given.includes('%'))
    throw new RangeError("must be an IP address or a CIDR range, such as '192.0.2.0/24' or '2001:db8::/32'")
  const address = parsed(given)
  const maxBits = address.kind() === 'ipv4' ? 32 : 128
  const bits = length === undefined ? maxBits : bitsOf(length)
  if (bits > maxBits) throw new RangeError(`must have a prefix length from 0 to ${maxBits}`)
  requireNoHostBits(address, bits)
  const ipv4 = asIpv4(address)
  // A mapped range without bits after its prefix has a prefix of at least 96 bits.
  return ipv4.kind() === address.kind() ? [address, bits] : [ipv4, bits - 96]
}

/** The canonical form of a range: `'192.0.2.0/24'`, `'2001:db8::/32'` (RFC 5952). */
export function rangeText([network, bits]: AddressRange): string {
  return `${network}/${bits}`
}

export function isInRange(address: IpAddress, [network, bits]: AddressRange): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}

/** An IPv4 address, or the first 64 bits of an IPv6 address, which one client has (RFC 6177 §2). `undefined` as above. */
export function networkOf(text: string): string | undefined {
  const address = parseAddress(text)
  if (address === undefined || address.kind() === 'ipv4') return address?.toString()
  return ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`).toString()
}

/** `isIP` comes first: this also reads octal and shortened forms of IPv4, which others read as another address. */
function parsed(text: string): IpAddress {
  // It reads `::192.0.2.1` as IPv4-mapped, which it is not (RFC 4291 §2.5.5.1), but not with a zero before.
  return ipaddr.parse(text.replace(/^::(?=[\d.]+$)/, '0::'))
}

function asIpv4(address: IpAddress): IpAddress {
  return ipaddr.process(address.toString())
}

/** Infinity for any other text than a number without leading zeros. */
function bitsOf(text: string): number {
  return /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : Infinity
}

/** It would stay open which range was meant: `10.0.0.1/8` may have been meant as one address. */
function requireNoHostBits(address: IpAddress, bits: number): void {
  const network = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6
  const first = network.networkAddressFromCIDR(`${address}/${bits}`).toString()
  if (first !== address.toString())
    throw new RangeError(`must not have bits after its prefix: did you mean ${first}/${bits}?`)
}
