/** The part of `nodemailer` that we use. */
declare module 'nodemailer' {
  export interface TransportOptions {
    readonly url: string
    readonly pool: boolean
    readonly maxConnections: number
    readonly connectionTimeout: number
    readonly greetingTimeout: number
    readonly socketTimeout: number
    readonly disableFileAccess: boolean
    readonly disableUrlAccess: boolean
  }

  export interface Message {
    readonly from: string
    readonly to: { readonly name: string; readonly address: string }
    readonly subject: string
    readonly text: string
    readonly html?: string
    readonly attachments: readonly {
      readonly cid: string
      readonly filename: string
      readonly contentType: string
      readonly content: Buffer
    }[]
  }

  export interface Transport {
    sendMail(message: Message): Promise<unknown>
    close(): void
  }

  export function createTransport(options: TransportOptions): Transport
}
