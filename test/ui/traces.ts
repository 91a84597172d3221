/** Looks for a secret wherever a page could keep it. */

import type { Page } from 'playwright-core'

/** The names of the places that contain it. There must be none. */
export async function tracesOf(page: Page, secret: string): Promise<string[]> {
  const places = (await page.evaluate(COLLECT)) as Record<string, string>
  const storage = JSON.stringify(await page.context().storageState({ indexedDB: true }))
  const found = Object.entries({ ...places, storage, url: page.url() })
  return found.filter(([, text]) => text.includes(secret)).map(([place]) => place)
}

/** Markup and field values of the document and of every open shadow root in it. */
const COLLECT = `(() => {
  const fields = []
  const markup = []
  const visit = (root) => {
    markup.push(root.innerHTML ?? root.documentElement.outerHTML)
    for (const element of root.querySelectorAll('*')) {
      if ('value' in element) fields.push(String(element.value))
      if (element.shadowRoot) visit(element.shadowRoot)
    }
  }
  visit(document)
  return {
    markup: markup.join('\\n'),
    fields: fields.join('\\n'),
    history: JSON.stringify(history.state),
    session: JSON.stringify({ ...sessionStorage }),
    local: JSON.stringify({ ...localStorage }),
    cookies: document.cookie,
    title: document.title,
    windowName: window.name,
  }
})()`
