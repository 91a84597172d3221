/** A link to another list of this page. A plain click stays in the page; other clicks open the link as usual. */

import { html, nothing, type TemplateResult } from 'lit'
import { ADMIN_START, type AdminPlace, adminSearchOf } from './admin-place.ts'

export interface InPageLink {
  readonly change: Partial<AdminPlace>
  readonly content: unknown
  readonly label?: string
  readonly current?: boolean
  readonly action: string
  readonly onGo: (change: Partial<AdminPlace>) => void
}

export function inPageLink({ change, content, label, current, action, onGo }: InPageLink): TemplateResult {
  const href = location.pathname + adminSearchOf({ ...ADMIN_START, ...change }, location.search)
  const click = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    onGo(change)
  }
  return html`<a
    href=${href}
    data-action=${action}
    aria-label=${label ?? nothing}
    aria-current=${current ? 'page' : nothing}
    @click=${click}
    >${content}</a
  >`
}
