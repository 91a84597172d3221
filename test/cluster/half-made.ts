/** What a process that dies in the middle must never leave behind. */

import type { SqlDatabase } from '../support/sql-databases.ts'

/** The ids of rows that miss what belongs to them. */
export async function halfMade({ run }: Pick<SqlDatabase, 'run'>, kid: string): Promise<readonly string[]> {
  const rows = await run<{ id: string }>(`
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
    select token.id from api_tokens token
      left join (select token_id, sum(requests) as uses from api_token_usage group by token_id) days
        on days.token_id = token.id
      where token.use_count <> coalesce(days.uses, 0)
    union all
    select token_id from api_token_usage where token_id not in (select id from api_tokens)`)
  return rows.map(({ id }) => id)
}
