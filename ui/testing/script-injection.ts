/** Markup and scripts in everything that logs can say: text on every page, and nothing else. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { browse } from './browse.ts'
import { PROJECT } from './browser-bench.ts'
import { fillAlerts } from './sample-alerts.ts'

const RUN = 'globalThis.injected=1'
const CORPUS: readonly string[] = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `"><svg onload=${RUN}>`,
  `'-${RUN}-'`,
  `javascript:${RUN}`,
  `</span></div><iframe srcdoc="<script>parent.injected=1</script>">`,
  `<a href="javascript:${RUN}" autofocus onfocus=${RUN}>x</a>`,
  `{{constructor.constructor('${RUN}')()}}`,
  `\${${RUN}}`,
  `<style>*{display:none}</style>`,
  `<math><mtext></p><style><img title="</style><img src onerror=${RUN}>">`,
  `\u001b]8;;javascript:${RUN}\u0007link\u001b]8;;\u0007`,
  `\u202e<b>\u2066${RUN}`,
  `x\u0000<script>${RUN}</script>`,
  `url(javascript:${RUN}); background: url("//evil.example/x")`,
]

/** What such a text would have made of itself. */
async function assertNothingRan(page: Page, where: string): Promise<void> {
  const made = await page.evaluate(() => [
    ...[...document.querySelectorAll('#app :is(script, img, iframe, style, math, b[onload])')].map(
      element => element.outerHTML.slice(0, 80),
    ),
    ...[...document.querySelectorAll('#app *')]
      .filter(element =>
        [...element.attributes].some(
          ({ name, value }) =>
            name.startsWith('on') ||
            (/^\s*javascript:/i.test(value) && name !== 'title' && name !== 'value'),
        ),
      )
      .map(element => element.outerHTML.slice(0, 80)),
    ...('injected' in globalThis ? ['a script ran'] : []),
  ])
  assert.deepEqual(made, [], where)
  assert.equal(await page.title(), 'demo · Logboy', where)
}

browse('markup in a log is text on every page', async visit => {
  const { page, url } = visit
  for (const [index, evil] of CORPUS.entries()) {
    const row = visit.data.row(Date.now() - 5000 - index)
    visit.server.append(PROJECT, [
      {
        ...row,
        message: evil,
        service: evil,
        host: evil,
        file: evil,
        severity_text: evil,
        trace_id: 'ab'.repeat(16),
        attributes: { [evil]: evil, duration_ms: index, path: evil, nested: { [evil]: [evil] } },
      },
    ])
  }
  const column = encodeURIComponent(encodeURIComponent(CORPUS[1] ?? ''))
  await visit.signIn(`/explore?project=${PROJECT}&cols=service,file,path,${column}`)
  await page
    .locator('.row')
    .nth(CORPUS.length - 1)
    .waitFor()
  await assertNothingRan(page, 'rows')
  for (const name of await page.locator('.field-facet-name').all()) await name.click()
  await page.locator('.field-facet .facet-item').first().waitFor()
  await assertNothingRan(page, 'facets')
  await page.keyboard.press('w')
  await assertNothingRan(page, 'wrapped rows')
  await page.locator('.row').first().click()
  const detail = page.getByRole('complementary', { name: 'Log details' })
  for (const name of ['JSON', 'Context', 'Trace', 'Fields']) {
    await detail.getByRole('tab', { name }).click()
    await page.keyboard.press('j')
    await assertNothingRan(page, `details, ${name}`)
  }
  await page.getByLabel('Search logs').fill('path:')
  await page.getByRole('option').first().waitFor()
  await assertNothingRan(page, 'completion')
  visit.server.explore.views.push({
    id: 'view',
    name: CORPUS[0] ?? '',
    address: `q=${encodeURIComponent(CORPUS[1] ?? '')}`,
    shared: true,
    created_by: null,
    updated_at: '2026-11-29T00:00:00.000Z',
    version: 1,
  })
  const paths = [
    '/explore?view=patterns',
    '/explore?q=%7C+count+by+service,+host',
    '/explore?q=%7C+count+by+path&as=bar',
    '/dashboard?by=path',
    '/dashboard?stream=1',
    `/dashboard?by=${column}&slow=${column}&metric=${column}~${column}~${column}`,
    `/explore?q=${encodeURIComponent(CORPUS[1] ?? '')}&service=${column}&row=${column}`,
  ]
  for (const path of paths) {
    await page.goto(`${url}${path}&project=${PROJECT}`)
    await page
      .locator('.pattern-line, .analysis, .tile, .stream-row, .empty, .row')
      .first()
      .waitFor()
    await assertNothingRan(page, path)
  }
  await page.getByRole('button', { name: 'Saved views' }).click()
  await page.locator('.view-line').first().waitFor()
  await assertNothingRan(page, 'saved views')
})

/** What people write freely about alerts; `labels` and `group` are theirs with their names. */
const FREE = new Set([
  'name',
  'rule',
  'query',
  'by',
  'note',
  'actor',
  'comment',
  'label',
  'value',
  'fault',
  'target',
  'answer',
  'acknowledged_by',
  'silenced_by',
  'created_by',
])
const OWN_NAMES = new Set(['labels', 'group'])

/** The same with markup wherever people write. */
function withMarkup<Value>(value: Value, name = ''): Value {
  const made = (): unknown => {
    if (typeof value === 'string') return FREE.has(name) ? CORPUS.join(' ') : value
    if (Array.isArray(value)) return value.map(each => withMarkup<unknown>(each, name))
    if (typeof value !== 'object' || value === null) return value
    const evil = [CORPUS[1], CORPUS[2]]
    if (OWN_NAMES.has(name)) return Object.fromEntries([evil])
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, withMarkup<unknown>(each, key)]),
    )
  }
  return made() as Value
}

browse('markup in rules, alerts, channels and silences is text on every page', async visit => {
  const { page, server, url } = visit
  fillAlerts(server)
  const { alerts, channels } = server
  const spoil = <Item>(list: Item[]): void => {
    list.splice(0, list.length, ...list.map(each => withMarkup(each)))
  }
  spoil(alerts.rules)
  spoil(alerts.active)
  spoil(alerts.history)
  spoil(channels.channels)
  spoil(channels.deliveries)
  spoil(channels.silences)
  await visit.signIn()
  for (const path of [
    '/alerts/active?',
    '/alerts/active?alert=1&',
    '/alerts/rules?',
    '/alerts/rules/checkout?',
    `/alerts/rules/new?q=${encodeURIComponent(CORPUS.join(' '))}&`,
    '/alerts/history?',
    '/alerts/channels?',
    '/alerts/silences?',
  ]) {
    await page.goto(`${url}${path}project=${PROJECT}`)
    await page.locator('.section').first().waitFor()
    await page.waitForFunction(() => document.querySelector('.skeleton') === null)
    const text = await page.locator('main').innerText()
    assert.ok(text.includes(RUN) || path.includes('/rules/'), path)
    await assertNothingRan(page, path)
  }
  await page.goto(`${url}/alerts/channels?project=${PROJECT}`)
  await page.getByRole('button', { name: 'Deliveries' }).first().click()
  await page.getByRole('dialog').getByText(RUN).first().waitFor()
  await assertNothingRan(page, 'deliveries')
  await page.goto(`${url}/dashboard?project=${PROJECT}`)
  await page.getByRole('list', { name: 'Active alerts' }).getByText(RUN).first().waitFor()
  await assertNothingRan(page, 'alerts on the dashboard')
  await page
    .getByRole('button', { name: /Alerts|alerts|firing/ })
    .first()
    .click()
  await assertNothingRan(page, 'the bell')
})
