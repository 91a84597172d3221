/**
 * Installs the dependencies where they are missing, or older than the lock file. It runs before every script that needs
 * them, on any version of Node.js that npm came with.
 */

import { execSync } from 'node:child_process'
import { statSync } from 'node:fs'

const modifiedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

if (modifiedAt('node_modules/.package-lock.json') < modifiedAt('package-lock.json')) {
  const options = { stdio: 'inherit' }
  execSync('npm ci --ignore-scripts --no-audit --no-fund', options)
  // The pinned Node.js: its install script links the binary of its package.
  execSync('npm rebuild node', options)
}
