/** Inline SVG icons. They are decorative: each stands next to a text. */

import { html, type SVGTemplateResult, svg, type TemplateResult } from 'lit'

function icon(shape: SVGTemplateResult): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">${shape}</svg>`
}

export const plus = icon(svg`<path d="M10 4v12M4 10h12" />`)
export const more = icon(svg`<path d="M4 10h.01M10 10h.01M16 10h.01" stroke-width="2.5" />`)
export const cross = icon(svg`<path d="M5 5l10 10M15 5L5 15" />`)
export const pencil = icon(svg`<path d="M12.5 4.5l3 3L7 16H4v-3zM11 6l3 3" />`)
export const eye = icon(
  svg`<path d="M1.8 10S5 4.5 10 4.5 18.2 10 18.2 10 15 15.5 10 15.5 1.8 10 1.8 10z" /><circle cx="10" cy="10" r="2.4" />`,
)
export const eyeOff = icon(
  svg`<path d="M3 3l14 14M8.2 4.7A8 8 0 0 1 10 4.5c5 0 8.2 5.5 8.2 5.5a14 14 0 0 1-2.6 3.1M5 6.3A14 14 0 0 0 1.8 10S5 15.5 10 15.5a8 8 0 0 0 3.4-.7" />`,
)
export const copy = icon(
  svg`<rect x="7" y="7" width="9.5" height="9.5" rx="2" /><path d="M13 7V5a1.5 1.5 0 0 0-1.5-1.5H5A1.5 1.5 0 0 0 3.5 5v6.5A1.5 1.5 0 0 0 5 13h2" />`,
)
export const check = icon(svg`<path d="M4 10.5l4 4 8-9" />`)
export const search = icon(svg`<circle cx="9" cy="9" r="5" /><path d="M13 13l3.5 3.5" />`)
export const clock = icon(svg`<circle cx="10" cy="10" r="7" /><path d="M10 6v4.3l2.8 1.7" />`)
export const key = icon(
  svg`<circle cx="6.5" cy="13.5" r="3.5" /><path d="M9 11l7-7M13 7l2.5 2.5M15.5 4.5L17 6" />`,
)
export const offline = icon(
  svg`<path d="M3 3l14 14M2 8a12 12 0 0 1 4-2.5M9.5 4.5A12 12 0 0 1 18 8M5 11a8 8 0 0 1 3-1.8M12.5 9.5A8 8 0 0 1 15 11M8 14a3.5 3.5 0 0 1 4 0M10 16.5h.01" />`,
)
export const person = icon(svg`<circle cx="10" cy="7" r="3.2" /><path d="M3.5 17a6.5 6.5 0 0 1 13 0" />`)
export const alert = icon(svg`<path d="M10 3l7.5 13.5h-15zM10 8.5v3.5M10 14.5h.01" />`)
