/** Styles of the page around the list. */

import { css } from 'lit'

export const pageStyles = css`
  :host {
    display: block;
    container-type: inline-size;
  }

  .page {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1.25rem;
  }

  header {
    display: flex;
    flex-wrap: wrap;
    gap: 1rem 2rem;
    align-items: flex-end;
    justify-content: space-between;
  }

  header > :first-child {
    display: grid;
    flex: 1 1 20rem;
    gap: 0.375rem;
    max-width: 44rem;
  }

  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem;
    align-items: center;
  }

  .find {
    position: relative;
    flex: 1 1 14rem;
    max-width: 26rem;
  }

  header .field {
    max-width: 26rem;
    margin-top: 0.5rem;
  }

  .find input {
    padding-inline-start: 2.25rem;
  }

  .find .icon {
    position: absolute;
    top: 0.6875rem;
    inset-inline-start: 0.75rem;
    color: var(--_muted);
  }

  .tools select {
    width: auto;
    max-width: 100%;
    margin-inline-start: auto;
  }

  .toasts {
    position: fixed;
    inset: auto 1rem 1.25rem;
    z-index: 3;
    display: grid;
    justify-items: center;
    pointer-events: none;
  }

  .toast {
    max-width: min(32rem, 100%);
    padding: 0.625rem 1.125rem;
    border-radius: var(--_radius);
    background: var(--_text);
    color: var(--_background);
    box-shadow: 0 0.5rem 1.75rem rgb(10 14 25 / 30%);
    animation: toast 0.18s ease-out;
    overflow: clip;
    overflow-wrap: anywhere;
    pointer-events: auto;
  }

  .toast.error {
    background: var(--_danger);
    color: var(--_on-danger);
  }

  @keyframes toast {
    from {
      opacity: 0;
      transform: translateY(8px);
    }
  }

  @media (forced-colors: active) {
    .toast {
      border: 1px solid;
    }
  }

  @container (max-width: 36rem) {
    header > button {
      width: 100%;
    }

    .tools select {
      flex: 1 1 100%;
    }

    .find {
      max-width: none;
    }
  }
`
