/** Loaded before a program (`node --import`): hard links fail, as on SMB, exFAT and FUSE. */

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

fs.promises.link = async () => {
  throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' })
}
syncBuiltinESMExports()
