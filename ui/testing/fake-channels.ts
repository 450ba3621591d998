/** Routes of channels and silences in memory, for the project that has them. */
import type {
  AlertChannel,
  AlertDelivery,
  ChannelAbout,
  ChannelKind,
} from '#proto/alert-channel.ts'
import type { ChannelPacingText } from '#proto/channel-pacing.ts'
import type { Silence, SilenceWish } from '#proto/silence.ts'
import { type Answer, ok, problem } from './fake-answer.ts'
import type { FakeQuestion } from './fake-explore-routes.ts'

type ChannelBody = ChannelAbout & {
  readonly version?: number
  /** Of a preview. */
  readonly kind?: ChannelKind
  readonly pacing: ChannelPacingText
  readonly settings?: { readonly kind: ChannelKind; readonly url?: string; readonly to?: string[] }
}

type SilenceBody = SilenceWish & { readonly version?: number }

export class FakeChannels {
  readonly channels: AlertChannel[] = []
  readonly deliveries: AlertDelivery[] = []
  readonly silences: Silence[] = []
  #number = 0

  /** null = somebody else's route. */
  answer({ method, path, body }: FakeQuestion): Answer | null {
    const match = /^\/api\/v1\/(channels|silences)(?:\/([\w-]+))?(?:\/([\w/]+))?$/.exec(path)
    if (match === null) return null
    const [, kind, id = '', act = ''] = match
    return kind === 'channels'
      ? this.#channels(method, id, act, body as ChannelBody)
      : this.#silences(method, id, body as SilenceBody)
  }

  #channels(method: string, id: string, act: string, body: ChannelBody): Answer | null {
    if (id === '' && method === 'GET') return ok({ channels: this.channels })
    if (id === 'preview') return previewed(body)
    if (act.endsWith('/again')) return this.#again()
    if (act === 'deliveries') return ok({ deliveries: this.deliveries })
    if (act === 'test') return this.#test(id)
    const at = this.channels.findIndex(channel => channel.id === id)
    if (method === 'DELETE') {
      this.channels.splice(at, 1)
      return { status: 204, body: null }
    }
    const { settings, name, enabled, severity, labels, pacing, template } = body
    const about = { name, enabled, severity, labels, pacing, template, updated_at: nowText() }
    if (method === 'POST' && settings !== undefined) {
      if (settings.to?.some(address => !address.includes('@')) === true)
        return problem(400, 'LOGBOY_BAD_REQUEST', 'settings.to.0: Invalid email address')
      const { kind, url, to } = settings
      const target = url === undefined ? (to?.join(', ') ?? 'events.pagerduty.com') : hostOf(url)
      const id = `c${++this.#number}`
      const made = { ...about, id, kind, target, created_at: nowText(), version: 1 }
      this.channels.push(made)
      const secret = kind === 'webhook' ? { secret: 'whsec_made_for_you' } : {}
      return { status: 201, body: { ...made, ...secret } }
    }
    const known = this.channels[at]
    if (known === undefined) return null
    if (body.version !== known.version) return stale('channel')
    this.channels[at] = { ...known, ...about, version: known.version + 1 }
    return ok(this.channels[at])
  }

  /** The other side is there by now. */
  #again(): Answer {
    const delivered = { outcome: 'delivered', status: 200, answer: '', attempt: 1 } as const
    const [last] = this.deliveries
    if (last !== undefined) this.deliveries.unshift({ ...last, ...delivered, id: 'again' })
    return { status: 204, body: null }
  }

  #test(id: string): Answer {
    const delivery: AlertDelivery = {
      id: `test${++this.#number}`,
      at: nowText(),
      attempt: 1,
      outcome: id === 'broken' ? 'failed' : 'delivered',
      status: id === 'broken' ? 403 : 204,
      answer: id === 'broken' ? 'invalid_token' : '',
      took_ms: 84,
      changes: [],
      possibly_repeated: false,
      reminder: false,
    }
    this.deliveries.unshift(delivery)
    return ok(delivery)
  }

  #silences(method: string, id: string, body: SilenceBody): Answer | null {
    if (method === 'GET' && id === '') return ok({ silences: this.silences })
    const at = this.silences.findIndex(silence => silence.id === id)
    const known = this.silences[at]
    if (method === 'GET') return known === undefined ? null : ok(known)
    if (method === 'DELETE') {
      if (known !== undefined)
        this.silences[at] = { ...known, state: 'expired', version: known.version + 1 }
      return { status: 204, body: null }
    }
    if (known !== undefined && body.version !== known.version) return stale('silence')
    const { matchers, comment = '' } = body
    const made: Silence = {
      id: known?.id ?? `s${++this.#number}`,
      matchers,
      comment,
      starts_at: nowText(),
      ends_at: new Date(Date.now() + 7_200_000).toISOString(),
      created_by: 'administrator',
      created_at: nowText(),
      state: 'active',
      version: (known?.version ?? 0) + 1,
    }
    if (known === undefined) this.silences.unshift(made)
    else this.silences[at] = made
    return { status: known === undefined ? 201 : 200, body: made }
  }
}

/** As if the title were the rule's name, whatever it is. */
function previewed({ template, kind }: ChannelBody): Answer {
  const fault = { position: 2, length: 4, message: 'a message has no ruel', expected: 'a name' }
  const isWrong = template.title.includes('ruel')
  const faults = isWrong ? [{ member: 'title', ...fault, suggestion: '{{rule}}' }] : []
  const payload = JSON.stringify({ sent_to: kind, text: template.body })
  return ok({ title: 'Checkout errors', text: template.body, payload, sample: true, faults })
}

function stale(what: string): Answer {
  return problem(409, 'LOGBOY_CONFLICT', `somebody else changed this ${what} meanwhile`)
}

function hostOf(url: string): string {
  return new URL(url).host
}

function nowText(): string {
  return new Date().toISOString()
}
