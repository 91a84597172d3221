/** The options of the page, and the one place that checks them, at boot. */

import { InvalidOption } from '../errors.ts'
import { isRecord, membersOf, record } from '../option-values.ts'
import type { Layout } from './layout.ts'
import { english } from './messages/english.ts'
import type { MessageOverrides } from './messages/messages.ts'

export interface ApiTokensPageOptions {
  /** Where the token routes are, as `routes.prefix` says. Default: `'/tokens'`. */
  tokensPath?: string | undefined
  /** Where people sign in. Default: none, and who is signed out sees no link. */
  signInUrl?: string | undefined
  /** What the curl line of a new token calls. Default: the token's own record. */
  curlUrl?: string | undefined
  /** The page's language (BCP 47); `en` and `de` are shipped. Default: `'en'`. */
  lang?: string | undefined
  /** The title of the document. Default: the message `title`. */
  title?: string | undefined
  /** Words of the host's own, in place of the shipped ones. */
  messages?: MessageOverrides | undefined
  /** The host's own frame around the page. Default: the page alone. */
  layout?: Layout | undefined
}

export interface PageSettings {
  readonly tokensPath: string
  readonly signInUrl: string | undefined
  readonly curlUrl: string | undefined
  readonly lang: string
  readonly title: string | undefined
  readonly messages: MessageOverrides
  readonly layout: Layout | undefined
}

/** `prefix` is Fastify's own; the others are Fastify's too, where a host gives them to `register`. */
const KNOWN = [
  ...['tokensPath', 'signInUrl', 'curlUrl', 'lang', 'title', 'messages', 'layout'],
  ...['prefix', 'logLevel', 'logSerializers'],
]

/** @throws {InvalidOption} That names the wrong option and says what would be right. */
export function readPageOptions(given: ApiTokensPageOptions): PageSettings {
  // Every member is as it was given.
  const options = membersOf(given, {
    ...{ known: KNOWN, what: 'the options of the page', before: '', called: 'an option of the page' },
    refuse: (message) => new InvalidOption(message),
  }) as ApiTokensPageOptions
  const { layout, tokensPath = '/tokens', lang = 'en', messages = {} } = options
  if (layout !== undefined && typeof layout !== 'function') {
    throw new InvalidOption('layout must be a function that returns an HTML document')
  }
  return {
    tokensPath: readPath(tokensPath),
    signInUrl: readUrl(options.signInUrl, 'signInUrl'),
    curlUrl: readUrl(options.curlUrl, 'curlUrl'),
    lang: readLanguage(lang),
    title: readText(options.title, 'title'),
    messages: readMessages(messages),
    layout,
  }
}

/** The page asks its own origin alone, as its policy says. */
function readPath(path: unknown): string {
  if (typeof path === 'string' && /^(\/[^/?#\s]+)+$/.test(path)) return path
  throw new InvalidOption("tokensPath must be a path such as '/tokens', as routes.prefix is")
}

/** An `http:` URL or one relative to the page: never a script. */
function readUrl(url: unknown, name: string): string | undefined {
  if (url === undefined) return undefined
  const base = 'http://host.invalid'
  const { protocol = '', username, password } = (typeof url === 'string' && URL.parse(url, base)) || {}
  // The page shows the URL to everyone.
  if (typeof url === 'string' && /^https?:$/.test(protocol) && `${username}${password}` === '') return url
  throw new InvalidOption(`${name} must be a path or an http or https URL`)
}

function readLanguage(lang: unknown): string {
  try {
    const [tag] = typeof lang === 'string' ? Intl.getCanonicalLocales(lang) : []
    if (tag !== undefined) return tag
  } catch {
    // Said below.
  }
  throw new InvalidOption("lang must be a language tag such as 'en' or 'de-AT' (BCP 47)")
}

function readText(text: unknown, name: string): string | undefined {
  if (text === undefined || (typeof text === 'string' && text.trim() !== '')) return text
  throw new InvalidOption(`${name} must be a string that is not blank`)
}

/** A misspelled message would be silently no message at all. */
function readMessages(given: unknown): MessageOverrides {
  const messages = membersOf(given, {
    ...{
      known: Object.keys(english),
      what: 'messages',
      before: 'messages.',
      called: 'a message of the page',
    },
    refuse: (message) => new InvalidOption(message),
  })
  for (const [name, message] of Object.entries(messages)) {
    if (typeof message === 'string') continue
    const forms = isRecord(message) ? record(message, PLURAL_FORMS, `messages.${name}`) : {}
    if (typeof forms['other'] === 'string' && Object.values(forms).every(isText)) continue
    throw new InvalidOption(`messages.${name} must be a string, or plural forms with { other }`)
  }
  // Each message was looked at above.
  return messages as MessageOverrides
}

/** Plural categories (Unicode CLDR). */
const PLURAL_FORMS = ['zero', 'one', 'two', 'few', 'many', 'other']

function isText(value: unknown): boolean {
  return typeof value === 'string'
}
