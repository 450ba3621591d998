/** Markup and scripts in everything that logs can say: text on every page, and nothing else. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { browse } from './browse.ts'
import { PROJECT } from './browser-bench.ts'

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
