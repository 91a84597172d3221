/** Styles of the administration page around and in its lists. */

import { css } from 'lit'

export const adminStyles = css`
  .views {
    display: flex;
    gap: 0.25rem;
    border-bottom: 1px solid var(--_line);
  }

  .views a {
    padding: 0.5rem 0.75rem;
    border-bottom: 2px solid transparent;
    color: var(--_muted);
    font-weight: 550;
    text-decoration: none;
  }

  .views a[aria-current] {
    border-bottom-color: var(--_accent);
    color: var(--_text);
  }

  .views a:focus-visible {
    outline-offset: -3px;
  }

  a {
    color: var(--_accent);
    text-underline-offset: 0.2em;
  }

  .panel a,
  .owner p {
    overflow-wrap: anywhere;
  }

  .owner h2 {
    overflow-wrap: anywhere;
  }

  .selection {
    position: sticky;
    top: 0;
    z-index: 1;
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1rem;
    align-items: center;
    justify-content: space-between;
    padding: 0.5rem 0.75rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_background);
  }

  .selection.unselected {
    position: static;
    padding: 0;
    border: 0;
  }

  .narrow-only {
    display: none;
  }

  th.mark,
  td.mark {
    width: 2.25rem;
  }

  label.mark {
    display: inline-grid;
    place-items: center;
    min-width: 1.5rem;
    min-height: 1.5rem;
  }

  thead .mark input {
    margin: 0;
  }

  .whose {
    max-width: 16rem;
  }

  tbody .whose {
    white-space: normal;
  }

  tbody .owner-id {
    width: 70%;
    white-space: normal;
  }

  .rest {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem;
    align-items: center;
    justify-content: space-between;
    min-height: 2.25rem;
    margin-top: 0.75rem;
  }

  @media (forced-colors: active) {
    .views a {
      border-bottom-color: Canvas;
    }

    .views a[aria-current] {
      border-bottom-color: Highlight;
    }
  }

  @container (max-width: 45rem) {
    .narrow-only {
      display: flex;
      gap: 0.625rem;
      font-weight: 400;
    }

    tbody td.mark {
      position: absolute;
      top: 1rem;
      inset-inline-end: 1rem;
      width: auto;
    }

    tbody .who,
    tbody .whose {
      grid-column: 1 / -1;
      max-width: none;
    }

    tbody .who {
      padding-inline-end: 2.5rem !important;
    }

    header > .buttons,
    header > .buttons button {
      width: 100%;
    }
  }
`
