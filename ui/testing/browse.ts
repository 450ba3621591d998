/** Tests in the browser: one build and one Chromium for all that one process runs. */
import { after, before, type TestContext, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { buildPage, findChromium, launchBrowser, Visit } from './browser-bench.ts'

const executable = findChromium()
let browser: Browser | null = null
let built: Awaited<ReturnType<typeof buildPage>> | null = null

before(async () => {
  if (executable === null) return
  // Whoever runs all tests has built it.
  const folder = process.env['LOGBOY_TEST_PAGE']
  built = folder === undefined ? await buildPage() : { folder, remove: () => undefined }
  browser = await launchBrowser(executable)
})

after(async () => {
  await browser?.close()
  built?.remove()
})

/** A visit of its own; without Chromium it says loudly that it was left out. */
export function browse(name: string, run: (visit: Visit) => Promise<void>, width?: number): void {
  test(name, async (context: TestContext) => {
    if (browser === null || built === null) {
      context.skip('NO CHROMIUM: set CHROMIUM_PATH or install it (apt-get install chromium)')
      return
    }
    const visit = await Visit.open(browser, built.folder, width)
    try {
      await run(visit)
    } finally {
      await visit.close()
    }
  })
}

/** The same check in light and in dark, without anything on its way from one to the other. */
export async function byDayAndNight(
  page: Page,
  check: (scheme: 'light' | 'dark') => Promise<void>,
): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.waitForFunction(
      scheme => window.matchMedia(`(prefers-color-scheme: ${scheme})`).matches,
      colorScheme,
    )
    // Two pictures: colours that change by a transition are there.
    await page.evaluate(
      () => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    )
    await check(colorScheme)
  }
}
