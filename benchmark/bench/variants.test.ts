/** Every variant of the benchmark works, and every comparison is valid. */

import t from 'tap'
import { comparisons, latencyComparisons, nameOf } from './comparisons.ts'
import { estimate } from './statistics.ts'
import { variantNamed, variants } from './variants/all.ts'
import { hasBetterAuth } from './variants/better-auth.ts'
import { isAvailable } from './variants/databases.ts'
import { CREDENTIALS, type Variant } from './variants/variant.ts'

for (const variant of variants) {
  const skip = await reasonToSkip(variant)
  t.test(`${variant.title}: ${variant.answers}, and 401 without a credential`, { skip }, async (t) => {
    const { app, credentials } = await variant.start()
    t.teardown(() => app.close())
    t.equal(credentials.length, CREDENTIALS)
    for (const credential of credentials.slice(0, 20)) {
      for (let times = 0; times < 2; times += 1) {
        const { statusCode } = await app.inject({
          url: '/',
          headers: { authorization: `Bearer ${credential}` },
        })
        t.equal(statusCode, variant.answers)
      }
    }
    t.equal((await app.inject('/')).statusCode, variant.name === 'bare' ? 200 : 401)
  })
}

t.test('every comparison has existing variants and its own name', async (t) => {
  const all = [...comparisons, ...latencyComparisons]
  for (const { variant, of } of all) t.ok(variantNamed(variant) && variantNamed(of))
  t.equal(new Set(all.map(nameOf)).size, all.length)
})

t.test('the interval of a median of thirty values goes from the tenth to the twenty-first', async (t) => {
  const values = Array.from({ length: 30 }, (_, index) => 30 - index)
  t.same(estimate(values), { median: 15.5, low: 10, high: 21 })
})

/** In CI every database server must be available. */
async function reasonToSkip({ name, needs }: Variant): Promise<string | false> {
  if (name.startsWith('better-auth') && !hasBetterAuth()) {
    return 'its packages are installed by the first `npm run bench`'
  }
  if (needs === undefined || process.env['CI'] !== undefined || (await isAvailable(needs))) return false
  return `${needs} is not available`
}
