/** Styles of the list as a table. */

import { css } from 'lit'

export const listStyles = css`
  table {
    width: 100%;
    border-collapse: collapse;
  }

  .panel {
    container: tokens / inline-size;
  }

  thead th {
    padding-block: 0.5rem;
    padding-inline: 0 1rem;
    border-bottom: 1px solid var(--_line);
    color: var(--_muted);
    font-size: 0.8125rem;
    font-weight: 550;
    text-align: start;
    white-space: nowrap;
  }

  tbody th,
  tbody td {
    padding-block: 0.875rem;
    padding-inline: 0 1rem;
    border-bottom: 1px solid var(--_line);
    font-weight: 400;
    text-align: start;
    vertical-align: top;
    white-space: nowrap;
  }

  tbody tr:hover {
    background: color-mix(in srgb, var(--_text) 2%, transparent);
  }

  th:first-child,
  td:first-child {
    padding-inline-start: 0.25rem;
  }

  th:last-child,
  td:last-child {
    padding-inline-end: 0.25rem;
  }

  tbody .who {
    width: 30%;
    min-width: 12rem;
    white-space: normal;
  }

  button.name {
    display: inline-block;
    max-width: 100%;
    overflow: clip;
    overflow-clip-margin: 4px;
    color: var(--_text);
    font-weight: 600;
    text-decoration-color: transparent;
  }

  button.name:hover {
    color: var(--_accent);
    text-decoration-color: currentColor;
  }

  button.name:hover:not(:disabled) {
    background: none;
  }

  .description {
    display: -webkit-box;
    overflow: hidden;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 1;
    line-clamp: 1;
  }

  .who .chips {
    column-gap: 0.5rem;
    align-items: center;
    margin-top: 0.25rem;
  }

  .small {
    font-size: 0.8125rem;
  }

  .ended .who bdi,
  .ended .chip,
  .ended time {
    color: var(--_muted);
  }

  tbody .standing {
    min-width: 13rem;
    max-width: 17rem;
    white-space: normal;
  }

  .standing > div {
    display: grid;
    gap: 0.25rem;
    justify-items: start;
  }

  .soon {
    display: flex;
    gap: 0.3125rem;
    line-height: 1.4;
  }

  .soon .icon {
    margin-top: 0.125em;
  }

  .reason {
    font-size: 0.875rem;
    line-height: 1.4;
  }

  .usage .small {
    display: block;
  }

  .doing > div {
    display: flex;
    gap: 0.5rem;
    align-items: center;
    justify-content: flex-end;
    margin: -0.375rem 0;
  }

  .menu {
    position: relative;
  }

  [role='menu'] {
    position: absolute;
    inset-inline-end: 0;
    z-index: 2;
    display: grid;
    min-width: 10rem;
    padding: 0.3125rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_background);
    box-shadow: 0 0.5rem 1.75rem rgb(10 14 25 / 20%);
  }

  [role='menuitem'] {
    justify-content: flex-start;
    border-radius: calc(var(--_radius) * 0.75);
  }

  /* Narrower columns, whose words may wrap. */
  @container tokens (max-width: 66rem) {
    thead th,
    tbody th,
    tbody td {
      padding-inline-end: 0.75rem;
      white-space: normal;
    }

    tbody .who {
      width: 26%;
      min-width: 10rem;
    }

    tbody .standing {
      min-width: 9rem;
      max-width: 12rem;
    }
  }

  /* The last change is also in the details. */
  @container tokens (max-width: 54rem) {
    .updated {
      display: none;
    }
  }
`
