/** A small bar chart of thirty days of usage. The sum is shown as text next to it. */

import { css, html, svg, type TemplateResult } from 'lit'
import type { DayOfUse } from '../token.ts'

const WIDTH = 3
const GAP = 1
const HEIGHT = 24

export function sparkline(days: readonly DayOfUse[]): TemplateResult {
  const most = Math.max(1, ...days.map(({ requests }) => requests))
  const bars = days.map(({ requests }, index) => {
    // A day with few requests has a visible bar, and a day without requests a line.
    const height = requests === 0 ? 1 : Math.max(3, Math.round((requests / most) * HEIGHT))
    const x = index * (WIDTH + GAP)
    return svg`<rect class=${requests === 0 ? 'no' : 'some'} x=${x} y=${HEIGHT - height} width=${WIDTH} height=${height} rx="0.75" />`
  })
  const width = days.length * (WIDTH + GAP) - GAP
  return html`<svg class="spark" viewBox="0 0 ${width} ${HEIGHT}" width=${width} height=${HEIGHT} aria-hidden="true">
    ${bars}
  </svg>`
}

export function sumOf(days: readonly DayOfUse[]): number {
  return days.reduce((sum, { requests }) => sum + requests, 0)
}

export const sparklineStyles = css`
  .spark .some {
    fill: var(--_accent);
  }

  .spark .no {
    fill: var(--_control-line);
    opacity: 0.5;
  }

  @media (forced-colors: active) {
    .spark rect[class] {
      fill: CanvasText;
    }
  }
`
