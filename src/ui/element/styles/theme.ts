/** The custom properties that a host may set, and their defaults. */

import { css } from 'lit'

/** Hosts set `--api-tokens-…`; the styles use `--_…`. */
export const theme = css`
  :host {
    --_text: var(--api-tokens-text, light-dark(#1b1f27, #e7eaf0));
    --_muted: var(--api-tokens-muted, light-dark(#586070, #a6aebd));
    --_background: var(--api-tokens-background, light-dark(#ffffff, #13161c));
    --_surface: var(--api-tokens-surface, light-dark(#f5f7fa, #1b1f28));
    --_line: var(--api-tokens-line, light-dark(#e1e5ec, #303644));
    --_control-line: var(--api-tokens-control-line, light-dark(#848d9c, #717b8e));
    --_accent: var(--api-tokens-accent, light-dark(#3350c9, #a3b5ff));
    --_on-accent: var(--api-tokens-on-accent, light-dark(#ffffff, #10173a));
    --_success: var(--api-tokens-success, light-dark(#13663a, #86dcaa));
    --_warning: var(--api-tokens-warning, light-dark(#7a4a00, #f3c56c));
    --_danger: var(--api-tokens-danger, light-dark(#b3231b, #ffa199));
    --_on-danger: var(--api-tokens-on-danger, light-dark(#ffffff, #3b0b07));
    --_radius: var(--api-tokens-radius, 8px);
    --_font: var(--api-tokens-font, system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif);
    --_mono: var(--api-tokens-mono, ui-monospace, 'SF Mono', Menlo, Consolas, monospace);
    color: var(--_text);
    font: 0.9375rem / 1.5 var(--_font);
  }

  :host([hidden]) {
    display: none;
  }

  *,
  ::before,
  ::after {
    box-sizing: border-box;
  }

  [hidden] {
    display: none !important;
  }

  h1,
  h2,
  h3,
  p,
  dl,
  dd,
  ul,
  fieldset {
    margin: 0;
    padding: 0;
    border: 0;
  }

  h1 {
    font-size: 1.625rem;
    font-weight: 650;
    line-height: 1.25;
    letter-spacing: -0.01em;
  }

  h2 {
    font-size: 1.1875rem;
    font-weight: 650;
    line-height: 1.35;
  }

  h3 {
    font-size: 0.9375rem;
    font-weight: 650;
  }

  ul {
    list-style: none;
  }

  bdi,
  .foreign {
    unicode-bidi: isolate;
    overflow-wrap: anywhere;
  }

  .muted {
    color: var(--_muted);
  }

  .mono {
    font-family: var(--_mono);
    font-size: 0.875em;
  }

  /* Names of scopes and ends of credentials are no words of a language. */
  .mono,
  .chip {
    direction: ltr;
    unicode-bidi: isolate;
  }

  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  :focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }

  [tabindex='-1']:focus-visible {
    outline-offset: 4px;
  }

  svg {
    display: block;
  }

  /* Time runs as one reads. */
  :host(:dir(rtl)) svg:not(.icon) {
    transform: scaleX(-1);
  }

  .icon {
    flex: none;
    width: 1.125em;
    height: 1.125em;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.75;
    stroke-linecap: round;
    stroke-linejoin: round;
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    ::before,
    ::after,
    ::backdrop {
      animation: none !important;
      transition: none !important;
    }
  }
`
