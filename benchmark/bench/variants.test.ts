/** Every variant of the benchmark answers as it says, so that the benchmark does not rot. */

import t from 'tap'
import { comparisons, nameOf } from './comparisons.ts'
import { estimate } from './statistics.ts'
import { variantNamed, variants } from './variants/all.ts'
import { hasBetterAuth } from './variants/better-auth.ts'
import { CREDENTIALS } from './variants/variant.ts'

for (const variant of variants) {
  const isMissing = variant.name.startsWith('better-auth') && !hasBetterAuth()
  const skip = isMissing ? 'its packages are installed by the first `npm run bench`' : false
  t.test(`${variant.title} answers ${variant.answers}, and 401 for nothing at all`, { skip }, async (t) => {
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

t.test('every comparison names variants that there are, and each once', async (t) => {
  for (const { variant, of } of comparisons) t.ok(variantNamed(variant) && variantNamed(of))
  t.equal(new Set(comparisons.map(nameOf)).size, comparisons.length)
})

t.test('the interval of a median of thirty values goes from the tenth to the twenty-first', async (t) => {
  const values = Array.from({ length: 30 }, (_, index) => 30 - index)
  t.same(estimate(values), { median: 15.5, low: 10, high: 21 })
})
