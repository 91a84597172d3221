/** The style of the document around `<api-tokens>`, where the host has no frame of its own. */
export const pageStyle = `:root {
  color-scheme: light dark;
  background: var(--api-tokens-background, light-dark(#fff, #13161c));
}

body {
  margin: 0;
}

main {
  max-width: 76rem;
  margin: 0 auto;
  padding: clamp(1.25rem, 4vw, 3rem) clamp(1rem, 4vw, 2.5rem) 5rem;
}

noscript {
  font: 1rem/1.5 system-ui, sans-serif;
}
`
