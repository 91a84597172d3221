/** Text that people wrote: shown as text, in its own direction, whatever it holds. */

import { html, type TemplateResult } from 'lit'
import type { MessageName } from '../../messages/messages.ts'
import type { Params, Texts } from '../texts.ts'
import type { Token } from '../token.ts'

/** What a token is called; one without a name by the end of its credential. */
export function titleOf(token: Pick<Token, 'name' | 'hint'>, texts: Texts): string {
  return token.name ?? `${texts.say('unnamed')} …${token.hint}`
}

/** A sentence whose names stand out and keep to themselves. */
export function sentence(texts: Texts, name: MessageName, params: Params): unknown {
  return texts.parts<string | TemplateResult>(
    name,
    params,
    (value) => html`<strong><bdi>${value}</bdi></strong>`,
  )
}

/** A moment, said as people do, with the exact time at hand. */
export function moment(iso: string, texts: Texts, now: number): TemplateResult {
  return html`<time datetime=${iso} title=${texts.moment(iso)}>${texts.ago(iso, now)}</time>`
}
