/** The page on performance contains the stored results. */

import t from 'tap'
import { readHttp, readMicro, tableInPage } from './results.ts'
import { httpTable, microTable } from './tables.ts'

t.test('the page contains the table of the stored HTTP results', async (t) => {
  const results = readHttp()
  t.ok(results, 'there are results')
  if (results !== undefined) t.equal(tableInPage('http'), httpTable(results))
})

t.test('the page contains the table of the stored micro results', async (t) => {
  const results = readMicro()
  t.ok(results, 'there are results')
  if (results !== undefined) t.equal(tableInPage('micro'), microTable(results))
})
