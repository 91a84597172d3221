/** The servers of this machine that tests use when they are there. `.ci/run` demands that they are. */

import { connect } from 'node:net'

/** Whether somebody listens on a port of this machine. */
export function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, '127.0.0.1')
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  promise.then(() => socket.destroy())
  return promise
}
