/** The base class of the dialogs of the administration page. */

import { Modal } from '../../dialogs/modal.ts'
import type { Fault } from '../../fault.ts'
import type { AdminClient } from '../admin-client.ts'
import type { AdminTexts } from '../admin-texts.ts'

export abstract class AdminModal<Result> extends Modal<Result, AdminClient> {
  declare texts: AdminTexts

  /** The text of a fault after which the change may have been made; `undefined` for other faults. */
  protected uncertain(
    name: 'revokeUncertain' | 'issueUncertain' | 'limitsUncertain',
  ): (fault: Fault) => string | undefined {
    return ({ kind }) => (kind === 'unreachable' ? this.texts.say(name) : undefined)
  }
}
