/** The HTML pages on which a user approves or denies a device. They have no scripts. */

import { createHash } from 'node:crypto'
import { escapeHtml } from '../../http/escape-html.ts'
import type { ScopeEntry } from '../../lifecycle/scope-catalogue.ts'
import { MAX_NAME_LENGTH } from '../../token/text.ts'

/** What the user approves or denies. */
export interface Consent {
  readonly clientName: string
  readonly clientId: string
  /** Formatted: `WDJB-MJHT`. */
  readonly userCode: string
  readonly name: string
  readonly grantable: readonly ScopeEntry[]
  /** Requested scopes that the user may not grant. */
  readonly withheld: readonly string[]
  readonly fault?: string | undefined
}

const STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; background: light-dark(#fff, #13161c); color: light-dark(#1d2129, #e8eaee); }
main { max-width: 34rem; margin: 0 auto; padding: clamp(1.25rem, 5vw, 4rem) 1.25rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; }
label { display: block; margin: 1.5rem 0 .375rem; font-weight: 600; }
input { box-sizing: border-box; width: 100%; padding: .625rem .75rem; font: inherit; color: inherit;
  background: light-dark(#fff, #1b1f27); border: 1px solid light-dark(#767c88, #8d94a1); border-radius: .5rem; }
.code { font: 700 1.375rem/1.5 ui-monospace, monospace; letter-spacing: .08em; }
input.code { text-transform: uppercase; }
ul { padding-inline-start: 1.25rem; }
.muted { color: light-dark(#555c69, #a9b0bd); }
.fault, .warning { padding: .75rem 1rem; border-inline-start: .25rem solid; border-radius: .25rem; }
.fault { border-color: light-dark(#b3261e, #ff8a80); background: light-dark(#fdeceb, #3a1d1b); }
.warning { border-color: light-dark(#8a5a00, #f2b84b); background: light-dark(#fff5e0, #33280f); }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.75rem; }
button { padding: .625rem 1.25rem; font: inherit; font-weight: 600; border-radius: .5rem; cursor: pointer;
  color: inherit; background: none; border: 1px solid light-dark(#767c88, #8d94a1); }
button.primary { color: #fff; background: #1f5fd0; border-color: #1f5fd0; }
a { color: light-dark(#1f5fd0, #8db4ff); }
:focus-visible { outline: 3px solid light-dark(#1f5fd0, #8db4ff); outline-offset: 2px; }
`

/** The Content Security Policy of these pages: one style, forms only to their own origin, no framing. */
export const DEVICE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** RFC 8628 §3.3: the form for the code. A code in the link only fills the field in. */
export function codePage(typed = '', fault?: string): string {
  return document(
    'Connect a device',
    `<h1>Connect a device</h1>
<p>Enter the code that the program on your device shows.</p>
${faultOf(fault)}<form method="post">
<label for="user_code">Code</label>
<input class="code" id="user_code" name="user_code" value="${escapeHtml(typed)}" required autofocus
  autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="40"${describedBy(fault)}>
<div class="buttons"><button class="primary">Continue</button></div>
</form>`,
  )
}

/** RFC 8628 §3.3 and §5.4: names the program and its scopes, and warns users who did not start this themselves. */
export function consentPage(consent: Consent): string {
  const { clientName, clientId, userCode, name, grantable, withheld, fault } = consent
  const canGrant = grantable.length > 0 || withheld.length === 0
  return document(
    'Connect a device',
    `<h1>Let <bdi>${escapeHtml(clientName)}</bdi> act in your name?</h1>
<p class="muted">Program: <bdi>${escapeHtml(clientId)}</bdi></p>
<p>The device must show this code: <strong class="code">${escapeHtml(userCode)}</strong></p>
<p class="warning"><strong>Continue only if you started this yourself, on a device in front of you.</strong> If
someone sent you this code or link, they would get a token in your name.</p>
${faultOf(fault)}${scopeList('It will be able to:', grantable)}
${grantable.length === 0 && withheld.length === 0 ? '<p>It requests no scopes: it can do only what every token can do.</p>' : ''}
${withheld.length === 0 ? '' : `<p class="muted">It also requests scopes that you cannot grant. It will not get: ${withheld.map(escapeHtml).join(', ')}</p>`}
<form method="post">
<input type="hidden" name="user_code" value="${escapeHtml(userCode)}">
<label for="name">Name of the token</label>
<input id="name" name="name" value="${escapeHtml(name)}" maxlength="${MAX_NAME_LENGTH}" autocomplete="off"${describedBy(fault)}>
<div class="buttons">
${canGrant ? '<button class="primary" name="decision" value="approve">Approve</button>' : ''}
<button name="decision" value="deny">Refuse</button>
</div>
</form>`,
  )
}

export function decidedPage(status: 'approved' | 'denied'): string {
  return status === 'approved'
    ? note('Approved', 'The program gets its token within a few seconds. You can close this page.')
    : note('Refused', 'The program gets no token. You can close this page.')
}

export function signInPage(signInUrl: string | null): string {
  const link =
    signInUrl === null
      ? 'Sign in, and open this page again.'
      : `<a href="${escapeHtml(signInUrl)}">Sign in</a>, and open this page again.`
  return document('Sign in first', `<h1>Sign in first</h1>\n<p>${link}</p>`)
}

/** A page with a title and one message. */
export function note(title: string, text: string): string {
  return document(title, `<h1>${escapeHtml(title)}</h1>\n<p role="status">${escapeHtml(text)}</p>`)
}

function scopeList(title: string, scopes: readonly ScopeEntry[]): string {
  if (scopes.length === 0) return ''
  const items = scopes.map(({ name, description }) =>
    description === null
      ? `<li>${escapeHtml(name)}</li>`
      : `<li>${escapeHtml(description)} <span class="muted">(${escapeHtml(name)})</span></li>`,
  )
  return `<p>${title}</p>\n<ul>${items.join('')}</ul>`
}

function faultOf(fault: string | undefined): string {
  return fault === undefined ? '' : `<p class="fault" id="fault" role="alert">${escapeHtml(fault)}</p>\n`
}

function describedBy(fault: string | undefined): string {
  return fault === undefined ? '' : ' aria-invalid="true" aria-describedby="fault"'
}

function document(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`
}
