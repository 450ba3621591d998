/** Judges a page with axe-core, as it is shown in this moment. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

interface Finding {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/**
 * Fails with every place where a rule of WCAG 2.2 AA, or of good practice, is broken: on the whole
 * page, or `within` a part that lies over it.
 */
export function assertAccessible(page: Page, what: string, within = 'html'): Promise<void> {
  return judge(page, what, { within, runOnly: RULES })
}

/** Only what another colour scheme can change. */
export function assertContrast(page: Page, what: string): Promise<void> {
  const runOnly = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }
  return judge(page, what, { within: 'html', runOnly })
}

interface Judged {
  readonly within: string
  readonly runOnly: unknown
}

async function judge(page: Page, what: string, judged: Judged): Promise<void> {
  // Evaluated by the debugger, which no content security policy forbids.
  await page.evaluate(AXE)
  const found = await page.evaluate(async ({ within, runOnly }) => {
    const { axe } = globalThis as {
      axe?: { run: (within: string, options: unknown) => Promise<{ violations: Finding[] }> }
    }
    return (await axe?.run(within, { runOnly }))?.violations ?? []
  }, judged)
  const places = found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
  )
  assert.deepEqual(places, [], `${what} can be used by everybody`)
}
