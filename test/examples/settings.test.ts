import { join } from 'node:path'
import t from 'tap'
import { readSettings, SettingsError } from '../../examples/bodhi-host/settings.ts'

t.test('without variables the host has its defaults', async (t) => {
  const settings = readSettings({})
  t.match(settings, {
    port: 1135,
    host: 'localhost',
    origin: null,
    authentication: 'required',
    provider: null,
    upstream: null,
    sessionSecret: null,
  })
  t.ok(settings.dataDir.endsWith(join('examples', 'bodhi-host', 'data')))
})

t.test('DATABASE_URL selects the database, REDIS_URL the pub/sub', async (t) => {
  const database = (DATABASE_URL: string) => readSettings({ DATABASE_URL, DATA_DIR: '/data' }).database
  t.same(readSettings({ DATA_DIR: '/data' }).database, { dialect: 'sqlite', filename: '/data/bodhi.db' })
  t.same(database('sqlite:/var/host.db'), { dialect: 'sqlite', filename: '/var/host.db' })
  t.same(database('sqlite:///var/host.db'), { dialect: 'sqlite', filename: '/var/host.db' })
  t.same(database('sqlite:host.db'), { dialect: 'sqlite', filename: join(process.cwd(), 'host.db') })
  for (const [url, dialect] of Object.entries({
    'postgres://localhost/app': 'postgres',
    'postgresql://localhost/app': 'postgres',
    'mysql://localhost/app': 'mysql',
    'mariadb://localhost/app': 'mysql',
  })) {
    t.same(database(url), { dialect, url })
  }
  t.equal(readSettings({}).redisUrl, null)
  t.equal(readSettings({ REDIS_URL: 'rediss://u:p@h:6380/0' }).redisUrl, 'rediss://u:p@h:6380/0')
})

t.test('an empty variable counts as unset', async (t) => {
  t.same(readSettings({ PORT: '', ORIGIN: ' ', BODHI_AUTH: '' }), readSettings({}))
})

t.test('a wrong variable is named with the allowed values', async (t) => {
  const wrong: Record<string, Record<string, string>> = {
    'PORT must be a whole number from 0 to 65535, not "http"': { PORT: 'http' },
    'PORT must be a whole number from 0 to 65535, not "65536"': { PORT: '65536' },
    'PORT must be a whole number from 0 to 65535, not "-1"': { PORT: '-1' },
    'BODHI_AUTH must be one of oidc, none, not "off"': { BODHI_AUTH: 'off' },
    'UPSTREAM_URL must be an http or https URL': { UPSTREAM_URL: 'localhost:11434' },
    'ORIGIN must be an origin without a path': { ORIGIN: 'https://example.com/bodhi' },
    'SESSION_SECRET must have at least 32 characters, not 5': { SESSION_SECRET: 'short' },
    'LOG_LEVEL must be one of': { LOG_LEVEL: 'loud' },
    'DATABASE_URL must be sqlite:FILE, postgres://': { DATABASE_URL: 'mongodb://localhost/app' },
    'DATABASE_URL is empty: give it a value, or remove it': { DATABASE_URL: ' ' },
    'OIDC_ISSUER is empty': { OIDC_ISSUER: '', OIDC_CLIENT_ID: '', OIDC_CLIENT_SECRET: '' },
    'DATABASE_URL must be sqlite:FILE': { DATABASE_URL: 'sqlite:' },
    'REDIS_URL must be redis://host:port': { REDIS_URL: 'localhost:6379' },
    'REDIS_URL must be redis://host:port or': { REDIS_URL: 'redis://' },
    'MODEL_WORD_DELAY_MS must be': { MODEL_WORD_DELAY_MS: '1.5' },
    'OIDC_CLIENT_SECRET must be set too': { OIDC_ISSUER: 'https://id.example.com', OIDC_CLIENT_ID: 'x' },
    'OIDC_ISSUER and OIDC_CLIENT_ID must be set too': { OIDC_CLIENT_SECRET: 'x' },
  }
  for (const [message, environment] of Object.entries(wrong)) {
    t.throws(() => readSettings(environment), {
      name: 'SettingsError',
      message: new RegExp(escapeRegExp(message)),
    })
  }
})

t.test('all wrong variables are named together', async (t) => {
  try {
    readSettings({ PORT: 'x', BODHI_AUTH: 'y', UPSTREAM_URL: 'z' })
    t.fail('the settings were taken')
  } catch (error) {
    t.ok(error instanceof SettingsError)
    t.equal(error instanceof SettingsError && error.problems.length, 3)
  }
})

t.test('no message holds a secret', async (t) => {
  try {
    readSettings({
      SESSION_SECRET: 'hunter2',
      OIDC_CLIENT_SECRET: 'hunter3',
      DATABASE_URL: 'oracle://root:hunter4@localhost/app',
      REDIS_URL: 'http://:hunter5@localhost',
    })
    t.fail('the settings were taken')
  } catch (error) {
    t.notMatch(String(error), /hunter/)
  }
})

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
