import assert from 'node:assert/strict'
import type { Row } from '#proto/api.ts'
import { compareRows } from '../src/explore/row-order.ts'
import { browse } from './browse.ts'
import { PROJECT } from './browser-bench.ts'
import './dashboard-page.ts'
import './explore-reading.ts'
import './explore-tools.ts'
import './long-list-page.ts'
import { TICKET, TOKEN } from './fake-server.ts'
import './script-injection.ts'

function newestFirst(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => compareRows(b, a))
}

browse('a link signs in once, the token always', async ({ page, url }) => {
  await page.goto(`${url}/sign-in?ticket=${TICKET}`)
  await page.getByRole('switch', { name: 'Live tail', checked: true }).waitFor()
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.goto(`${url}/sign-in?ticket=${TICKET}`)
  await page.getByText('This link was used already').waitFor()
  await page.getByRole('link', { name: 'Sign in with its token' }).click()
  await page.getByLabel('Admin token').fill('wrong')
  await page.keyboard.press('Enter')
  await page.getByText('not the admin token').waitFor()
  await page.getByLabel('Admin token').fill(TOKEN)
  await page.keyboard.press('Enter')
  await page.getByRole('switch', { name: 'Live tail' }).waitFor()
})

browse('the reference shows every route, and tries it with the session', async visit => {
  const { page, url } = visit
  await page.goto(`${url}/docs`)
  await page.getByRole('heading', { name: 'Finding logs' }).waitFor()
  await page.getByText('Who am I.').click()
  await page.getByRole('button', { name: 'Send GET' }).click()
  await page.getByText('401 Unauthorized').waitFor()
  await visit.signIn(`/explore?project=${PROJECT}&live=1`)
  await page.goto(`${url}/docs`)
  await page.getByText('Who am I.').click()
  await page.getByRole('button', { name: 'Send GET' }).click()
  await page.getByText('"role": "administrator"').waitFor()
  await page.getByText('Logs that match.').click()
  await page.getByText('limit?: integer = 100').waitFor()
})

browse('rows arrive live at the top, and are counted', async visit => {
  const { page } = visit
  visit.fill(500)
  await visit.signIn(`/explore?project=${PROJECT}&live=1`)
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  assert.equal(await visit.total(), 500)
  for (let frame = 1; frame <= 5; frame++) {
    const rows = visit.arrive(20)
    await visit.eventually(async () => {
      assert.deepEqual(
        (await visit.shownIds()).slice(0, 20),
        newestFirst(rows).map(row => row.id),
      )
      assert.equal(await visit.total(), 500 + frame * 20)
    })
  }
})

browse('an analysis shows its table, and time as a chart', async visit => {
  const { page } = visit
  visit.fill(300)
  await visit.signIn(`/explore?project=${PROJECT}&live=1`)
  const search = async (query: string): Promise<void> => {
    await page.locator('#query').fill(query)
    await page.keyboard.press('Enter')
  }
  await search('| count by level, service')
  await page.locator('.analysis th', { hasText: 'service' }).waitFor()
  const counts = await page.locator('.analysis td.analysis-number').allInnerTexts()
  const sum = counts.reduce((total, text) => total + Number(text), 0)
  assert.deepEqual([sum, await visit.total()], [300, 300])
  assert.equal(await page.locator('.timechart').count(), 0)
  assert.equal(await page.getByRole('switch', { name: 'Live tail', checked: true }).count(), 0)
  await search('| timechart 1m by level')
  await page.locator('.timechart path.series-info').waitFor()
  await page.locator('.analysis th', { hasText: 'time' }).waitFor()
  await search('| cuont')
  await page.getByText('no stage cuont').waitFor()
  await search('')
  await page.locator('.row').first().waitFor()
  assert.equal(await page.locator('.analysis').count(), 0)
})

browse('live rows are filtered while they stream', async visit => {
  visit.fill(300)
  await visit.signIn(`/explore?project=${PROJECT}&live=1&level=ERROR`)
  await visit.page.getByRole('button', { name: 'Pause' }).waitFor()
  const errors = visit.arrive(200).filter(row => row.level === 'ERROR')
  assert.ok(errors.length > 0)
  await visit.eventually(async () => {
    const ids = await visit.shownIds()
    assert.deepEqual(
      ids.slice(0, errors.length),
      newestFirst(errors).map(row => row.id),
    )
  })
  assert.deepEqual(
    new Set(await visit.page.locator('.row .cell-level').allInnerTexts()),
    new Set(['ERROR']),
  )
})

