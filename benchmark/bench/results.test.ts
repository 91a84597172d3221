/** What the page on performance says is what was measured. */

import t from 'tap'
import { readHttp, readMicro, tableInPage } from './results.ts'
import { httpTable, microTable } from './tables.ts'

t.test('the table of the HTTP benchmark stands in the page as its JSON has it', async (t) => {
  const results = readHttp()
  t.ok(results, 'there are results')
  if (results !== undefined) t.equal(tableInPage('http'), httpTable(results))
})

t.test('the table of the steps stands in the page as its JSON has it', async (t) => {
  const results = readMicro()
  t.ok(results, 'there are results')
  if (results !== undefined) t.equal(tableInPage('micro'), microTable(results))
})
