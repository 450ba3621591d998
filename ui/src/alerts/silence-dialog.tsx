import { createSignal, For, type JSX, Show } from 'solid-js'
import {
  SILENCE_OPERATORS,
  type Silence,
  type SilenceMatcher,
  type SilenceOperator,
} from '#proto/silence.ts'
import type { ActiveAlert, StoredRule } from '../api/alerts.ts'
import { KnownVersion } from '../api/meanwhile.ts'
import { readSilence, saveSilence } from '../api/silences.ts'
import { Choice, Field } from '../kit/field.tsx'
import { createForm, type Form } from '../kit/form.ts'
import { FormDialog } from '../kit/form-dialog.tsx'
import { Icon } from '../kit/icon.tsx'
import { toast } from '../kit/toast.tsx'
import {
  ENDS,
  isSilenced,
  KEEP,
  MOMENT,
  type SilenceField,
  silenceProblems,
  silenceWish,
} from './silence-form.ts'

const STARTS = [
  ['now', 'Now'],
  [MOMENT, 'At…'],
] as const
const OPERATOR_WORDS: Readonly<Record<SilenceOperator, string>> = {
  '=': 'is',
  '!=': 'is not',
  '=~': 'fits',
  '!~': 'does not fit',
}

export interface SilenceDialogProps {
  readonly project: string
  /** One that is changed; null = a new one. */
  readonly silence: Silence | null
  readonly matchers: readonly SilenceMatcher[]
  /** To say which of these it would be about. */
  readonly active: readonly ActiveAlert[]
  readonly rules: readonly StoredRule[]
  readonly onDone: () => void
  readonly onClose: () => void
}

/** Says for how long nobody is told of which alerts. */
export function SilenceDialog(props: SilenceDialogProps): JSX.Element {
  const isNew = props.silence === null
  const [matchers, setMatchers] = createSignal(props.matchers)
  const form = createForm<SilenceField>({
    starts: isNew ? 'now' : KEEP,
    starts_at: '',
    ends: isNew ? 'now+2h' : KEEP,
    ends_at: '',
    comment: props.silence?.comment ?? '',
    matchers: '',
  })
  const fitting = (): number =>
    props.active.filter(alert => {
      const labels = props.rules.find(({ id }) => id === alert.rule_id)?.rule.labels ?? {}
      return isSilenced(alert, labels, matchers())
    }).length
  const known = new KnownVersion(props.silence, id => {
    props.onDone()
    return readSilence(props.project, id)
  })
  const submit = async (event: Event): Promise<void> => {
    const isSaved = await form.submit(
      event,
      silenceProblems(matchers(), form.texts()),
      async () => {
        const wish = silenceWish(matchers(), form.texts(), props.silence)
        await known.save(before => saveSilence(props.project, before, wish))
      },
    )
    if (!isSaved) return
    toast(isNew ? 'Silenced' : 'Silence changed')
    props.onDone()
    props.onClose()
  }
  return (
    <FormDialog
      title={isNew ? 'Silence' : 'Change the silence'}
      class="dialog-wide"
      form={form}
      action={isNew ? 'Silence' : 'Save'}
      onSubmit={event => void submit(event)}
      onClose={props.onClose}
    >
      <p class="soft">
        Nobody is told of alerts that fit all of this. They stay in sight here; what still fires at
        the end is told then.
      </p>
      <MatcherList
        matchers={matchers()}
        problem={form.fieldProblem('matchers')}
        onChange={next => {
          setMatchers(next)
          form.set({ matchers: '' })
        }}
      />
      <p class="silence-fits" role="status">
        <Icon name="bell-off" />
        {fitting() === 0
          ? 'Nothing that is active now fits.'
          : `Fits ${fitting()} of ${props.active.length} active ${props.active.length === 1 ? 'alert' : 'alerts'}.`}
      </p>
      <div class="rule-pair">
        <When
          form={form}
          name="starts"
          label="Begins"
          options={isNew ? STARTS : [KEPT, ...STARTS]}
        />
        <When form={form} name="ends" label="Ends" options={isNew ? ENDS : [KEPT, ...ENDS]} />
      </div>
      <Field
        label="Comment"
        placeholder="New disks for web-1"
        hint="So that others know why."
        {...form.field('comment')}
      />
    </FormDialog>
  )
}

const KEPT = [KEEP, 'As it is'] as const

/** One of some times, or a moment. */
function When(props: {
  readonly form: Form<SilenceField>
  readonly name: 'starts' | 'ends'
  readonly label: string
  readonly options: readonly (readonly [string, string])[]
}): JSX.Element {
  const chosen = (): string => props.form.texts()[props.name]
  const moment = props.form.field(`${props.name}_at`)
  return (
    <div class="stack">
      <Choice
        label={props.label}
        name={props.name}
        value={chosen()}
        options={props.options}
        onChange={value => props.form.set({ [props.name]: value })}
      />
      <Show when={chosen() === MOMENT}>
        <input
          class="field"
          type="datetime-local"
          aria-label={`${props.label} at`}
          aria-invalid={moment.problem !== null}
          value={moment.value}
          onInput={event => moment.onInput(event.currentTarget.value)}
        />
        <p class="hint hint-wrong">{moment.problem}</p>
      </Show>
    </div>
  )
}

function MatcherList(props: {
  readonly matchers: readonly SilenceMatcher[]
  readonly problem: string | null
  readonly onChange: (matchers: readonly SilenceMatcher[]) => void
}): JSX.Element {
  const change = (at: number, patch: Partial<SilenceMatcher>): void =>
    props.onChange(props.matchers.map((each, i) => (i === at ? { ...each, ...patch } : each)))
  return (
    <fieldset class="matchers" aria-invalid={props.problem !== null}>
      <legend>What is silenced</legend>
      {/* By place: a row that is typed in stays the same row. */}
      <For each={props.matchers.map((_, at) => at)}>
        {at => (
          <div class="matcher">
            <input
              class="field"
              aria-label="Label"
              placeholder="alertname, host…"
              spellcheck={false}
              value={props.matchers[at]?.label ?? ''}
              onInput={event => change(at, { label: event.currentTarget.value })}
            />
            <select
              class="field"
              aria-label="Comparison"
              onChange={event => change(at, { op: event.currentTarget.value as SilenceOperator })}
            >
              <For each={SILENCE_OPERATORS}>
                {op => (
                  <option value={op} selected={props.matchers[at]?.op === op}>
                    {OPERATOR_WORDS[op]}
                  </option>
                )}
              </For>
            </select>
            <input
              class="field"
              aria-label="Value"
              placeholder={props.matchers[at]?.op.endsWith('~') ? 'web-.*' : '(none)'}
              spellcheck={false}
              value={props.matchers[at]?.value ?? ''}
              onInput={event => change(at, { value: event.currentTarget.value })}
            />
            <button
              type="button"
              class="button button-quiet button-icon"
              aria-label={`Leave out ${props.matchers[at]?.label ?? ''}`}
              disabled={props.matchers.length === 1}
              onClick={() => props.onChange(props.matchers.filter((_, i) => i !== at))}
            >
              <Icon name="close" />
            </button>
          </div>
        )}
      </For>
      <button
        type="button"
        class="button button-small"
        onClick={() => props.onChange([...props.matchers, { label: '', op: '=', value: '' }])}
      >
        <Icon name="plus" />
        And
      </button>
      <p class="hint hint-wrong" aria-live="polite">
        {props.problem}
      </p>
    </fieldset>
  )
}
