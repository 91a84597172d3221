/** Reads and checks the options of the pages at boot. */

import { InvalidOption } from '../errors.ts'
import { isRecord, membersOf, record } from '../option-values.ts'
import type { Layout } from './layout.ts'
import { adminEnglish } from './messages/admin-english.ts'
import { english } from './messages/english.ts'
import type { Message, MessageTable } from './messages/message.ts'
import type { AdminMessageOverrides, MessageOverrides } from './messages/messages.ts'

export interface ApiTokensPageOptions {
  /** The path of the token routes, equal to `routes.prefix`. Default: `'/tokens'`. */
  tokensPath?: string | undefined
  /** The URL of the host's sign-in page. Default: no link is shown. */
  signInUrl?: string | undefined
  /** The URL in the curl example of a new token. Default: `/tokens/current`. */
  curlUrl?: string | undefined
  /** The page's language (BCP 47); `en` and `de` are included. Default: `'en'`. */
  lang?: string | undefined
  /** The title of the document. Default: the message `title`. */
  title?: string | undefined
  /** Messages that replace the included ones. */
  messages?: MessageOverrides | undefined
  /** Renders the host's own HTML document around the page. Default: a bare document. */
  layout?: Layout | undefined
}

export interface ApiTokensAdminPageOptions {
  /** The path of the administration routes, equal to `admin.prefix`. Default: `'/admin/tokens'`. */
  adminPath?: string | undefined
  /** The URL of the host's sign-in page for administrators. Default: no link is shown. */
  signInUrl?: string | undefined
  /** The URL in the curl example of a new token. Default: `/tokens/current`. */
  curlUrl?: string | undefined
  /** The page's language (BCP 47); `en` and `de` are included. Default: `'en'`. */
  lang?: string | undefined
  /** The title of the document. Default: the message `title`. */
  title?: string | undefined
  /** Messages that replace the included ones. */
  messages?: AdminMessageOverrides | undefined
  /** Renders the host's own HTML document around the page. Default: a bare document. */
  layout?: Layout | undefined
}

/** The checked options of a page. */
export interface PageSettings {
  /** The path of the routes that the page calls. */
  readonly path: string
  readonly signInUrl: string | undefined
  readonly curlUrl: string | undefined
  readonly lang: string
  readonly title: string | undefined
  readonly messages: Readonly<Record<string, Message>>
  readonly layout: Layout | undefined
}

/** The options of the API Tokens page. @throws {InvalidOption} Names the wrong option and what is allowed. */
export function readPageOptions(given: ApiTokensPageOptions): PageSettings {
  return read(given, {
    pathName: 'tokensPath',
    defaultPath: '/tokens',
    samePath: 'routes.prefix',
    messages: english,
  })
}

/** The options of the administration page. @throws {InvalidOption} Names the wrong option and what is allowed. */
export function readAdminPageOptions(given: ApiTokensAdminPageOptions): PageSettings {
  return read(given, {
    pathName: 'adminPath',
    defaultPath: '/admin/tokens',
    samePath: 'admin.prefix',
    messages: { ...english, ...adminEnglish },
  })
}

/** Where the options of the pages differ. */
interface PageKind {
  readonly pathName: 'tokensPath' | 'adminPath'
  readonly defaultPath: string
  /** The option that the path equals. */
  readonly samePath: string
  readonly messages: MessageTable
}

/** The options of both pages, and the options of `register` that Fastify passes on. */
const KNOWN = [
  ...['signInUrl', 'curlUrl', 'lang', 'title', 'messages', 'layout'],
  ...['prefix', 'logLevel', 'logSerializers'],
]

function read(given: unknown, kind: PageKind): PageSettings {
  const options = membersOf(given, {
    ...{ what: 'the options of the page', before: '', called: 'an option of the page' },
    known: [kind.pathName, ...KNOWN],
    refuse: (message) => new InvalidOption(message),
  })
  const { layout, lang = 'en', messages = {}, [kind.pathName]: path = kind.defaultPath } = options
  if (layout !== undefined && typeof layout !== 'function') {
    throw new InvalidOption('layout must be a function that returns an HTML document')
  }
  return {
    path: readPath(path, kind),
    signInUrl: readUrl(options['signInUrl'], 'signInUrl'),
    curlUrl: readUrl(options['curlUrl'], 'curlUrl'),
    lang: readLanguage(lang),
    title: readText(options['title'], 'title'),
    messages: readMessages(messages, kind.messages),
    // What a function returns is checked by no type.
    layout: layout as Layout | undefined,
  }
}

/** A path: the page's Content Security Policy allows requests only to its own origin. */
function readPath(path: unknown, { pathName, defaultPath, samePath }: PageKind): string {
  if (typeof path === 'string' && /^(\/[^/?#\s]+)+$/.test(path)) return path
  throw new InvalidOption(`${pathName} must be a path such as '${defaultPath}', as ${samePath} is`)
}

/** An http or https URL or one relative to the page, never `javascript:`. */
function readUrl(url: unknown, name: string): string | undefined {
  if (url === undefined) return undefined
  const base = 'http://host.invalid'
  const { protocol = '', username, password } = (typeof url === 'string' && URL.parse(url, base)) || {}
  // The URL is public, so it must not contain credentials.
  if (typeof url === 'string' && /^https?:$/.test(protocol) && `${username}${password}` === '') return url
  throw new InvalidOption(`${name} must be a path or an http or https URL`)
}

function readLanguage(lang: unknown): string {
  try {
    const [tag] = typeof lang === 'string' ? Intl.getCanonicalLocales(lang) : []
    if (tag !== undefined) return tag
  } catch {
    // The error is thrown below.
  }
  throw new InvalidOption("lang must be a language tag such as 'en' or 'de-AT' (BCP 47)")
}

function readText(text: unknown, name: string): string | undefined {
  if (text === undefined || (typeof text === 'string' && text.trim() !== '')) return text
  throw new InvalidOption(`${name} must be a string that is not blank`)
}

/** Unknown names are refused: a misspelled message would silently have no effect. */
function readMessages(given: unknown, known: MessageTable): Readonly<Record<string, Message>> {
  const messages = membersOf(given, {
    ...{
      known: Object.keys(known),
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
  // Each message was checked above.
  return messages as Readonly<Record<string, Message>>
}

/** Plural categories (Unicode CLDR). */
const PLURAL_FORMS = ['zero', 'one', 'two', 'few', 'many', 'other']

function isText(value: unknown): boolean {
  return typeof value === 'string'
}
