// Serving on a unix socket whose folder decides who may connect. Must stay true: two processes never serve the same socket,
// and the leftover of a killed one does not stop the next.
import { chmod, mkdir, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'

/**
 * Listens on `path` and makes it reachable for everybody who can enter its folder.
 * @throws Error when another process answers there already
 */
export async function listenOn(path: string, onConnection: (socket: Socket) => void): Promise<Server> {
  await mkdir(dirname(path), { recursive: true })
  if (await isAnswered(path)) throw new Error(`another process serves ${path}`)
  await rm(path, { force: true })
  const server = createServer(onConnection)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
  await chmod(path, 0o666)
  return server
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
