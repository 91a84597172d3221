/** Styles of a token's details. */

import { css } from 'lit'

export const detailsStyles = css`
  .frame {
    gap: 1.5rem;
  }

  .texts {
    display: grid;
    gap: 0.25rem;
  }

  .standing {
    display: flex;
    gap: 1rem;
    align-items: center;
    justify-content: space-between;
    padding: 0.75rem 0.875rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
  }

  .standing > :first-child {
    display: flex;
    flex-wrap: wrap;
    gap: 0.375rem 0.75rem;
    align-items: center;
    min-width: 0;
  }

  .soon {
    display: inline-flex;
    gap: 0.375rem;
    align-items: center;
  }

  section {
    display: grid;
    gap: 0.625rem;
  }

  .chart-space {
    min-height: 8rem;
  }

  .granted {
    display: grid;
    gap: 0.5rem;
  }

  .granted li {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.625rem;
    align-items: baseline;
  }

  .granted .use {
    margin-inline-start: auto;
    font-size: 0.875rem;
  }

  dl {
    display: grid;
    border-top: 1px solid var(--_line);
  }

  dl > div {
    display: grid;
    grid-template-columns: minmax(8rem, 2fr) 3fr;
    gap: 1rem;
    padding: 0.5rem 0;
    border-bottom: 1px solid var(--_line);
  }

  dt {
    color: var(--_muted);
  }
`
