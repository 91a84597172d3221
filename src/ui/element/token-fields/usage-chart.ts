/** The chart of requests per day, and the same numbers as a table. */

import { css, html, svg, type TemplateResult } from 'lit'
import type { Texts } from '../texts.ts'
import type { DayOfUse } from '../token.ts'
import { sumOf } from './sparkline.ts'

const SLOT = 20
const BAR = 14
const HEIGHT = 120

export function usageChart(days: readonly DayOfUse[], texts: Texts): TemplateResult {
  const sum = sumOf(days)
  const summary = texts.say('usageSummary', { count: sum })
  if (sum === 0) return html`<p class="muted">${texts.say('usageNone')}</p>`
  const peak = days.reduce((most, day) => (day.requests > most.requests ? day : most))
  const most = texts.say('usageMost', { date: texts.utcDay(peak.date), most: peak.requests })
  return html`<figure class="chart">
    <figcaption>${summary}<span class="muted">, ${most}</span></figcaption>
    <div class="plot">
      <span class="top muted" aria-hidden="true">${texts.number(peak.requests)}</span>
      ${bars(days, peak.requests, `${summary}, ${most}`, texts)}
      <div class="axis muted" aria-hidden="true">
        <span>${texts.utcDay(days[0]?.date ?? '')}</span><span>${texts.utcDay(days.at(-1)?.date ?? '')}</span>
      </div>
    </div>
    ${asTable(days, texts)}
  </figure>`
}

function bars(days: readonly DayOfUse[], most: number, label: string, texts: Texts): TemplateResult {
  return html`<svg viewBox="0 0 ${days.length * SLOT} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${days.map(({ date, requests }, index) => {
      const height = requests === 0 ? 0 : Math.max(3, (requests / most) * HEIGHT)
      const x = index * SLOT + (SLOT - BAR) / 2
      const title = `${texts.utcDay(date)}: ${texts.say('requests', { count: requests })}`
      return svg`<g class="day"><title>${title}</title>
        <rect class="slot" x=${index * SLOT} y="0" width=${SLOT} height=${HEIGHT} />
        <rect class="bar" data-date=${date} data-requests=${requests} x=${x} y=${HEIGHT - height} width=${BAR} height=${height} />
      </g>`
    })}
  </svg>`
}

function asTable(days: readonly DayOfUse[], texts: Texts): TemplateResult {
  return html`<details>
    <summary>${texts.say('usageTable')}</summary>
    <table>
      <thead>
        <tr><th scope="col">${texts.say('date')} (UTC)</th><th scope="col">${texts.say('requestsADay')}</th></tr>
      </thead>
      <tbody>
        ${days
          .toReversed()
          .map(
            ({ date, requests }) =>
              html`<tr><th scope="row">${texts.utcDay(date)}</th><td>${texts.number(requests)}</td></tr>`,
          )}
      </tbody>
    </table>
  </details>`
}

export const chartStyles = css`
  .chart {
    display: grid;
    gap: 0.625rem;
    margin: 0;
  }

  .plot {
    position: relative;
    padding-top: 1.125rem;
  }

  .plot > svg {
    width: 100%;
    height: 7rem;
    border-bottom: 1px solid var(--_control-line);
    background: linear-gradient(var(--_line), var(--_line)) top / 100% 1px no-repeat;
  }

  .plot .top {
    position: absolute;
    top: -0.25rem;
    inset-inline-end: 0;
  }

  .plot .top,
  .axis {
    font-size: 0.8125rem;
  }

  .axis {
    display: flex;
    justify-content: space-between;
    padding-top: 0.25rem;
  }

  .slot {
    fill: transparent;
  }

  .bar {
    fill: var(--_accent);
  }

  @media (forced-colors: active) {
    .bar {
      fill: CanvasText;
    }
  }

  .day:hover .slot {
    fill: color-mix(in srgb, var(--_text) 7%, transparent);
  }

  summary {
    width: fit-content;
    color: var(--_accent);
    cursor: pointer;
  }

  details table {
    width: 100%;
    margin-top: 0.5rem;
    border-collapse: collapse;
    font-size: 0.875rem;
    font-variant-numeric: tabular-nums;
  }

  details th,
  details td {
    padding: 0.25rem 0.5rem 0.25rem 0;
    border-bottom: 1px solid var(--_line);
    font-weight: 400;
    text-align: start;
  }

  details thead th {
    color: var(--_muted);
    font-weight: 600;
  }

  details td,
  details thead th:last-child {
    text-align: end;
  }
`
