/** The contract of mail: texts to people. */
export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  /** The same for readers that show it; of images it shows its own alone. */
  readonly html?: string
  readonly images?: readonly MailImage[]
}

/** Shown by `<img src="cid:ID">`. */
export interface MailImage {
  readonly id: string
  readonly name: string
  /** Of its content: `image/png`. */
  readonly type: string
  readonly content: Buffer
}

export interface Mailer {
  /** `printed`: nothing leaves; whoever runs the server reads it there. */
  readonly type: 'mail' | 'printed'
  /** Resolves when the mail server has taken it. */
  send(mail: Mail): Promise<void>
  close(): void
}
