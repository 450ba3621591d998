/** Settings of a channel: what people may write, and how they are kept. */
import { z } from 'zod/v4'
import { seal, unseal } from '#actors/identity/installation-key.ts'
import type { ChannelSettings } from '#proto/alert-channel.ts'
import type { Random } from '#runtime/random.ts'
import { WEBHOOK_SECRET_PREFIX } from './shapes/webhook.ts'

const ADDRESSES_MAX = 20
const URL_CHARS_MAX = 2_000
/** Standard Webhooks: 24 to 64 bytes. */
const SECRET_BYTES = 32
const SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/

const url = z
  .url({ protocol: /^https?$/, error: 'expected a web address, as in https://example.org/hook' })
  .max(URL_CHARS_MAX)
  .refine(text => URL.parse(text)?.username === '', 'a password does not belong into an address')

/** A webhook without a secret gets one. */
export const channelSettings = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('webhook'),
    url,
    secret: z
      .string()
      .regex(SECRET, 'expected whsec_ and 24 to 64 bytes in base64')
      .optional()
      .describe('made here unless given'),
  }),
  z.strictObject({ kind: z.enum(['slack', 'teams']), url }),
  z.strictObject({
    kind: z.literal('pagerduty'),
    routing_key: z.string().trim().min(1).max(100),
    url: url.optional(),
  }),
  z.strictObject({ kind: z.literal('alertmanager'), url }),
  z.strictObject({ kind: z.literal('email'), to: z.array(z.email()).min(1).max(ADDRESSES_MAX) }),
])
export type ChannelWish = z.output<typeof channelSettings>

export function settingsOf(wish: ChannelWish, random: Random): ChannelSettings {
  switch (wish.kind) {
    case 'webhook':
      return { ...wish, secret: wish.secret ?? newSecret(random) }
    case 'pagerduty': {
      const { url: address, ...rest } = wish
      return address === undefined ? rest : { ...rest, url: address }
    }
    default:
      return wish
  }
}

/** Where it leads, for everybody who sees the channel: an address may be its own secret. */
export function targetText(settings: ChannelSettings): string {
  switch (settings.kind) {
    case 'email':
      return settings.to.join(', ')
    case 'pagerduty':
      return new URL(settings.url ?? 'https://events.pagerduty.com').host
    default:
      return new URL(settings.url).host
  }
}

/** Keys of one purpose; the first one seals. */
export class SealedSettings {
  readonly #keys: readonly Uint8Array[]
  readonly #random: Random

  constructor(keys: readonly Uint8Array[], random: Random) {
    this.#keys = keys
    this.#random = random
  }

  seal(settings: ChannelSettings): Uint8Array {
    const [key] = this.#keys
    if (key === undefined) throw new RangeError('an installation has a key')
    return seal(Buffer.from(JSON.stringify(settings)), key, this.#random)
  }

  /** null = sealed by an installation with another administrator's token. */
  open(sealed: Uint8Array): ChannelSettings | null {
    for (const key of this.#keys) {
      const plain = unseal(sealed, key)
      if (plain !== null) return JSON.parse(Buffer.from(plain).toString()) as ChannelSettings
    }
    return null
  }
}

function newSecret(random: Random): string {
  return WEBHOOK_SECRET_PREFIX + Buffer.from(random.bytes(SECRET_BYTES)).toString('base64')
}
