import { createSignal, type JSX, Show } from 'solid-js'
import type { AlertChannel, AlertDelivery, DeliveryOutcome } from '#proto/alert-channel.ts'
import { listDeliveries, tellAgain } from '../api/channels.ts'
import { Dialog } from '../kit/dialog.tsx'
import { ListTable, wide } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Moment } from '../kit/moment.tsx'
import { toast } from '../kit/toast.tsx'

const PAGE = 50
const OUTCOMES: Readonly<Record<DeliveryOutcome, string>> = {
  delivered: 'delivered',
  failed: 'failed',
  given_up: 'given up',
  unknown: 'unknown',
}

/** What came of telling a channel, for thirty days. */
export function DeliveriesDialog(props: {
  readonly project: string
  readonly channel: AlertChannel
  /** Why nobody may tell anything again; undefined = they may. */
  readonly denied: string | undefined
  readonly onClose: () => void
}): JSX.Element {
  const [before, setBefore] = createSignal('')
  const load = createLoad(
    () => ({ project: props.project, id: props.channel.id, before: before() }),
    listDeliveries,
  )
  const again = async (delivery: AlertDelivery): Promise<void> => {
    try {
      await tellAgain(props.project, props.channel.id, delivery.id)
      toast('It is told again')
    } catch (error) {
      toast((error as Error).message)
    }
    load.reload()
  }
  return (
    <Dialog
      title={`Deliveries to ${props.channel.name}`}
      class="dialog-wide"
      onClose={props.onClose}
    >
      <Loaded load={load} what="Deliveries">
        {list => (
          <div class="deliveries">
            <ListTable
              columns={['When', 'Outcome', 'Answer', wide('Took')]}
              items={list()}
              none="Nothing was told yet."
            >
              {delivery => (
                <tr>
                  <td>
                    <Moment at={delivery.at} />
                  </td>
                  <td>
                    <Outcome delivery={delivery} />
                  </td>
                  <td>
                    <span class="delivery-answer">{answerText(delivery)}</span>
                    <Show when={delivery.reminder}>
                      <span class="tag" title="It told that something still fires">
                        reminder
                      </span>
                    </Show>
                    <Show when={delivery.possibly_repeated}>
                      <span class="tag" title="The server died before it knew whether it had told">
                        possibly repeated
                      </span>
                    </Show>
                    <Show when={delivery.outcome === 'given_up'}>
                      <button
                        type="button"
                        class="button button-small"
                        disabled={props.denied !== undefined}
                        title={props.denied}
                        onClick={() => void again(delivery)}
                      >
                        Tell again
                      </button>
                    </Show>
                  </td>
                  <td class="wide-only number">{delivery.took_ms} ms</td>
                </tr>
              )}
            </ListTable>
            <p class="pager">
              <Show when={before() !== ''}>
                <button type="button" class="button" onClick={() => setBefore('')}>
                  Newest
                </button>
              </Show>
              <Show when={list().length === PAGE ? list().at(-1) : undefined}>
                {last => (
                  <button type="button" class="button" onClick={() => setBefore(last().id)}>
                    Older
                  </button>
                )}
              </Show>
            </p>
          </div>
        )}
      </Loaded>
    </Dialog>
  )
}

/** What came of a test. */
export function DeliveryAnswer(props: { readonly came: AlertDelivery | Error }): JSX.Element {
  const { came } = props
  if (came instanceof Error) return <span class="hint-wrong">{came.message}</span>
  return (
    <>
      <Outcome delivery={came} />
      <span class="delivery-answer">{answerText(came)}</span>
      <span class="faint number">{came.took_ms} ms</span>
    </>
  )
}

function Outcome(props: { readonly delivery: AlertDelivery }): JSX.Element {
  const { outcome, attempt } = props.delivery
  return (
    <>
      <span class={`delivery delivery-${outcome}`}>{OUTCOMES[outcome]}</span>
      <Show when={attempt > 1}>
        <span class="faint delivery-attempt">attempt {attempt}</span>
      </Show>
    </>
  )
}

function answerText({ status, answer }: AlertDelivery): string {
  return [status === null ? '' : String(status), answer].filter(text => text !== '').join(': ')
}
