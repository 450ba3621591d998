/** The page behind a link of a message: says what the link would do, and has a button for it. */
import type { HttpAnswer } from '#actors/http/http-server.ts'
import { htmlText } from '#actors/notifications/html-text.ts'

export interface LinkButton {
  readonly label: string
  /** Query of the address. */
  readonly query: string
}

export interface LinkPage {
  readonly title: string
  readonly lines: readonly string[]
  readonly buttons: readonly LinkButton[]
}

const HEADERS: NonNullable<HttpAnswer['headers']> = [
  ['content-type', 'text/html; charset=utf-8'],
  ['content-security-policy', "default-src 'none'; form-action 'self'; frame-ancestors 'none'"],
  // The address is the permission: nobody keeps it.
  ['cache-control', 'no-store'],
  ['x-robots-tag', 'noindex'],
]

export function linkPage(status: number, { title, lines, buttons }: LinkPage): HttpAnswer {
  const forms = buttons.map(
    ({ label, query }) =>
      `<form method="post" action="?${htmlText(query)}"><button>${htmlText(label)}</button></form>`,
  )
  const body = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${htmlText(title)}</title></head><body><h1>${htmlText(title)}</h1>`,
    ...lines.map(line => `<p>${htmlText(line)}</p>`),
    ...forms,
    '</body></html>',
  ]
  return { status, headers: HEADERS, body: body.join('\n') }
}
