/** Shows text that users wrote, as plain text in its own direction. */

import { html, type TemplateResult } from 'lit'
import type { MessageName } from '../../messages/messages.ts'
import type { Params, Texts } from '../texts.ts'
import type { Token } from '../token.ts'

/** The name of a token; without a name, the end of its credential. */
export function titleOf(token: Pick<Token, 'name' | 'hint'>, texts: Texts): string {
  return token.name ?? `${texts.say('unnamed')} …${token.hint}`
}

/** A sentence whose names are emphasized and isolated in text direction. */
export function sentence<Name extends string = MessageName>(
  texts: Texts<Name>,
  name: Name,
  params: Params,
): unknown {
  return texts.parts<string | TemplateResult>(
    name,
    params,
    (value) => html`<strong><bdi>${value}</bdi></strong>`,
  )
}

/** A relative time with the exact time as a tooltip. */
export function moment(iso: string, texts: Texts, now: number): TemplateResult {
  return html`<time datetime=${iso} title=${texts.moment(iso)}>${texts.ago(iso, now)}</time>`
}
