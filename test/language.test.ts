/** The language of code, docs, examples and tests: no invented terms, no archaic words, no long sentences. */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const ROOT = join(import.meta.dirname, '..')
const MAX_WORDS = 40

/** Each with what to write instead. Words that are also keywords or standard terms are not here. */
const PATTERNS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  // Invented terms.
  [/\bnews\b/i, 'invalidation'],
  [/\bNews[A-Z]\w*/, 'Invalidation…'],
  [/\bheed(s|ed|ing)?\b/i, 'takes effect, onInvalidate'],
  [/\bcarriers?\b/i, 'pub/sub'],
  [/\w*[cC]arrier[A-Z]\w*|\w+Carriers?\b/, 'PubSub'],
  [/\b(tellOthers|(?<!--cluster-)announce[sd]?)\b/, 'publish'],
  [/\b(is|are|was|were|be|been) told\b/i, 'gets, receives, is notified'],
  [/\btold of\b/i, 'notified about'],
  [/\b(in|out of)[ _]reach\b/i, 'available, unavailable'],
  [/\b(OwnerWord|ProviderWord|askOwner|readWord)\b/, 'UserStatus, RefreshResult, lookUpUser'],
  [/\bhost's (own )?word\b/i, 'result of findUser'],
  [/\b(your|its|their|his|her) own word\b/i, 'result'],
  [/\b(TokenHolder|endHeld|HeldSignal)\b/, 'IdentityProvider'],
  [/\bprovider-held\b/i, 'identity provider'],
  [/\bRefusal\b/, 'RejectionReason'],
  [/\b(ChangeSubject|TokenChanges|ChangeListener)\b/, 'InvalidationTarget, InvalidationBus'],
  [/\bSchemaStep\b/, 'Migration'],
  [/\b\w+Parts\b/, '…Deps'],
  [/\b(unlessThere|addingWhereThere|isDoneAlready|asksForRetry)\b/, 'onConflictDoNothing, isRetryable'],
  [/\b(Patience|withinTime)\b/, 'withTimeout'],
  [/\b(recall|freshen)\b/, 'getAndCount, touch'],
  [/\babandon(s|ed|ing|Token|User|All)?\b/i, 'invalidate'],
  [/\bidle[-_ ]?soon\b|\bidleSoon\b|\bwarnIdle\b|\bidle_warned\w*/i, 'idle warning'],
  [/\b\w+Look\b/, '…Styles'],
  [/\bstampOwner\b/, 'touchOwner'],
  [/\bspells?\b/i, 'idle period'],
  [/\bjudgements?\b/i, 'evaluation, result'],
  [/\bjudged\b/i, 'evaluated'],
  [/\bforger(y|ies)\b/i, 'invalid signature'],
  [/\bswitche?[sd]? (it |them |the token |a token )?(off|on)\b/i, 'disable, enable'],
  [/\bremember(s|ed|ing)?\b/i, 'stored, cached'],
  [/\bletters? (to|of|that|goes|is|with)\b/i, 'e-mail'],
  [/\bstore('s)? port\b/i, 'store interface'],
  // Archaic and literary words.
  [/\banew\b/i, 'again'],
  [/\bwhoever\b/i, 'a caller that, anyone who'],
  [/\bwhosoever\b|\bwhereof\b|\bthereof\b|\bwhereby\b/i, 'a plain relative clause'],
  [/\bnobody['’]s\b/i, 'of no owner'],
  [/\bsomebody['’]s\b/i, 'a user’s'],
  [/\blest\b/i, 'so that … not'],
  [/\bhence\b/i, 'therefore'],
  [/\bof old\b/i, 'earlier'],
  [/\bfor good\b/i, 'permanently'],
  [/\b(is|are) none\b/i, 'is not one'],
  [/\bnone the (less|worse)\b/i, 'still'],
  [/\bat hand\b/i, 'available'],
  [/\bunder way\b/i, 'in progress, in flight'],
  [/\bcomes? to (lie|nothing)\b/i, 'fails'],
  [/\bnothing but\b/i, 'only'],
  [/\bbut for\b/i, 'except'],
  [/\bbut that\b/i, 'except that'],
  [/\bas yet\b/i, 'yet'],
  [/\bforthwith\b|\bhitherto\b|\bheretofore\b/i, 'now, until now'],
  [/\b(let|lets|letting) go of\b/i, 'releases'],
  [/\bbelieved?\b/i, 'used, valid'],
  [/\bmends?\b|\bmended\b/i, 'fix'],
  [/\bmisspelt\b/, 'misspelled'],
  [/\brecognise|\bauthorise|\bbehaviour|\bcolour\b|\blicence\b/i, 'American spelling'],
  // Sentences of earlier pages.
  [/makes the database say/i, 'updates the stored status'],
  [/may be believed/i, 'maximum age of a cached verification'],
  [/along the very way/i, 'on the same channel'],
  [/\bsees anything new\b/i, 'reads committed data'],
  [/\bhas its say\b|\bhas the last word\b/i, 'decides'],
]

interface Text {
  /** `src/index.ts:12`. */
  readonly place: string
  readonly text: string
}

t.test('no invented term and no archaic word', async (t) => {
  for (const [pattern, instead] of PATTERNS) {
    const found = texts().filter(({ text }) => pattern.test(text))
    t.same(
      found.map(({ place, text }) => `${place}: ${text.trim()}`),
      [],
      `${pattern}: write ${instead}`,
    )
  }
})

t.test(`no sentence of the docs has more than ${MAX_WORDS} words`, async (t) => {
  for (const page of pages()) {
    t.same(longSentences(readFileSync(join(ROOT, page), 'utf8')), [], page)
  }
})

t.test('a sample of each kind is found', async (t) => {
  for (const sample of [
    'News of a change.',
    'It is judged anew.',
    'const #deps: LifecycleParts',
    'redisCarrier',
  ]) {
    t.ok(
      PATTERNS.some(([pattern]) => pattern.test(sample)),
      sample,
    )
  }
  t.equal(longSentences(`${'word '.repeat(MAX_WORDS + 1)}.`).length, 1)
  const half = 'word '.repeat(MAX_WORDS / 2).trim()
  t.equal(longSentences(`${half}: Word ${half}.`).length, 1, 'a colon ends no sentence')
  t.equal(longSentences(`${half}. Word ${half}.`).length, 0, 'a period does')
})

function pages(): readonly string[] {
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...glob('docs/**/*.md')]
}

/** Every line of docs, src, examples, tests and benchmarks. */
function texts(): readonly Text[] {
  const lines = [...pages(), ...glob('src/**/*.ts'), ...glob('examples/**/*.{ts,md}')].flatMap(linesOf)
  const tests = [...glob('test/**/*.ts'), ...glob('benchmark/**/*.ts')]
    .filter((file) => file !== 'test/language.test.ts')
    .flatMap(linesOf)
  return [...lines, ...tests]
}

function linesOf(file: string): Text[] {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n')
  return lines.map((text, index) => ({ place: `${file}:${index + 1}`, text }))
}

/** Prose only: code, tables, headings and links' addresses are left out. A colon or semicolon ends no sentence. */
function longSentences(markdown: string): string[] {
  const prose = markdown
    .replace(/^```[\s\S]*?^```$/gm, '\n\n')
    .replace(/^(\||#|<|!\[).*$/gm, '\n')
    .replace(/\]\([^)]*\)/g, ']')
    .replace(/^\s*([-*]|\d+\.) /gm, '\n\n')
  return prose
    .split(/\n\s*\n/)
    .flatMap((paragraph) => paragraph.replace(/\s+/g, ' ').split(/(?<=[.!?][*)"]*)\s+/))
    .filter((sentence) => sentence.split(' ').filter((word) => /\w/.test(word)).length > MAX_WORDS)
}

function glob(pattern: string): string[] {
  return globSync(pattern, { cwd: ROOT }).sort()
}
