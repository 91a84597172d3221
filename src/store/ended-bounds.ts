/** How much an insert does about the ended tokens of an owner, on every store. */

/** How many it deletes at most. */
export const MAX_DELETED = 10
/** How many of the oldest it reads for that. */
export const MAX_READ = 1_000
