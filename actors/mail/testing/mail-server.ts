/** A mail server that keeps what it is told, for tests of what is sent and of what is refused. */
import { createServer, type Server } from 'node:net'

/** `answers` in place of its usual ones, by command. */
export function mailServer(answers: Record<string, string> = {}) {
  const heard: string[] = []
  const server: Server = createServer(socket => {
    let inData = false
    let text = ''
    socket.write('220 test\r\n')
    socket.on('error', () => undefined)
    socket.on('data', bytes => {
      text += bytes.toString()
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        heard.push(line)
        const command = line.split(/[ :]/)[0]?.toUpperCase() ?? ''
        if (inData && line !== '.') continue
        const isData: boolean = command === 'DATA'
        inData = isData
        socket.write(`${answers[command] ?? (isData ? '354 go on' : '250 ok')}\r\n`)
        if (command === 'QUIT') socket.end()
      }
    })
  })
  const open = () =>
    new Promise<string>(resolve => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(`smtp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
      })
    })
  return { heard, open, close: () => server.close() }
}
