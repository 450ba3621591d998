/** The contract of mail: texts to people. */
export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

export interface Mailer {
  /** `printed`: nothing leaves; whoever runs the server reads it there. */
  readonly type: 'mail' | 'printed'
  /** Resolves when the mail server has taken it. */
  send(mail: Mail): Promise<void>
  close(): void
}
