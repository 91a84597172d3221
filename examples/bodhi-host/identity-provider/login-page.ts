/** The provider's login page: a button for each demo user, no password. */
import { createHash } from 'node:crypto'
import { type Html, html, raw } from '../pages/html.ts'
import { demoUsers } from './demo-users.ts'

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  main { max-width: 26rem; margin: 12vh auto; padding: 0 1rem }
  button { display: block; width: 100%; margin: .75rem 0; padding: .75rem 1rem; font: inherit; text-align: left;
    border: 1px solid #8886; border-radius: .5rem; background: Canvas; color: CanvasText; cursor: pointer }
  button:hover, button:focus-visible { border-color: #3b6fd4; outline: 2px solid #3b6fd4 }
  small { display: block; opacity: .75 }
`

/**
 * The Content Security Policy of the provider's pages. Browsers apply `form-action` also to redirects after a form,
 * so it must include the host that the sign-in returns to.
 */
export function loginPagePolicy(clientOrigin: string): string {
  const styleHash = createHash('sha256').update(STYLE).digest('base64')
  return [
    `default-src 'none'`,
    `style-src 'sha256-${styleHash}'`,
    `form-action 'self' ${clientOrigin}`,
    `frame-ancestors 'none'`,
    `base-uri 'none'`,
  ].join('; ')
}

/** The page on which a user chooses an account. */
export function loginPage(action: string): string {
  return providerPage(
    'Sign in',
    html`<p>This identity provider belongs to the example. Choose who you are; there are no passwords.</p>
      <form method="post" action="${action}">
        ${demoUsers.map(
          (user) =>
            html`<button name="subject" value="${user.subject}">${user.name} <small>${user.about}</small></button>`,
        )}
      </form>`,
  )
}

/** The provider's error page. */
export function providerErrorPage(message: string): string {
  return providerPage('Sign-in failed', html`<p>${message}</p>`)
}

function providerPage(title: string, content: Html): string {
  return String(
    html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${raw(STYLE)}</style></head>
<body><main><h1>${title}</h1>${content}</main></body>
</html>`,
  )
}
