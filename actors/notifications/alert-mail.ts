/** A message as a mail: a text, and the same as HTML with a picture of the series. */
import type { Mail } from '#actors/mail/mailer.ts'
import {
  type AlertMessage,
  findingsTexts,
  linksOf,
  REPEATED,
  severityOf,
  toldChanges,
  toldFirst,
  toldLines,
} from './alert-message.ts'
import { CHART_HEIGHT, CHART_WIDTH, chartPng } from './chart-png.ts'
import type { AlertSeries } from './findings.ts'
import { htmlText } from './html-text.ts'
import { messageBody, messageText, messageTitle } from './message-text.ts'
import { seriesCaption } from './series-text.ts'

const CHART_ID = 'chart@logboy'

export function alertMail(message: AlertMessage): Omit<Mail, 'to'> {
  const { series } = message.findings
  const images =
    series === null
      ? []
      : [{ id: CHART_ID, name: 'chart.png', type: 'image/png', content: chartPng(series) }]
  const [subject, text] = [messageTitle(message), messageText(message)]
  return { subject, text, html: htmlOf(message), images }
}

function htmlOf(message: AlertMessage): string {
  const body = messageBody(message)
  const links = linksOf(message).map(
    ({ title, url }) =>
      `<a href="${htmlText(url)}" style="margin-right:16px">${htmlText(title)}</a>`,
  )
  return [
    '<div style="font-family:sans-serif;font-size:14px;line-height:1.5;color:#1f2937">',
    `<h2 style="font-size:18px;margin:0 0 8px">${htmlText(messageTitle(message))}</h2>`,
    ...(body === null ? factsOf(message) : [paragraph(body)]),
    `<p style="margin:14px 0">${links.join('')}</p>`,
    ...(message.isRepeatPossible ? [paragraph(REPEATED)] : []),
    '</div>',
  ].join('\n')
}

function factsOf(message: AlertMessage): readonly string[] {
  const { series } = message.findings
  return [
    paragraph(toldChanges(message).join('\n')),
    paragraph(`severity: ${severityOf(message)}`),
    ...(series === null ? [] : [chart(series)]),
    ...findingsTexts(message).map(paragraph),
    ...lines('First', toldFirst(message)),
    ...lines('Last', toldLines(message)),
  ]
}

function chart(series: AlertSeries): string {
  const caption = seriesCaption(series)
  return (
    `<p style="margin:10px 0"><img src="cid:${CHART_ID}" width="${CHART_WIDTH}" ` +
    `height="${CHART_HEIGHT}" alt="${htmlText(caption)}"><br><small>${htmlText(caption)}</small></p>`
  )
}

function paragraph(text: string): string {
  return `<p style="margin:6px 0;white-space:pre-wrap">${htmlText(text)}</p>`
}

function lines(title: string, all: readonly string[]): readonly string[] {
  if (all.length === 0) return []
  const pre = 'font-size:12px;white-space:pre-wrap;background:#f3f4f6;padding:8px;margin:4px 0'
  return [paragraph(title), `<pre style="${pre}">${htmlText(all.join('\n'))}</pre>`]
}
