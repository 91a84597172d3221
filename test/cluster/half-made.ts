/** The state that a process must never leave behind when it is killed in the middle. */

import { type SqlDatabase, USE_COUNT } from '../support/sql-databases.ts'

/** The ids of rows that miss what belongs to them. */
export async function halfMade({ run }: Pick<SqlDatabase, 'run'>, kid: string): Promise<readonly string[]> {
  const rows = await run<{ id: unknown }>(`
    select token.id from api_tokens token left join api_token_owners owner on owner.user_id = token.user_id
      where owner.user_id is null or token.generation > owner.generation
        or token.kid <> '${kid}' or token.hint = ''
    union all
    select token.id from api_tokens token left join api_tokens old on old.id = token.predecessor_id
      where token.predecessor_id is not null
        and (old.id is null or (token.status <> 'revoked' and old.successor_id <> token.id))
    union all
    select token.id from api_tokens token left join api_tokens new on new.id = token.successor_id
      where token.successor_id is not null
        and (new.id is null or (token.status <> 'revoked' and new.predecessor_id is null))
    union all
    select api_tokens.id from api_tokens
      left join (select token_id, sum(requests) as uses from api_token_usage group by token_id) days
        on days.token_id = api_tokens.id
      where ${USE_COUNT} <> coalesce(days.uses, 0)`)
  return rows.map(({ id }) => String(id))
}
