import { createSignal, For, type JSX, Show } from 'solid-js'
import type { DeadLetterContents, DeadLettersReplayed, ProjectAccess } from '#proto/people.ts'
import { deleteDeadLetters, readDeadLetter, replayDeadLetters } from '../api/dead-letters.ts'
import { byteText } from '../kit/byte-text.ts'
import { CopyButton } from '../kit/copy-button.tsx'
import { Dialog } from '../kit/dialog.tsx'
import { FormProblem } from '../kit/field.tsx'
import { createForm } from '../kit/form.ts'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Moment } from '../kit/moment.tsx'
import { toast } from '../kit/toast.tsx'
import { linesProblem, replayedText } from './dead-letter-model.ts'
import { whyNot } from './permissions-model.ts'

export interface DeadLetterDialogProps {
  readonly project: ProjectAccess
  readonly id: string
  /** It is no longer where it was. */
  readonly onDone: () => void
  readonly onClose: () => void
}

/** One letter: why it was refused, what it holds, and the way back in. */
export function DeadLetterDialog(props: DeadLetterDialogProps): JSX.Element {
  const letter = createLoad(
    () => [props.project.id, props.id] as const,
    ([project, id], signal) => readDeadLetter(project, id, signal),
  )
  return (
    <Dialog title="Dead letter" class="dialog-wide" onClose={props.onClose}>
      <Loaded load={letter} what="The letter">
        {found => <Letter {...props} letter={found()} />}
      </Loaded>
    </Dialog>
  )
}

function Letter(
  props: DeadLetterDialogProps & { readonly letter: DeadLetterContents },
): JSX.Element {
  return (
    <div class="stack">
      <p class="form-problem">{props.letter.reason}</p>
      <dl class="facts facts-small">
        <div>
          <dt>Came</dt>
          <dd>
            <Moment at={props.letter.at} />
          </dd>
        </div>
        <div>
          <dt>Source</dt>
          <dd>{props.letter.source}</dd>
        </div>
        <div>
          <dt>Size</dt>
          <dd>{byteText(props.letter.bytes)}</dd>
        </div>
      </dl>
      <details open={props.letter.records === null}>
        <summary>{props.letter.text === null ? 'Raw bytes, base64' : 'As it came'}</summary>
        <div class="snippet">
          <pre tabindex="0">{props.letter.text ?? props.letter.base64}</pre>
          <CopyButton text={props.letter.text ?? props.letter.base64} what="Letter" />
        </div>
      </details>
      <Show
        when={props.letter.records !== null}
        fallback={<p class="soft">Nothing in it can be sent again: read it, then delete it.</p>}
      >
        <Repair {...props} />
      </Show>
    </div>
  )
}

/** The records as lines of JSON, to be repaired and sent again. */
function Repair(
  props: DeadLetterDialogProps & { readonly letter: DeadLetterContents },
): JSX.Element {
  const [refused, setRefused] = createSignal<DeadLettersReplayed['rejected']>([])
  const form = createForm({ records: props.letter.records ?? '' })
  const lines = (): string => form.texts().records
  const replay = async (event: Event): Promise<void> => {
    const sent = await form.submit(event, { records: linesProblem(lines()) }, async () => {
      setRefused([])
      const reply = await replayDeadLetters(props.project.id, { id: props.id, records: lines() })
      setRefused(reply.rejected)
      toast(replayedText(reply))
      props.onDone()
    })
    if (sent && refused().length === 0) props.onClose()
  }
  const remove = async (): Promise<void> => {
    try {
      await deleteDeadLetters(props.project.id, [props.id])
      props.onDone()
      props.onClose()
    } catch (error) {
      toast((error as Error).message)
    }
  }
  return (
    <form novalidate class="stack" onSubmit={event => void replay(event)}>
      <label class="labelled">
        <span>Records to send, one object of JSON a line</span>
        <textarea
          class="field field-code"
          name="records"
          rows={8}
          spellcheck={false}
          aria-invalid={form.fieldProblem('records') !== null}
          aria-describedby="records-problem"
          disabled={whyNot(props.project, 'settings') !== undefined}
          value={lines()}
          onInput={event => form.set({ records: event.currentTarget.value })}
        />
      </label>
      <p class="hint hint-wrong" id="records-problem" aria-live="polite">
        {form.fieldProblem('records')}
      </p>
      <Show when={refused().length > 0}>
        <ul class="refused" role="alert">
          <For each={refused()}>
            {({ index, reason }) => (
              <li>
                record {index + 1}: {reason}
              </li>
            )}
          </For>
        </ul>
      </Show>
      <FormProblem problem={form.problem()} />
      <div class="actions">
        <button
          type="submit"
          class="button button-primary"
          disabled={form.busy() || whyNot(props.project, 'settings') !== undefined}
          title={whyNot(props.project, 'settings')}
        >
          {form.busy() ? 'Sending…' : 'Replay'}
        </button>
        <button
          type="button"
          class="button button-warn"
          disabled={whyNot(props.project, 'settings') !== undefined}
          onClick={() => void remove()}
        >
          Delete
        </button>
      </div>
    </form>
  )
}
