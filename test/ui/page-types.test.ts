/** The types that the page has of its own accept what the routes send: checked by the compiler. */

import t from 'tap'
import type { Static } from 'typebox'
import type * as wire from '../../src/http/schemas.ts'
import type * as page from '../../src/ui/element/token.ts'

export const received = {
  token: (token: wire.Token): page.Token => token,
  issued: (token: Static<typeof wire.IssuedToken>): page.IssuedToken => token,
  list: (list: Static<typeof wire.TokenList>): page.TokenPage => list,
  catalogue: (catalogue: Static<typeof wire.ScopeList>): page.Catalogue => catalogue,
  usage: (usage: Static<typeof wire.Usage>): page.Usage => usage,
}

t.pass('the compiler has compared the types')
