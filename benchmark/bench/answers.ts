/** Counts the responses of a server by the bytes on its sockets, so that counting adds no cost to a request. */

import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface AnswerCount {
  /** Responses since the start. */
  count(): number
}

/** All responses of a variant have the same length, so the number of bytes gives the number of responses. */
export async function countAnswers(server: Server, credential: string): Promise<AnswerCount> {
  const open = new Set<Socket>()
  let closed = 0
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      closed += socket.bytesWritten
    })
  })
  const length = await lengthOfAnswer(server, credential)
  return {
    count: () => {
      let written = closed
      for (const { bytesWritten } of open) written += bytesWritten
      return written / length
    },
  }
}

async function lengthOfAnswer(server: Server, credential: string): Promise<number> {
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${credential}\r\n\r\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return answer.length
}
