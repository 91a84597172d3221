/** Styles of the list as cards, on narrow screens. */

import { css } from 'lit'

export const cardStyles = css`
  .cell-label {
    display: none;
  }

  @container tokens (max-width: 45rem) {
    table,
    tbody {
      display: grid;
      gap: 0.75rem;
    }

    thead {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }

    tbody tr {
      position: relative;
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr));
      gap: 0.75rem 1rem;
      padding: 1rem;
      border: 1px solid var(--_line);
      border-radius: calc(var(--_radius) * 1.25);
      background: var(--_background);
    }

    tbody th:is(*, :first-child, :last-child),
    tbody td:is(*, :first-child, :last-child) {
      min-width: 0;
      padding: 0;
      border: 0;
      white-space: normal;
    }

    tbody .who {
      grid-column: 1 / -1;
      width: auto;
      min-width: 0;
      padding-inline-end: 5.75rem !important;
    }

    tbody .ended .who {
      padding-inline-end: 0 !important;
    }

    tbody .updated {
      display: block;
    }

    tbody .standing {
      grid-column: 1 / -1;
      min-width: 0;
      max-width: none;
    }

    .standing > div {
      display: flex;
      flex-wrap: wrap;
      gap: 0.25rem 0.75rem;
      align-items: center;
    }

    tbody .doing {
      position: absolute;
      top: 1rem;
      inset-inline-end: 1rem;
    }

    .cell-label {
      display: block;
      color: var(--_muted);
      font-size: 0.8125rem;
    }
  }
`
