/** The look in forced colors, such as those of a contrast theme of Windows, where backgrounds say nothing. */

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

    /* Whatever the look of a control is, also while it is hovered. Browsers would put Canvas behind the text. */
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
