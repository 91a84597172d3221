/** Ranges of addresses: the result is that of Node's own block list for random ranges and addresses. */

import { BlockList, isIPv4 } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { parseRange, rangeText } from '../../src/verification/address-ranges.ts'
import { AllowedAddresses } from '../../src/verification/allowed-addresses.ts'

/** Few different bytes, so that an address is often in a range. */
const byte = fc.constantFrom(0, 1, 127, 128, 192, 255)
const word = fc.constantFrom(0, 1, 0x7fff, 0x8000, 0x0db8, 0x2001, 0xffff)
const ipv4 = fc.array(byte, { minLength: 4, maxLength: 4 })
const ipv6 = fc.array(word, { minLength: 8, maxLength: 8 })

/** The first bits of a network of 8- or 16-bit parts. */
function network(parts: readonly number[], width: 8 | 16, bits: number): readonly number[] {
  return parts.map((part, index) => {
    const kept = Math.min(width, Math.max(0, bits - index * width))
    return part & (((1 << kept) - 1) << (width - kept))
  })
}

const textOf = (parts: readonly number[]) =>
  parts.length === 4 ? parts.join('.') : parts.map((part) => part.toString(16)).join(':')

const range4 = fc
  .tuple(ipv4, fc.integer({ min: 0, max: 32 }))
  .map(([parts, bits]) => ({ start: textOf(network(parts, 8, bits)), bits, type: 'ipv4' as const }))
const range6 = fc
  .tuple(ipv6, fc.integer({ min: 1, max: 128 }))
  // Whether an IPv4-mapped address is in a range of IPv6 is defined by us, not by Node.
  .map(([[, ...parts], bits]) => [[0x2001, ...parts], Math.max(16, bits)] as const)
  .map(([parts, bits]) => ({ start: textOf(network(parts, 16, bits)), bits, type: 'ipv6' as const }))
const range = fc.oneof(range4, range6)
const address = fc.oneof(
  ipv4.map(textOf),
  ipv4.map((parts) => `::ffff:${textOf(parts)}`),
  ipv6.map(([, ...parts]) => textOf([0x2001, ...parts])),
)

t.test('an address is in a list if and only if net.BlockList of Node.js agrees', async (t) => {
  let allowed = 0
  fc.assert(
    fc.property(
      fc.array(range, { minLength: 1, maxLength: 4 }),
      fc.array(address, { minLength: 1, maxLength: 8 }),
      (ranges, addresses) => {
        const list = new BlockList()
        for (const { start, bits, type } of ranges) list.addSubnet(start, bits, type)
        const texts = ranges.map(({ start, bits }) => rangeText(parseRange(`${start}/${bits}`)))
        const own = new AllowedAddresses(texts)
        for (const each of [...addresses, ...addresses]) {
          const expected = list.check(each, isIPv4(each) ? 'ipv4' : 'ipv6')
          allowed += Number(expected)
          if (own.include(each) !== expected) throw new Error(`${each} in ${texts.join(', ')}: ${expected}`)
        }
      },
    ),
    { numRuns: 2_000 },
  )
  t.ok(allowed > 500, 'many are in a range')
})

t.test('the canonical form of a range is its own canonical form', async (t) => {
  fc.assert(
    fc.property(range, ({ start, bits }) => {
      const text = rangeText(parseRange(`${start}/${bits}`))
      return rangeText(parseRange(text)) === text
    }),
  )
  t.equal(rangeText(parseRange('2001:0DB8:0:0:1:0:0:1')), '2001:db8::1:0:0:1/128', 'RFC 5952 §4.2.3')
  t.equal(rangeText(parseRange('::ffff:0:0/96')), '0.0.0.0/0')
  t.equal(rangeText(parseRange('::192.0.2.1')), '::c000:201/128', 'IPv4-compatible is not IPv4-mapped')
})
