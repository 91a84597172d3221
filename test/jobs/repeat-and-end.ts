/** A separate process whose only timer is a repeated task. */

import { repeat } from '../../src/jobs/repeat.ts'

repeat(3_600_000, async () => undefined, { failed: () => undefined, recovered: () => undefined })
process.on('exit', () => process.stdout.write('the end\n'))
