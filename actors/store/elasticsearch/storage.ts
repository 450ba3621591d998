/** How rows are stored, by what the server's version and licence allow. */
import { FIELDS } from './field-names.ts'

export interface Storage {
  /** 'logsdb' sorts and packs columns best (8.17 and newer); 'standard' is what all have. */
  readonly mode: 'logsdb' | 'standard'
  /**
   * 'synthetic': the document is put together from its columns when it is read (Enterprise
   * licence); 'stored': its text is kept beside them.
   */
  readonly source: 'synthetic' | 'stored'
}

/** From the best down: what a server does not know it refuses. */
export const STORAGES_TRIED: readonly Storage[] = [
  { mode: 'logsdb', source: 'synthetic' },
  { mode: 'logsdb', source: 'stored' },
  { mode: 'standard', source: 'stored' },
]

/**
 * Rows of one wording lie together, which makes messages and what comes with them a third smaller;
 * slots keep what was received at about the same time near, the newest first.
 */
const SORT = {
  'index.sort.field': [FIELDS.slot, FIELDS.project, FIELDS.pattern, FIELDS.time],
  'index.sort.order': ['desc', 'asc', 'asc', 'desc'],
}

/** The settings that ask for it. */
export function storageSettings({ mode, source }: Storage): Record<string, unknown> {
  const common = { ...SORT, 'index.mapping.source.mode': source }
  if (mode === 'logsdb') return { ...common, 'index.mode': 'logsdb' }
  return {
    // Servers before 8.17 do not know the other setting, and store the source anyway.
    ...SORT,
    'index.codec': 'best_compression',
  }
}

/** What an index really got: without the licence a server falls back without a word. */
export function storageOf(settings: Readonly<Record<string, unknown>>): Storage {
  return {
    mode: settings['index.mode'] === 'logsdb' ? 'logsdb' : 'standard',
    source: isSynthetic(settings['index.mapping.source.mode']) ? 'synthetic' : 'stored',
  }
}

function isSynthetic(mode: unknown): boolean {
  return typeof mode === 'string' && mode.toLowerCase() === 'synthetic'
}
