/** How many ended tokens of an owner an insert may delete, on every store. */

/** Maximum number of tokens to delete. */
export const MAX_DELETED = 10
/** Maximum number of the oldest tokens to read for that. */
export const MAX_READ = 1_000
