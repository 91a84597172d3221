/** The types and lists that the page repeats from the server agree with those of the server. */

import t from 'tap'
import type { Static } from 'typebox'
import type * as adminWire from '../../src/admin/admin-schemas.ts'
import type * as wire from '../../src/http/schemas.ts'
import { TOKEN_SORTS, type TokenSort } from '../../src/lifecycle/list-tokens.ts'
import { MAX_REVOKED_CREDENTIALS, MAX_REVOKED_IDS } from '../../src/lifecycle/revoke-many.ts'
import { SEARCH_SORTS } from '../../src/lifecycle/search-order.ts'
import { TOKEN_STATUSES, type TokenStatus } from '../../src/token/status.ts'
import { REVOCATION_REASONS, OWNER_STATUSES as SERVER_OWNER_STATUSES } from '../../src/token/token.ts'
import { ADMIN_SORTS } from '../../src/ui/element/admin/admin-place.ts'
import type * as adminPage from '../../src/ui/element/admin/admin-token.ts'
import { MAX_CREDENTIALS, MAX_IDS, OWNER_STATUSES, REASONS } from '../../src/ui/element/admin/admin-token.ts'
import { SORTS } from '../../src/ui/element/place.ts'
import type * as page from '../../src/ui/element/token.ts'
import { STATUSES } from '../../src/ui/element/token.ts'

/** True only for the same type. */
type Same<One, Other> = [One, Other] extends [Other, One] ? true : never

/** The compiler checks that the page accepts what the routes send. */
export const received = {
  token: (token: wire.Token): page.Token => token,
  issued: (token: Static<typeof wire.IssuedToken>): page.IssuedToken => token,
  list: (list: Static<typeof wire.TokenList>): page.TokenPage => list,
  catalogue: (catalogue: Static<typeof wire.ScopeList>): page.Catalogue => catalogue,
  usage: (usage: Static<typeof wire.Usage>): page.Usage => usage,
  adminCatalogue: (list: adminWire.AdminScopeListBody): adminPage.AdminCatalogue => list,
  adminToken: (token: adminWire.AdminTokenBody): adminPage.AdminToken => token,
  adminIssued: (token: adminWire.IssuedAdminTokenBody): adminPage.IssuedAdminToken => token,
  found: (list: adminWire.AdminTokenListBody): adminPage.AdminPage<adminPage.AdminToken> => list,
  owners: (list: adminWire.OwnerListBody): adminPage.AdminPage<adminPage.OwnerRow> => list,
  revoked: (revoked: adminWire.RevokedBody): adminPage.Revoked => revoked,
}

/** The compiler checks that the page knows the same statuses, and no member of a token that the routes do not send. */
export const same = {
  status: true satisfies Same<page.Status, TokenStatus>,
  members: true satisfies Same<Exclude<keyof page.Token, keyof wire.Token>, never>,
  adminMembers: true satisfies Same<
    Exclude<keyof adminPage.AdminToken, keyof adminWire.AdminTokenBody>,
    never
  >,
  sorts: SORTS satisfies readonly TokenSort[],
}

t.test('the page has the statuses of the routes', async (t) => {
  t.same(STATUSES.toSorted(), TOKEN_STATUSES.toSorted())
})

t.test('the sorts of the page are sorts of the routes', async (t) => {
  for (const sort of SORTS) t.ok(TOKEN_SORTS.includes(sort), sort)
})

t.test('the administration page has the lists and limits of its routes', async (t) => {
  t.same(ADMIN_SORTS.toSorted(), SEARCH_SORTS.toSorted())
  t.same(OWNER_STATUSES.toSorted(), SERVER_OWNER_STATUSES.toSorted())
  t.same(REASONS.toSorted(), REVOCATION_REASONS.toSorted())
  t.same([MAX_IDS, MAX_CREDENTIALS], [MAX_REVOKED_IDS, MAX_REVOKED_CREDENTIALS])
})