browse('a tail says what the server does without, until it is back', async visit => {
  visit.fill(5)
  await visit.signIn(`/explore?project=${PROJECT}&live=1`)
  await visit.page.getByText('rows/s').waitFor()
  visit.server.tail.degrade(['hints-away'])
  const degraded = visit.page.getByRole('status').filter({ hasText: 'Degraded' })
  await degraded.waitFor()
  assert.match((await degraded.getAttribute('title')) ?? '', /^Redis is away/)
  visit.arrive(2)
  await visit.eventually(async () => assert.equal(await visit.total(), 7))
  visit.server.tail.degrade([])
  await degraded.waitFor({ state: 'detached' })
})

browse('a server that goes away and comes back leaves no gap and no repeat', async visit => {
  visit.fill(50)
  await visit.signIn(`/explore?project=${PROJECT}&live=1`)
  await visit.page.getByRole('button', { name: 'Pause' }).waitFor()
  visit.arrive(5)
  visit.server.tail.away = true
  visit.server.tail.cut()
  await visit.page.getByText('Reconnecting').waitFor()
  visit.arrive(12)
  visit.server.tail.away = false
  await visit.page.getByText('rows/s').waitFor()
  visit.arrive(3)
  await visit.eventually(async () => {
    assert.equal(await visit.total(), 70)
    const all = newestFirst(visit.server.rowsOf(PROJECT)).map(row => row.id)
    const shown = await visit.shownIds()
    assert.deepEqual(shown, all.slice(0, shown.length))
  })
})

browse('while the reader is elsewhere new rows wait, and nothing moves', async visit => {
  const { page } = visit
  visit.fill(1000)
  await visit.signIn(`/explore?project=${PROJECT}&live=1`)
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  // There may be nothing to scroll yet, and the page learns of it with the next frame.
  await visit.eventually(async () => {
    const reached = await page.locator('.rows').evaluate(async rows => {
      rows.scrollTo(0, 1300)
      for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame)
      return rows.scrollTop
    })
    assert.equal(reached, 1300)
  })
  visit.arrive(42)
  const waiting = page.getByRole('button', { name: '42 new' })
  await waiting.waitFor()
  assert.equal(await page.locator('.rows').evaluate(rows => rows.scrollTop), 1300)
  await waiting.click()
  await visit.eventually(async () => {
    assert.equal(await page.locator('.rows').evaluate(rows => rows.scrollTop), 0)
    const [newest] = newestFirst(visit.server.rowsOf(PROJECT))
    assert.equal((await visit.shownIds())[0], newest?.id)
  })
})

browse('a pause holds the rows, resuming shows them', async visit => {
  const { page } = visit
  visit.fill(10)
  await visit.signIn(`/explore?project=${PROJECT}&live=1`)
  await page.getByRole('button', { name: 'Pause' }).click()
  visit.arrive(9)
  await page.getByText('Paused · 9 new').waitFor()
  await page.keyboard.press('p')
  await visit.eventually(async () => assert.equal((await visit.shownIds()).length, 19))
})

browse('dropped rows are told and fetched', async visit => {
  const { page } = visit
  visit.fill(20)
  await visit.signIn(`/explore?project=${PROJECT}&live=1`)
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  visit.server.tail.dropNext(15)
  visit.arrive(15)
  await page.getByText('15 rows were dropped').waitFor()
  await page.getByRole('button', { name: 'Fetch them' }).click()
  await visit.eventually(async () => assert.equal((await visit.shownIds()).length, 35))
  assert.equal(await page.locator('.notice').count(), 0)
})

browse('a gap of the log is filled by itself', async visit => {
  visit.fill(20)
  await visit.signIn(`/explore?project=${PROJECT}&live=1`)
  await visit.page.getByRole('button', { name: 'Pause' }).waitFor()
  visit.server.tail.away = true
  visit.server.tail.cut()
  visit.arrive(30)
  visit.server.tail.forgetBefore(50)
  visit.arrive(4)
  visit.server.tail.away = false
  await visit.eventually(async () => assert.equal(await visit.total(), 54))
})

