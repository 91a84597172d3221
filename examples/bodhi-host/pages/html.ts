/** Builds HTML. All values are escaped, except HTML that was built here. */

/** A piece of HTML that is safe to send. */
export class Html {
  readonly #source: string

  constructor(source: string) {
    this.#source = source
  }

  toString(): string {
    return this.#source
  }
}

type Value = Html | string | number | null | undefined | false | readonly Value[]

/**
 * Tags a template literal as HTML. Values are escaped for text and quoted attributes;
 * `null`, `undefined` and `false` render nothing.
 *
 * @example html`<b title="${name}">${name}</b>`
 */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(render)))
}

/** Marks a constant of this program as HTML. Never pass it external input. */
export function raw(source: string): Html {
  return new Html(source)
}

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'string' || typeof value === 'number') return escapeText(String(value))
  return value.map(render).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
