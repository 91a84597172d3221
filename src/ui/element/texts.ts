/** Formats messages, dates and numbers in the user's language. */

import { DAY_MS } from '../../utc-day.ts'
import { english } from '../messages/english.ts'
import type { Message } from '../messages/message.ts'
import type { MessageName } from '../messages/messages.ts'

export type Params = Readonly<Record<string, string | number>>

/** @typeParam Name The names of the messages: those of `english`, and those that an element adds. */
export class Texts<Name extends string = MessageName> {
  readonly #messages: Readonly<Record<string, Message | undefined>>
  readonly #plural: Intl.PluralRules
  readonly #number: Intl.NumberFormat
  readonly #day: Intl.DateTimeFormat
  readonly #moment: Intl.DateTimeFormat
  readonly #relative: Intl.RelativeTimeFormat

  /**
   * @param language The language of dates, numbers and plurals.
   * @param overrides Messages in addition to those of `english`, or instead of them.
   */
  constructor(language: string, overrides?: Readonly<Partial<Record<Name, Message>>>) {
    const locale = knownLocale(language)
    this.#messages = { ...english, ...overrides }
    this.#plural = new Intl.PluralRules(locale)
    this.#number = new Intl.NumberFormat(locale)
    this.#day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
    this.#moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
    this.#relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  }

  /** A message as plain text. */
  say(name: Name, params: Params = {}): string {
    return this.parts(name, params, (value) => value).join('')
  }

  /** A message in pieces for a template; `show` renders string parameters. */
  parts<Shown>(
    name: Name,
    params: Params,
    show: (value: string, place: string) => Shown,
  ): (string | Shown)[] {
    return this.#form(name, params)
      .split(/\{(\w+)\}/)
      .map((piece, index) => {
        if (index % 2 === 0) return piece
        const value = params[piece] ?? ''
        return typeof value === 'number' ? this.number(value) : show(value, piece)
      })
  }

  number(value: number): string {
    return this.#number.format(value)
  }

  day(iso: string): string {
    return this.#day.format(new Date(iso))
  }

  /** A date without a time, such as those of the daily counts, in UTC. */
  utcDay(date: string): string {
    return new Intl.DateTimeFormat(this.#day.resolvedOptions().locale, {
      month: 'short',
      day: 'numeric',
      timeZone: 'UTC',
    }).format(new Date(date))
  }

  moment(iso: string): string {
    return this.#moment.format(new Date(iso))
  }

  /** `3 hours ago` within the last month, the day before that. */
  ago(iso: string, now: number): string {
    const passed = now - Date.parse(iso)
    if (passed > 30 * DAY_MS) return this.day(iso)
    if (passed >= DAY_MS) return this.#relative.format(-Math.floor(passed / DAY_MS), 'day')
    if (passed >= 3_600_000) return this.#relative.format(-Math.floor(passed / 3_600_000), 'hour')
    if (passed >= 60_000) return this.#relative.format(-Math.floor(passed / 60_000), 'minute')
    return this.#relative.format(0, 'second')
  }

  /** `In 3 hours`. */
  ahead(count: number, unit: 'minute' | 'hour' | 'day' | 'year'): string {
    const { locale } = this.#day.resolvedOptions()
    const text = new Intl.RelativeTimeFormat(locale).format(count, unit)
    return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)
  }

  #form(name: Name, { count }: Params): string {
    const message = this.#messages[name] ?? name
    if (typeof message === 'string') return message
    const category = this.#plural.select(typeof count === 'number' ? count : 0)
    return message[category] ?? message.other
  }
}

/** Falls back to a valid language, because an invalid `lang` must not break the page. */
function knownLocale(language: string): string {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? 'en'
  } catch {
    return 'en'
  }
}