browse('the URL holds search, filters and range; reload and back restore them', async visit => {
  const { page } = visit
  visit.fill(2000)
  await visit.signIn()
  await page.getByLabel('Search logs').fill('payment status:200')
  await page.keyboard.press('Enter')
  await page.locator('.facet-toggle', { hasText: 'INFO' }).click()
  await visit.eventually(() => {
    const params = new URL(page.url()).searchParams
    assert.deepEqual([params.get('q'), params.getAll('level')], ['payment status:200', ['INFO']])
  })
  await page.getByTitle('Time range (t)').click()
  await page.getByRole('button', { name: 'Last hour' }).click()
  await visit.eventually(async () => assert.ok((await visit.total()) < 2000))
  const found = await visit.total()
  await page.reload()
  await page.locator('.row').first().waitFor()
  assert.equal(await visit.total(), found)
  assert.equal(await page.getByLabel('Search logs').inputValue(), 'payment status:200')
  assert.equal(await page.locator('.range-text').innerText(), 'Last hour')
  await page.goBack()
  await page.goBack()
  await page.goBack()
  await visit.eventually(async () => assert.equal(await visit.total(), 2000))
  assert.equal(await page.getByLabel('Search logs').inputValue(), '')
})

browse('a query that cannot be read is underlined and comes with a way out', async visit => {
  const { page } = visit
  visit.fill(50)
  await visit.signIn()
  await page.getByLabel('Search logs').fill('payment "completed for')
  assert.equal(await page.locator('.query-error').innerText(), '"completed for')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('never closed').waitFor()
  await page.getByRole('button', { name: /^Use/ }).click()
  await visit.eventually(() => {
    assert.equal(new URL(page.url()).searchParams.get('q'), 'payment "completed for"')
  })
})

browse('keys move, open, filter and close; a link opens one log', async visit => {
  const { page } = visit
  visit.fill(300)
  await visit.signIn()
  await page.locator('.row').first().waitFor()
  const [, , third] = await visit.shownIds()
  for (const key of ['j', 'j', 'j', 'Enter']) await page.keyboard.press(key)
  await page.getByRole('complementary', { name: 'Log details' }).getByText('ingested_at').waitFor()
  assert.equal(new URL(page.url()).searchParams.get('row'), third)
  await page.keyboard.press('k')
  await visit.eventually(() => assert.notEqual(new URL(page.url()).searchParams.get('row'), third))
  await page.keyboard.press('Escape')
  await visit.eventually(() => assert.equal(new URL(page.url()).searchParams.get('row'), null))

  const far = newestFirst(visit.server.rowsOf(PROJECT)).at(-1)
  await page.goto(`${visit.url}/explore?project=demo&last=1m&row=${far?.id}`)
  const detail = page.getByRole('complementary', { name: 'Log details' })
  await detail
    .getByText(far?.message ?? '')
    .first()
    .waitFor()
  await detail.getByText('host', { exact: true }).hover()
  await detail.getByRole('button', { name: 'Only rows with this host' }).click()
  await visit.eventually(() => {
    assert.equal(new URL(page.url()).searchParams.get('q'), `host:${far?.host}`)
  })
})

for (const width of [1440, 800]) {
  browse(
    `an opened row stays in view while others arrive, at ${width} pixels`,
    async visit => {
      const { page } = visit
      visit.fill(300)
      await visit.signIn(`/explore?project=${PROJECT}&live=1`)
      await page.getByRole('button', { name: 'Pause' }).waitFor()
      await page.locator('.row').nth(9).click()
      await page.getByRole('complementary', { name: 'Log details' }).waitFor()
      for (let frame = 1; frame <= 5; frame++) {
        visit.arrive(40)
        await page.getByRole('button', { name: `${frame * 40} new` }).waitFor()
        const [row, list] = await Promise.all(
          ['.row-open', '.rows'].map(name => page.locator(name).boundingBox()),
        )
        assert.ok(row && list && row.y >= list.y && row.y + row.height <= list.y + list.height)
      }
    },
    width,
  )
}

browse('a very long list scrolls to its end with few rows in the document', async visit => {
  const { page } = visit
  visit.fill(3000)
  await visit.signIn()
  await page.locator('.row').first().waitFor()
  const oldest = newestFirst(visit.server.rowsOf(PROJECT)).at(-1)?.id ?? ''
  await visit.eventually(async () => {
    const list = page.locator('.rows')
    await list.evaluate(rows => rows.scrollTo(0, rows.scrollHeight))
    const ids = await visit.shownIds()
    assert.ok(ids.length < 80, `${ids.length} rows in the document`)
    assert.equal(ids.at(-1), oldest)
  })
  await page.getByText('3,000 rows, all of this range').waitFor()
})

