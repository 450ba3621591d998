/** What people are shown of the logs of a firing, and how a mail shows it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import type { Row } from '#proto/api.ts'
import { alertMail } from './alert-mail.ts'
import { NO_TEMPLATE } from './alert-message.ts'
import { CHART_HEIGHT, CHART_WIDTH, chartPixels, chartPng } from './chart-png.ts'
import { type AlertSeries, slidingCounts, unusualValues } from './findings.ts'
import { previewMessage } from './message-preview.ts'
import { messageText } from './message-text.ts'

const AT_US = Date.UTC(2026, 10, 29, 10) * 1_000

function rows(count: number, part: (n: number) => Partial<Row>): Row[] {
  const { lines } = previewMessage(null, NO_TEMPLATE, {
    project: { id: 'p', name: 'shop' },
    publicUrl: '',
    atUs: AT_US,
  })
  const [sample] = lines as [Row]
  return Array.from({ length: count }, (_, n) => ({ ...sample, ...part(n) }))
}

test('values are unusual that many logs have and few had before', () => {
  const now = rows(10, n => ({ host: n < 8 ? 'web-3' : 'web-1', attributes: { code: 500, n } }))
  const before = rows(20, n => ({ host: `web-${n % 4}`, attributes: { code: n < 2 ? 500 : 200 } }))
  assert.deepEqual(unusualValues(now, before), [
    { field: 'code', value: '500', share: 1, before: 0.1 },
    { field: 'host', value: 'web-3', share: 0.8, before: 0.25 },
  ])
  assert.deepEqual(unusualValues(now, now), [])
  assert.deepEqual(unusualValues(now, before.slice(0, 4)), [], 'four say nothing of others')
})

test('counts of sliding windows are those of their steps', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(9), { maxLength: 40 }),
      fc.integer({ min: 1, max: 8 }),
      (all, steps) => {
        const naive = all
          .map((_, i) => all.slice(i - steps + 1, i + 1))
          .slice(steps - 1)
          .map(window => window.reduce((sum, count) => sum + count, 0))
        assert.deepEqual(slidingCounts(all, steps), naive)
      },
    ),
    { numRuns: 200 },
  )
})

const SERIES: AlertSeries = {
  fromUs: AT_US,
  stepUs: 10_000_000,
  of: null,
  values: [0, 10, 40],
  condition: { operator: '>', threshold: 20 },
}

test('a picture is a PNG of bars, those above the threshold in another colour', () => {
  const png = chartPng(SERIES)
  assert.equal(png.subarray(1, 4).toString(), 'PNG')
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [CHART_WIDTH, CHART_HEIGHT])
  const at = png.indexOf('IDAT')
  const plain = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)))
  assert.equal(plain.length, (CHART_WIDTH + 1) * CHART_HEIGHT)
  const pixels = chartPixels(SERIES)
  assert.deepEqual(plain.subarray(1, CHART_WIDTH + 1), Buffer.from(pixels.subarray(0, CHART_WIDTH)))
  const bottom = (third: number) => pixels[(CHART_HEIGHT - 1) * CHART_WIDTH + third * 160 + 80]
  assert.deepEqual([0, 1, 2].map(bottom), [0, 1, 2])
  assert.equal(pixels.filter(colour => colour === 3).length, CHART_WIDTH / 2)
  for (const values of [[], [0], [-3, 1e12]]) {
    assert.equal(chartPixels({ ...SERIES, values, condition: null }).length, pixels.length)
  }
})

test('a mail shows the picture, the wordings and what is unusual, and no markup of logs', () => {
  const place = {
    project: { id: 'p', name: '<b>shop' },
    publicUrl: 'https://x.example',
    atUs: AT_US,
  }
  const message = {
    ...previewMessage(null, NO_TEMPLATE, place),
    lines: rows(1, () => ({ message: '<script>alert(1)</script>' })),
    findings: {
      first: rows(1, () => ({ message: 'the first & only' })),
      patterns: [{ pattern: 'card <*> declined', count: 18 }],
      unusual: [{ field: 'host', value: 'web-3', share: 0.8, before: 0.25 }],
      series: SERIES,
    },
  }
  const { subject, text, html = '', images = [] } = alertMail(message)
  assert.equal(subject, 'FIRING: Checkout errors (<b>shop)')
  assert.equal(text, messageText(message))
  assert.match(text, /^18 × card <\*> declined\nhost=web-3 in 80 % of these logs, 25 % before$/m)
  assert.match(html, /<img src="cid:chart@logboy"[^>]* alt="Logs that match, .* threshold 20"/)
  assert.match(html, /the first &amp; only/)
  assert.match(html, /&lt;script&gt;/)
  assert.doesNotMatch(html, /<script|<b>|<\*>/)
  assert.deepEqual(
    images.map(({ id, type, content }) => [id, type, content]),
    [['chart@logboy', 'image/png', chartPng(SERIES)]],
  )
  const own = alertMail({ ...message, template: { title: '', body: '<i>{{rule}}</i>' } })
  assert.match(own.html ?? '', /&lt;i&gt;Checkout errors&lt;\/i&gt;/)
})
