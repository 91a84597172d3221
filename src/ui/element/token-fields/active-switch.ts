/** The switch between active and inactive. */

import { css, html, type TemplateResult } from 'lit'
import type { Texts } from '../texts.ts'
import type { Token } from '../token.ts'
import { titleOf } from './foreign-text.ts'

export interface ActiveSwitch {
  readonly token: Token
  readonly texts: Texts
  readonly disabled: boolean
  readonly onSwitch: (token: Token) => void
}

export function activeSwitch({ token, texts, disabled, onSwitch }: ActiveSwitch): TemplateResult {
  return html`<button
    type="button"
    class="switch"
    role="switch"
    data-action="switch"
    aria-checked=${token.status === 'active'}
    aria-label=${texts.say('switchLabel', { name: titleOf(token, texts) })}
    aria-disabled=${disabled}
    @click=${() => disabled || onSwitch(token)}
  ></button>`
}

export const switchStyles = css`
  button.switch {
    position: relative;
    flex: none;
    width: 2.625rem;
    min-height: 1.5rem;
    padding: 0;
    border: 0;
    border-radius: 99px;
    background: var(--_control-line);
    transition: background 0.15s;
  }

  button.switch:hover:not(:disabled) {
    background: color-mix(in srgb, var(--_control-line) 85%, var(--_text));
  }

  button.switch::after {
    position: absolute;
    inset-block: 3px;
    inset-inline-start: 3px;
    aspect-ratio: 1;
    border-radius: 50%;
    background: var(--_background);
    content: '';
    transition: inset-inline-start 0.15s;
  }

  button.switch[aria-checked='true'] {
    background: var(--_accent);
  }

  button.switch[aria-checked='true']:hover:not(:disabled) {
    background: color-mix(in srgb, var(--_accent) 88%, var(--_text));
  }

  button.switch[aria-checked='true']::after {
    inset-inline-start: calc(3px + 1.125rem);
  }

  @media (forced-colors: active) {
    button.switch {
      border: 1px solid;
    }

    button.switch::after {
      inset-block: 2px;
      background: ButtonText;
    }

    button.switch[aria-checked='true']::after {
      background: HighlightText;
    }
  }
`
