/** A real mail server that keeps what it is told: for tests of what is sent and what is refused. */
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

export interface MailServerOptions {
  /** Takes mail for nobody, and says so. */
  readonly refusal?: string
}

/** `heard`: recipients as `RCPT TO:<…>`, and the lines of each mail as they were sent. */
export function mailServer({ refusal }: MailServerOptions = {}) {
  const heard: string[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo({ address }, _session, done) {
      if (refusal !== undefined)
        return done(Object.assign(new Error(refusal), { responseCode: 550 }))
      heard.push(`RCPT TO:<${address}>`)
      done()
    },
    onData(stream, _session, done) {
      text(stream).then(mail => {
        heard.push(...mail.split('\r\n'))
        done()
      }, done)
    },
  })
  // A client that is gone before its answer.
  server.on('error', () => undefined)
  const open = () =>
    new Promise<string>(resolve => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.server.address()
        resolve(`smtp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
      })
    })
  return { heard, open, close: () => server.close() }
}
