/** Styles of dialogs and of the side panel. */

import { css } from 'lit'

export const dialogs = css`
  dialog {
    width: min(36rem, calc(100vw - 1.5rem));
    max-width: none;
    max-height: calc(100dvh - 1.5rem);
    padding: 0;
    overflow: auto;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 1.75);
    background: var(--_background);
    color: var(--_text);
    box-shadow: 0 1.5rem 4rem rgb(10 14 25 / 30%);
    overscroll-behavior: contain;
  }

  dialog::backdrop {
    background: rgb(12 16 26 / 50%);
  }

  dialog[open] {
    animation: appear 0.16s ease-out;
  }

  .frame {
    display: grid;
    gap: 1.125rem;
    padding: 1.5rem;
  }

  .head {
    display: flex;
    gap: 1rem;
    align-items: start;
    justify-content: space-between;
  }

  .head > :first-child {
    min-width: 0;
  }

  .head .icon-only {
    margin-block-start: -0.25rem;
    margin-inline-end: -0.5rem;
  }

  form {
    display: grid;
    gap: 1.125rem;
  }

  .buttons.end {
    justify-content: flex-end;
  }

  dialog.side {
    width: min(42rem, 100vw);
    height: 100dvh;
    max-height: none;
    margin-block: 0;
    margin-inline: auto 0;
    border-width: 0;
    border-inline-start-width: 1px;
    border-radius: 0;
  }

  @keyframes appear {
    from {
      opacity: 0;
      transform: translateY(6px);
    }
  }

  @media (max-width: 30rem) {
    .frame {
      padding: 1.125rem 1rem;
    }

    .buttons.end > button {
      flex: 1 1 auto;
    }
  }
`
