/** The views that replace the list, one for each reason. */

import { css, html, nothing, type TemplateResult } from 'lit'
import { type Fault, sayFault } from './fault.ts'
import * as icons from './styles/icons.ts'
import type { Texts } from './texts.ts'

/** The beginning of the names of its messages. */
type ViewName =
  | 'empty'
  | 'noMatch'
  | 'failed'
  | 'offline'
  | 'signedOut'
  | 'deactivated'
  | 'ownerGone'
  | 'notAvailable'

interface View {
  /** Default: the message of the view. */
  readonly text?: string
  readonly action?: unknown
  /** Whether the view is the whole page, so that its title is the heading of the page. */
  readonly top?: boolean
}

function view(
  texts: Texts,
  name: ViewName,
  icon: TemplateResult,
  { text = texts.say(`${name}Text`), action = nothing, top = false }: View = {},
): TemplateResult {
  const title = texts.say(`${name}Title`)
  return html`<section class="view" data-view=${name} aria-labelledby="view-title">
    <span class="emblem">${icon}</span>
    ${top ? html`<h1 id="view-title">${title}</h1>` : html`<h2 id="view-title">${title}</h2>`}
    <p class="muted">${text}</p>
    ${action}
  </section>`
}

export function loadingView(texts: Texts, slow: boolean): TemplateResult {
  return html`<div data-view="loading" aria-busy="true">
    <p role="status" class=${slow ? 'muted slow' : 'unseen'}>${texts.say(slow ? 'slow' : 'loading')}</p>
    <div aria-hidden="true">
      ${[62, 44, 53].map(
        (width) =>
          html`<div class="bones">
            <svg width="100%" height="44">
              <rect width="${width / 2}%" height="14" y="3" rx="5" />
              <rect width="${width / 3}%" height="12" y="28" rx="5" />
              <rect x="72%" width="12%" height="14" y="14" rx="5" />
              <rect x="90%" width="10%" height="22" y="10" rx="11" />
            </svg>
          </div>`,
      )}
    </div>
  </div>`
}

export function emptyView(texts: Texts, onGenerate: () => void, locked: boolean): TemplateResult {
  return view(texts, 'empty', icons.key, {
    action: html`<button type="button" class="primary" data-action="generate" ?disabled=${locked} @click=${onGenerate}>
      ${icons.plus}${texts.say('generateNew')}
    </button>`,
  })
}

/** Without a button, where tokens are generated elsewhere. */
export function nothingView(texts: Texts): TemplateResult {
  return view(texts, 'empty', icons.key)
}

export function noMatchView(texts: Texts, onClear: () => void): TemplateResult {
  return view(texts, 'noMatch', icons.search, {
    action: html`<button type="button" data-action="clear" @click=${onClear}>${texts.say('clearSearch')}</button>`,
  })
}

/** @param said The text of the fault. */
export function failedView(
  texts: Texts,
  fault: Fault,
  onRetry: () => void,
  said = sayFault(fault, texts),
): TemplateResult {
  return view(texts, 'failed', icons.alert, {
    text: `${said} ${texts.say('failedText')}`,
    action: html`<button type="button" class="primary" data-action="retry" @click=${onRetry}>
      ${texts.say('retry')}
    </button>`,
  })
}

export function offlineView(texts: Texts): TemplateResult {
  return view(texts, 'offline', icons.offline)
}

export function signedOutView(texts: Texts, signInUrl: string): TemplateResult {
  const link = html`<a class="button primary" href=${signInUrl}>${texts.say('signIn')}</a>`
  return view(texts, 'signedOut', icons.person, { action: signInUrl === '' ? nothing : link })
}

/** For a user or another owner. */
export function deactivatedView(texts: Texts): TemplateResult {
  return view(texts, 'deactivated', icons.person)
}

export function ownerGoneView(texts: Texts): TemplateResult {
  return view(texts, 'ownerGone', icons.person)
}

export function notAvailableView(texts: Texts, top: boolean): TemplateResult {
  return view(texts, 'notAvailable', icons.key, { top })
}

export const viewsStyles = css`
  .view {
    display: grid;
    gap: 0.5rem;
    justify-items: center;
    padding: 3rem 1.25rem 3.25rem;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 1.75);
    background: var(--_surface);
    text-align: center;
  }

  .view p {
    max-width: 34rem;
  }

  .view button,
  .view .button {
    margin-top: 0.75rem;
  }

  .emblem {
    display: grid;
    place-items: center;
    width: 3rem;
    height: 3rem;
    margin-bottom: 0.5rem;
    border-radius: 50%;
    background: color-mix(in srgb, var(--_accent) 13%, var(--_background));
    color: var(--_accent);
    font-size: 1.25rem;
  }

  .view[data-view='failed'] .emblem {
    background: color-mix(in srgb, var(--_danger) 13%, var(--_background));
    color: var(--_danger);
  }

  .bones {
    padding: 0.875rem 0;
    border-bottom: 1px solid var(--_line);
    animation: breathe 1.6s ease-in-out infinite alternate;
  }

  .bones rect {
    fill: color-mix(in srgb, var(--_text) 9%, var(--_background));
  }

  .slow {
    padding: 0.75rem 0;
  }

  @keyframes breathe {
    to {
      opacity: 0.45;
    }
  }
`
