/** The pool of a store: its own, which it opens with the first statement, or the host's. */

export interface LazyPool<Pool> {
  /** Called for each connection, because a store that is opened again opens another pool. */
  readonly pool: () => Promise<Pool>
  end(): Promise<void>
}

export function lazyPool<Pool>(
  open: () => Promise<Pool>,
  end: (pool: Pool) => Promise<void>,
): LazyPool<Pool> {
  let opened: Promise<Pool> | undefined
  return {
    pool: () => {
      opened ??= open()
      return opened
    },
    end: async () => {
      const last = opened
      opened = undefined
      // A pool that could not be opened needs no end.
      const pool = await last?.catch(() => undefined)
      if (pool !== undefined) await end(pool)
    },
  }
}

/** The host ends its pool itself. */
export function hostPool<Pool>(pool: Pool): LazyPool<Pool> {
  return { pool: async () => pool, end: async () => undefined }
}
