/**
 * The actor that tells of rules which cannot be evaluated: to the channels of their project and by
 * mail to its owners. Nobody would miss an alert that cannot come.
 */
import type { AlertChannels } from '#actors/catalog/alert-channels.ts'
import type { AlertFaults, UntoldFault } from '#actors/catalog/alert-faults.ts'
import type { Members } from '#actors/catalog/members.ts'
import type { ChannelSettings } from '#proto/alert-channel.ts'
import { type Actor, type Context, defineActor } from '#runtime/index.ts'
import { type AlertMessage, plainText, titleOf } from './alert-message.ts'
import type { SealedSettings } from './channel-settings.ts'
import { type DeliverTools, deliver } from './deliver.ts'
import { faultMessage } from './fault-message.ts'

export type FaultTellerMessage =
  | { readonly type: 'look' }
  | { readonly type: 'looked' }
  | { readonly type: 'failed'; readonly error: Error }

export interface FaultTellerDeps extends Pick<DeliverTools, 'mailer' | 'allowPrivate'> {
  readonly faults: Pick<AlertFaults, 'take' | 'told'>
  readonly channels: Pick<AlertChannels, 'list'>
  readonly members: Pick<Members, 'list'>
  readonly settings: SealedSettings
  readonly publicUrl: () => string
  readonly onFault: (error: Error, where: string) => void
}

const TAKE_MAX = 10
const LOOK_MS = 5_000
/** Where nobody could be told, and where whoever took it died. */
const AGAIN_US = 300_000_000
const SEND_MS_MAX = 15_000

export const faultTeller = defineActor<FaultTellerMessage, FaultTellerDeps>({
  name: 'fault-teller',
  mailbox: { capacity: 4, whenFull: 'reject' },
  create: (context, deps) => new FaultTeller(context, deps),
})

class FaultTeller implements Actor<FaultTellerMessage> {
  readonly #context: Context<FaultTellerMessage>
  readonly #deps: FaultTellerDeps
  #told = 0

  constructor(context: Context<FaultTellerMessage>, deps: FaultTellerDeps) {
    this.#context = context
    this.#deps = deps
  }

  started(): void {
    this.#look()
  }

  receive(message: FaultTellerMessage): void {
    if (message.type === 'look') return this.#look()
    if (message.type === 'failed') this.#deps.onFault(message.error, 'fault-teller')
    this.#context.timer('look', LOOK_MS, { type: 'look' })
  }

  observe(): Record<string, unknown> {
    return { told: this.#told }
  }

  #look(): void {
    this.#context.pipe(
      this.#tellAll(),
      () => ({ type: 'looked' }),
      error => ({ type: 'failed', error }),
    )
  }

  async #tellAll(): Promise<void> {
    const nowUs = this.#context.clock.nowUs()
    const asked = { nowUs, againAtUs: nowUs + AGAIN_US, limit: TAKE_MAX }
    for (const fault of await this.#deps.faults.take(asked)) {
      if (!(await this.#tell(fault, nowUs))) continue
      this.#told++
      await this.#deps.faults.told(fault)
    }
  }

  /** Whether anybody was. */
  async #tell(fault: UntoldFault, nowUs: number): Promise<boolean> {
    const { channels, publicUrl, settings, mailer } = this.#deps
    const message = faultMessage(fault, publicUrl(), nowUs)
    const enabled = (await channels.list(fault.projectId)).filter(channel => channel.enabled)
    const opened = enabled.flatMap(({ sealed }) => settings.open(sealed) ?? [])
    const sent = await Promise.all(opened.map(each => this.#send(message, each, nowUs)))
    // What is printed reaches none of them: it is for whoever has nothing else.
    if (enabled.length > 0 && mailer.type === 'printed') return sent.includes(true)
    const mailed = opened.flatMap(each => (each.kind === 'email' ? each.to : []))
    sent.push(...(await this.#mailOwners(fault.projectId, message, mailed)))
    return sent.includes(true)
  }

  async #send(message: AlertMessage, settings: ChannelSettings, nowUs: number): Promise<boolean> {
    const { mailer, allowPrivate } = this.#deps
    const signal = AbortSignal.any([this.#context.signal, AbortSignal.timeout(SEND_MS_MAX)])
    const came = await deliver(message, settings, { mailer, allowPrivate, nowUs, signal })
    return came.outcome === 'delivered'
  }

  /** But for those who were `mailed` by a channel. */
  async #mailOwners(
    projectId: string,
    message: AlertMessage,
    mailed: readonly string[],
  ): Promise<readonly boolean[]> {
    const { members, mailer } = this.#deps
    const known = new Set(mailed.map(address => address.toLowerCase()))
    const owners = (await members.list(projectId)).filter(
      ({ role, account }) => role === 'owner' && !known.has(account.email.toLowerCase()),
    )
    const [subject, text] = [titleOf(message), plainText(message)]
    return Promise.all(
      owners.map(({ account: { email: to } }) =>
        mailer.send({ to, subject, text }).then(
          () => true,
          () => false,
        ),
      ),
    )
  }
}
