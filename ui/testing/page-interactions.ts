/** What people do in Explore, as keys and clicks; each answers how many interactions it made. */
import type { Page } from 'playwright-core'

export interface Interaction {
  readonly name: string
  readonly act: (page: Page) => Promise<number>
}

const QUERY = 'level:error service:checkout status>=500 timeout'
/** Between two keys of somebody who types fast. */
const TYPING_MS = 60
const TIMES = 12

async function keys(page: Page, names: readonly string[]): Promise<number> {
  for (const name of names) {
    await page.keyboard.press(name)
    await page.waitForTimeout(TYPING_MS)
  }
  return names.length
}

function times(...names: readonly string[]): string[] {
  return Array.from({ length: TIMES }, () => names).flat()
}

export const INTERACTIONS: readonly Interaction[] = [
  {
    name: 'typing a query',
    async act(page) {
      await page.locator('#query').click()
      await page.keyboard.type(QUERY, { delay: TYPING_MS })
      return QUERY.length + 1
    },
  },
  {
    name: 'opening a row by the mouse',
    async act(page) {
      for (let at = 0; at < TIMES; at++) {
        await page.locator('.row').nth(at).click()
        await page.locator('.detail').waitFor()
        await page.waitForTimeout(TYPING_MS)
      }
      return TIMES
    },
  },
  {
    name: 'opening and closing rows by keys',
    act: page => keys(page, times('j', 'Enter', 'Escape')),
  },
  { name: 'moving by keys', act: page => keys(page, times('j', 'j', 'j', 'PageDown', 'k')) },
  {
    name: 'moving by keys with the details open',
    act: page => keys(page, ['j', 'Enter', ...times('j', 'j', 'k')]),
  },
  {
    name: 'a column in and out',
    async act(page) {
      await page.keyboard.press('c')
      const name = await page.locator('.offered-columns .chip').first().innerText()
      for (let at = 0; at < TIMES; at++) {
        await page.locator('.offered-columns .chip', { hasText: name }).first().click()
        await page.getByRole('button', { name: `Remove ${name}`, exact: true }).click()
      }
      return 2 * TIMES + 1
    },
  },
  {
    name: 'density',
    async act(page) {
      await page.keyboard.press('c')
      const densities = Array.from({ length: TIMES / 2 }, () => ['Compact', 'Roomy']).flat()
      for (const name of densities) {
        await page.getByRole('button', { name }).click()
        await page.waitForTimeout(TYPING_MS)
      }
      return densities.length + 1
    },
  },
  { name: 'wrapping messages', act: page => keys(page, times('w')) },
  { name: 'the sidebar of facets', act: page => keys(page, times('f')) },
  {
    name: 'values of a facet',
    async act(page) {
      const heads = page.getByRole('region', { name: 'Other fields' }).locator('[aria-expanded]')
      await heads.first().waitFor()
      const count = Math.min(TIMES, await heads.count())
      for (let at = 0; at < count; at++) {
        await heads.nth(at).click()
        await page.waitForTimeout(TYPING_MS)
      }
      return count
    },
  },
  {
    name: 'brushing the histogram',
    async act(page) {
      for (let at = 0; at < TIMES; at++) {
        const box = await page.locator('.histogram').first().boundingBox()
        if (box === null) throw new Error('no histogram')
        const y = box.y + box.height / 2
        await page.mouse.move(box.x + box.width * 0.3, y)
        await page.mouse.down()
        await page.mouse.move(box.x + box.width * 0.6, y, { steps: 10 })
        await page.mouse.up()
        await page.waitForLoadState('networkidle')
        await page.goBack()
        await page.waitForLoadState('networkidle')
      }
      return TIMES
    },
  },
]
