/** A list longer than what lies in memory. Part of browser.test.ts. */
import assert from 'node:assert/strict'
import { browse } from './browse.ts'
import { LongList } from './long-list.ts'

browse(
  'far down a list only what is around the reader is in memory, and the rest comes back',
  async visit => {
    const { page, server } = visit
    server.longList = new LongList(72_000)
    await visit.signIn()
    const list = page.locator('.rows')
    await page.locator('.row').first().waitFor()
    await visit.eventually(async () => {
      await list.evaluate(rows => rows.scrollTo(0, rows.scrollHeight))
      assert.match(
        await page.locator('.rows-footer').innerText(),
        /^72,000 rows, all of this range/,
      )
    })
    const asked = server.searches.length
    // What is seen stands where its number says, whether it is in memory or has to come back.
    for (const row of [71_000, 50_100, 60_000, 1_000, 71_900]) {
      await list.evaluate((rows, at) => rows.scrollTo(0, at * 26), row)
      await page
        .getByText(`row ${row + 3}:`)
        .first()
        .waitFor()
      const line = page.locator('.row', { hasText: `row ${row + 3}:` })
      assert.equal(await line.getAttribute('aria-rowindex'), String(row + 4))
      assert.ok((await visit.shownIds()).length < 80)
    }
    assert.ok(server.searches.length > asked, 'pages were read again')
    assert.equal(await page.locator('.rows-grid').getAttribute('aria-rowcount'), '72000')
  },
)
