/** Stores whose feed a test breaks, the way that networks and databases break it. The real store does the work. */

import type { ChangeFeed, ChangesRead } from '../../src/store/change-feed.ts'
import type { TokenStore } from '../../src/store/token-store.ts'

export interface FeedStore extends TokenStore {
  /** The outcome of a poll of the feed: a response, an error, or none at all. */
  line: 'open' | 'cut' | 'silent'
  /** The changes of uncommitted transactions, which the responses leave out. */
  withheld: (read: ChangesRead) => ChangesRead
}

export function feedStore(store: TokenStore): FeedStore {
  const own: Pick<FeedStore, 'line' | 'withheld'> = { line: 'open', withheld: (read) => read }
  const feed: ChangeFeed = {
    touchOwner: (userId) => store.feed.touchOwner(userId),
    changesSince: async (since) => {
      if (own.line === 'cut') throw new Error('the line is cut')
      if (own.line === 'silent') return new Promise(() => undefined)
      return own.withheld(await store.feed.changesSince(since))
    },
  }
  return new Proxy(own as FeedStore, {
    get(target, name, receiver) {
      if (name in own) return Reflect.get(target, name, receiver)
      if (name === 'feed') return feed
      const member: unknown = Reflect.get(store, name)
      return typeof member === 'function' ? member.bind(store) : member
    },
  })
}
