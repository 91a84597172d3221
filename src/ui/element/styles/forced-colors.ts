/** Styles for forced colors, such as contrast themes of Windows, which replace background colors. */

import { css } from 'lit'

export const forcedColors = css`
  @media (forced-colors: active) {
    .badge,
    .chip {
      border: 1px solid;
    }

    .badge::before {
      background: CanvasText;
    }

    /* Keeps the background of controls, also on hover: browsers would put Canvas behind the text. */
    .primary,
    [aria-selected='true'],
    [aria-checked='true'] {
      border-color: Highlight !important;
      background: Highlight !important;
      color: HighlightText !important;
      forced-color-adjust: none;
    }

    [aria-selected='true'] .count {
      background: none;
      color: inherit;
    }

    button:disabled,
    button[aria-disabled='true'] {
      border-color: GrayText !important;
      background: ButtonFace !important;
      color: GrayText !important;
      opacity: 1;
      forced-color-adjust: auto;
    }

    :focus-visible {
      outline-color: Highlight;
    }
  }
`
