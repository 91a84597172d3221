/** Styles of buttons, fields, chips and notices. */

import { css } from 'lit'

export const controls = css`
  button,
  .button {
    display: inline-flex;
    gap: 0.5em;
    align-items: center;
    justify-content: center;
    min-height: 2.25rem;
    padding: 0.25rem 0.875rem;
    border: 1px solid var(--_control-line);
    border-radius: var(--_radius);
    background: var(--_background);
    color: var(--_text);
    font: inherit;
    font-weight: 550;
    text-decoration: none;
    cursor: pointer;
    transition:
      background 0.12s,
      border-color 0.12s;
  }

  button:hover:not(:disabled),
  .button:hover {
    background: color-mix(in srgb, var(--_text) 6%, var(--_background));
  }

  button:disabled,
  button[aria-disabled='true'] {
    opacity: 0.55;
    cursor: default;
  }

  button.primary,
  .button.primary {
    border-color: var(--_accent);
    background: var(--_accent);
    color: var(--_on-accent);
  }

  button.primary:hover:not(:disabled),
  .button.primary:hover {
    border-color: color-mix(in srgb, var(--_accent) 88%, var(--_text));
    background: color-mix(in srgb, var(--_accent) 88%, var(--_text));
  }

  button.danger {
    border-color: var(--_danger);
    color: var(--_danger);
  }

  button.danger.filled {
    background: var(--_danger);
    color: var(--_on-danger);
  }

  button.danger.filled:hover:not(:disabled) {
    background: color-mix(in srgb, var(--_danger) 86%, var(--_text));
  }

  button.quiet {
    border-color: transparent;
    background: transparent;
  }

  button.quiet:hover:not(:disabled) {
    background: color-mix(in srgb, var(--_text) 8%, transparent);
  }

  button.icon-only {
    width: 2.25rem;
    padding: 0;
  }

  button.link {
    min-height: 1.5rem;
    padding: 0;
    border: 0;
    background: none;
    color: var(--_accent);
    text-align: start;
    text-decoration: underline;
    text-underline-offset: 0.2em;
  }

  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: 0.625rem;
  }

  label,
  legend,
  .label {
    display: block;
    padding: 0;
    font-weight: 600;
  }

  label .muted,
  legend .muted {
    font-weight: 400;
  }

  input:not([type='checkbox'], [type='radio']),
  select,
  textarea {
    display: block;
    width: 100%;
    min-height: 2.375rem;
    padding: 0.375rem 0.75rem;
    border: 1px solid var(--_control-line);
    border-radius: var(--_radius);
    background: var(--_background);
    color: var(--_text);
    font: inherit;
  }

  textarea {
    resize: vertical;
  }

  ::placeholder {
    color: var(--_muted);
    opacity: 1;
  }

  input[type='checkbox'],
  input[type='radio'] {
    flex: none;
    width: 1.125rem;
    height: 1.125rem;
    margin: 0.1875rem 0 0;
    accent-color: var(--_accent);
  }

  .field {
    display: grid;
    gap: 0.3125rem;
  }

  .chip {
    display: inline-block;
    max-width: 100%;
    padding: 0 0.4375rem;
    border: 1px solid var(--_line);
    border-radius: 6px;
    background: var(--_surface);
    font: 0.8125rem / 1.45rem var(--_mono);
    overflow-wrap: anywhere;
  }

  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: 0.3125rem;
  }

  .badge {
    display: inline-flex;
    gap: 0.4375em;
    align-items: center;
    padding: 0 0.5625rem;
    border-radius: 99px;
    background: color-mix(in srgb, var(--_badge, var(--_muted)) 12%, var(--_background));
    color: var(--_badge, var(--_muted));
    font-size: 0.8125rem;
    font-weight: 600;
    line-height: 1.5rem;
    white-space: nowrap;
  }

  .badge::before {
    width: 0.5em;
    height: 0.5em;
    border-radius: 50%;
    background: currentColor;
    content: '';
  }

  .badge.active {
    --_badge: var(--_success);
  }

  .badge.inactive {
    --_badge: var(--_warning);
  }

  .badge.revoked {
    --_badge: var(--_danger);
  }

  .notice {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1rem;
    align-items: center;
    padding: 0.625rem 0.875rem;
    border: 1px solid color-mix(in srgb, var(--_tone, var(--_muted)) 40%, transparent);
    border-radius: var(--_radius);
    background: color-mix(in srgb, var(--_tone, var(--_muted)) 9%, var(--_background));
  }

  .notice > :first-child {
    flex: 1 1 16rem;
  }

  .notice.warning,
  .warning-text {
    --_tone: var(--_warning);
  }

  .notice.error {
    --_tone: var(--_danger);
  }

  .warning-text {
    color: var(--_warning);
    font-size: 0.875rem;
  }
`
