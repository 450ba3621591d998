/**
 * Links in messages with which whoever got one acknowledges a firing, or silences its alerts. The
 * link is the permission: signed under the installation's key, for one purpose and the changes that
 * the message told, until it expires.
 */
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
import { SignedTexts } from '#actors/identity/signed-text.ts'

export const LINK_PURPOSES = ['acknowledge', 'silence'] as const
export type LinkPurpose = (typeof LINK_PURPOSES)[number]

export interface AlertLink {
  readonly purpose: LinkPurpose
  readonly projectId: string
  /** To which it was told: who used it is not known. */
  readonly channelId: string
  /** Of the history. */
  readonly changes: readonly number[]
  readonly expiresAtUs: number
}

export type AlertActions = Readonly<Record<LinkPurpose, string>>

export const LINK_PATH = '/api/v1/alerts/links'
/** Of one link: a firing of more groups is acknowledged on the page. */
const CHANGES_MAX = 20
/** Whoever comes back from a week's holiday looks at the page. */
const EXPIRES_US = 7 * 86_400_000_000

export class AlertLinks {
  readonly #texts: SignedTexts
  readonly #publicUrl: () => string

  constructor(keys: readonly Uint8Array[], publicUrl: () => string) {
    this.#texts = new SignedTexts(keys)
    this.#publicUrl = publicUrl
  }

  /** The same for every attempt at the same message; null = there is nothing to be done. */
  of(changes: readonly HistoryEntry[], channelId: string): AlertActions | null {
    const [first] = changes
    if (first?.to !== 'firing' || changes.length > CHANGES_MAX) return null
    const link = {
      projectId: first.projectId,
      channelId,
      changes: changes.map(({ id }) => id),
      expiresAtUs: first.atUs + EXPIRES_US,
    }
    return {
      acknowledge: this.#address({ purpose: 'acknowledge', ...link }),
      silence: this.#address({ purpose: 'silence', ...link }),
    }
  }

  /** null = it is none of ours, or of another purpose. */
  open(token: string): AlertLink | null {
    const [word, projectId = '', channelId = '', until, ids = ''] = this.#texts.read(token) ?? []
    const purpose = LINK_PURPOSES.find(known => known === word)
    if (purpose === undefined) return null
    const changes = ids.split('-').map(Number)
    return { purpose, projectId, channelId, changes, expiresAtUs: Number(until) }
  }

  #address({ purpose, projectId, channelId, changes, expiresAtUs }: AlertLink): string {
    const words = [purpose, projectId, channelId, String(expiresAtUs), changes.join('-')]
    return `${this.#publicUrl()}${LINK_PATH}/${this.#texts.sign(words)}`
  }
}
