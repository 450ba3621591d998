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
export async function assertAccessible(page: Page, what: string, within = 'html'): Promise<void> {
  // Evaluated by the debugger, which no content security policy forbids.
  await page.evaluate(AXE)
  const found = await page.evaluate(
    async ([part, rules]) => {
      const { axe } = globalThis as {
        axe?: { run: (part: string, options: unknown) => Promise<{ violations: Finding[] }> }
      }
      return (await axe?.run(part, { runOnly: rules }))?.violations ?? []
    },
    [within, RULES] as const,
  )
  const places = found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
  )
  assert.deepEqual(places, [], `${what} can be used by everybody`)
}