browse(
  'rows that scroll show what they are, whatever their elements showed before',
  async visit => {
    const { page } = visit
    const coloured = { message: '\u001b[31mrefused\u001b[0m payment' }
    visit.fill(600)
    const rows = visit.server.rowsOf(PROJECT)
    for (const [at, row] of rows.entries()) if (at % 3 === 0) rows[at] = { ...row, ...coloured }
    await visit.signIn(`/explore?project=${PROJECT}&q=payment`)
    await page.locator('.row').nth(2).click()
    await page.keyboard.press('Escape')
    const found = newestFirst(
      visit.server.rowsOf(PROJECT).filter(row => /\bpayment\b/i.test(row.message)),
    )
    const list = page.locator('.rows')
    // Less than a screen, a leap, back by half a screen, and to where it began.
    for (const top of [130, 2_600, 2_340, 0]) {
      await list.evaluate((each, to) => each.scrollTo(0, to), top)
      await visit.eventually(async () => {
        const shown = await page.locator('.row').evaluateAll(elements =>
          elements.map(element => ({
            id: element.id.slice(4),
            number: Number(element.ariaRowIndex),
            level: element.querySelector('.cell-level')?.textContent,
            levelClass: element.classList[1],
            lit: element.querySelectorAll('mark').length,
            coloured: element.querySelectorAll('.ansi-1').length,
            message: element.querySelector('.cell-message')?.firstElementChild?.textContent,
            active: element.ariaSelected,
          })),
        )
        const first = (shown[0]?.number ?? 0) - 1
        assert.ok(first * 26 <= top && (first + shown.length) * 26 > top + 200)
        assert.deepEqual(
          shown.map(({ id }) => id),
          found.slice(first, first + shown.length).map(({ id }) => id),
        )
        for (const [at, line] of shown.entries()) {
          const row = found[first + at]
          assert.equal(line.number, first + at + 1)
          assert.equal(line.level, row?.level)
          assert.equal(line.levelClass, `row-${row?.level.toLowerCase()}`)
          assert.ok(line.lit > 0)
          assert.equal(line.coloured > 0, row?.message === coloured.message)
          assert.equal(line.active, String(first + at === 2))
        }
      })
    }
  },
)

browse('a drag over the chart zooms in, and back zooms out', async visit => {
  const { page } = visit
  visit.fill(2000)
  await visit.signIn()
  const box = await page.locator('.histogram').boundingBox()
  assert.ok(box)
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.7, box.y + 40, { steps: 4 })
  await page.mouse.up()
  await visit.eventually(async () => {
    assert.ok(new URL(page.url()).searchParams.has('from'))
    const total = await visit.total()
    assert.ok(total > 100 && total < 1500, `${total}`)
  })
  await page.goBack()
  await visit.eventually(async () => assert.equal(await visit.total(), 2000))
})

browse('a new project shows how to send the first log, which then appears', async visit => {
  const { page, server } = visit
  visit.fill(5)
  await visit.signIn()
  await page.getByRole('button', { name: 'demo' }).click()
  await page.getByRole('button', { name: 'New project' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('shop')
  await page.keyboard.press('Enter')
  await page.getByText('Send the first log to shop').waitFor()
  assert.match(await page.locator('.snippet pre').innerText(), /Bearer lb_ingestproject002_secret/)
  await page.getByText('Waiting for the first log').waitFor()
  server.append('project002', [visit.data.row(Date.now())])
  await visit.eventually(async () => assert.equal((await visit.shownIds()).length, 1))
})

browse('errors and emptiness say what can be done', async visit => {
  const { page, server } = visit
  visit.fill(40)
  await visit.signIn(`/explore?project=${PROJECT}&q=nothinglikethis`)
  await page.getByText('No logs match').waitFor()
  await page.getByRole('button', { name: 'Clear all filters' }).click()
  await page.locator('.row').first().waitFor()
  server.failure = { status: 500, code: 'LOGBOY_STORE', detail: 'the store is on fire' }
  await page.getByRole('button', { name: 'Search again' }).click()
  await page.getByText('the store is on fire').waitFor()
  server.failure = null
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.locator('.row').first().waitFor()
  server.signOutEverybody()
  await page.getByRole('button', { name: 'Search again' }).click()
  await page.getByLabel('Password').waitFor()
})

browse(
  'everything fits at 800 pixels, and the theme can be chosen',
  async visit => {
    const { page } = visit
    visit.fill(300)
    await visit.signIn(`/explore?project=${PROJECT}&live=1&level=INFO&service=auth-service`)
    await page.locator('.row').first().click()
    await page.getByRole('complementary', { name: 'Log details' }).waitFor()
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll('.top-bar, .toolbar, .results, .detail')]
        .filter(part => part.scrollWidth > part.clientWidth + 1)
        .map(part => `${part.className} ${part.scrollWidth} > ${part.clientWidth}`),
    )
    assert.deepEqual(wide, [])
    await page.getByRole('button', { name: 'Appearance' }).click()
    await page.getByRole('button', { name: 'Dark' }).click()
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  },
  800,
)
