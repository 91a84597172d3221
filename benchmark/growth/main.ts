/**
 * Measures how a store behaves as it grows, and writes the table of `docs/explanation/growth.md`:
 * `npm run growth -- --sizes 10000,1000000 --stores SQLite,PostgreSQL`. Ten million tokens take about 5 GB of disk each.
 */

import { parseArgs } from 'node:util'
import { GROWTH_STORES, openGrown } from './databases.ts'
import { measure } from './measure.ts'
import { keep } from './results.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,1000000' },
    stores: { type: 'string', default: GROWTH_STORES.join(',') },
    keep: { type: 'boolean', default: false },
    postgres: { type: 'string', default: 'postgres://postgres@127.0.0.1:5432/test' },
  },
})

for (const store of GROWTH_STORES.filter((name) => values.stores.split(',').includes(name))) {
  for (const size of values.sizes.split(',').map(Number)) {
    console.log(`${store}, ${size.toLocaleString('en')} tokens`)
    const grown = await openGrown(store, size, values.postgres)
    try {
      const measured = await measure(grown, size)
      console.log(measured)
      if (values.keep) keep({ store, size, ...measured })
    } finally {
      await grown.drop()
    }
  }
}
