import { For, type JSX, Show } from 'solid-js'
import { EVENT_AGGREGATES } from '#proto/alert-rule.ts'
import { listMetrics } from '../api/metrics.ts'
import type { FieldFacts } from '../explore/field-facts.ts'
import { Choice, Field } from '../kit/field.tsx'
import type { FieldBinding, Form } from '../kit/form.ts'
import { createLoad } from '../kit/load.tsx'
import {
  COMPARED_WITH,
  LOG_FUNCTIONS,
  METRIC_FUNCTIONS,
  OPERATORS,
  SCORE_DEFAULT,
  SCORE_HINT,
  SEVERITIES,
  thresholdHint,
} from './aggregate-words.ts'
import { ByField } from './by-field.tsx'
import { LabelsField } from './labels-field.tsx'
import { QueryField } from './query-field.tsx'
import {
  canBeUsual,
  isAgainstUsual,
  isPatterns,
  type RuleField,
  type RuleProblems,
  takesArgument,
} from './rule-form.ts'
import { TextList } from './text-list.tsx'

export interface RuleFieldsProps {
  readonly projectId: string
  readonly form: Form<RuleField>
  /** What is wrong while somebody types, shown beside fields that are not empty. */
  readonly problems: RuleProblems
  readonly facts: FieldFacts
}

/** The fields of a rule in the order of a sentence: which logs, what of them, when, who is told. */
export function RuleFields(props: RuleFieldsProps): JSX.Element {
  const text = (name: RuleField): string => props.form.texts()[name]
  const problemOf = (name: RuleField): string | null =>
    props.form.fieldProblem(name) ??
    (text(name).trim() === '' ? null : (props.problems[name] ?? null))
  const field = (name: RuleField): FieldBinding => {
    const bound = props.form.field(name)
    return {
      name,
      onInput: bound.onInput,
      get value() {
        return bound.value
      },
      get problem() {
        return problemOf(name)
      },
    }
  }
  const parts = { ...props, text, problemOf, field }
  return (
    <>
      <Field
        label="Name"
        placeholder="Checkout errors"
        hint="Stands at the top of every message."
        {...field('name')}
      />
      <LogsPart {...parts} form={props.form} facts={props.facts} />
      <ConditionPart {...parts} />
      <TellingPart {...parts} form={props.form} />
    </>
  )
}

interface PartProps extends RuleFieldsProps {
  readonly text: (name: RuleField) => string
  readonly problemOf: (name: RuleField) => string | null
  readonly field: (name: RuleField) => FieldBinding
}

function LogsPart(props: PartProps): JSX.Element {
  const { text, field, problemOf } = props
  const isMetric = (): boolean => text('source') === 'metric'
  return (
    <fieldset class="rule-part">
      <legend>What is watched</legend>
      <div class="segments" role="group" aria-label="Of">
        {segment(props, 'logs', 'Logs')}
        {segment(props, 'metric', 'A metric')}
      </div>
      <Show when={isMetric()}>
        <MetricField {...props} />
      </Show>
      <QueryField
        id="rule-query"
        label={isMetric() ? 'Of which points' : 'Which logs'}
        placeholder={isMetric() ? 'All of them, or path:/checkout' : 'All of them, or level:error'}
        hint="The same words as in Explore."
        value={text('query')}
        problem={problemOf('query')}
        projectId={props.projectId}
        facts={props.facts}
        onInput={query => props.form.set({ query })}
      />
      <div class="rule-pair">
        <Choice
          label="What of them"
          name="fn"
          value={text('fn')}
          options={isMetric() ? METRIC_FUNCTIONS : LOG_FUNCTIONS}
          onChange={fn => props.form.set({ fn, argument: '', threshold: text('threshold') })}
        />
        <Field
          label={isPatterns(text('fn')) ? 'Seen within' : 'In a window of'}
          list="rule-durations"
          placeholder="5m"
          hint="10s to 1d; it slides."
          {...field('window')}
        />
      </div>
      <Show when={!isMetric() && text('fn') === 'ratio'}>
        <QueryField
          id="rule-part"
          label="Share of those that also match"
          placeholder="level:error"
          hint="Counted among the logs above."
          value={text('argument')}
          problem={problemOf('argument')}
          projectId={props.projectId}
          facts={props.facts}
          onInput={argument => props.form.set({ argument })}
        />
      </Show>
      <Show when={!isMetric() && takesArgument(text('fn')) && text('fn') !== 'ratio'}>
        <div onFocusIn={() => props.facts.want()}>
          <TextList id="rule-fields" values={props.facts.fields().map(({ name }) => name)} />
          <Field
            label="Field"
            list="rule-fields"
            placeholder={text('fn') === 'distinct' ? 'user_id' : 'duration_ms'}
            hint={text('fn') === 'distinct' ? 'Any field.' : 'A field with numbers.'}
            {...field('argument')}
          />
        </div>
      </Show>
      <Show when={!isPatterns(text('fn'))}>
        <ByField
          value={text('by')}
          problem={problemOf('by')}
          facts={props.facts}
          onInput={by => props.form.set({ by })}
        />
      </Show>
      <TextList id="rule-durations" values={['10s', '1m', '5m', '15m', '1h', '6h', '1d']} />
    </fieldset>
  )
}

function segment({ form, text }: PartProps, source: string, words: string): JSX.Element {
  return (
    <button
      type="button"
      class="segment"
      aria-pressed={text('source') === source}
      onClick={() => form.set({ source, fn: source === 'metric' ? 'avg' : 'count', argument: '' })}
    >
      {words}
    </button>
  )
}

function comparison({ form, text }: PartProps, against: string, words: string): JSX.Element {
  const threshold = (): string =>
    text('threshold') === '' && against === 'usual' ? SCORE_DEFAULT : text('threshold')
  return (
    <button
      type="button"
      class="segment"
      aria-pressed={text('against') === against}
      onClick={() => form.set({ against, threshold: threshold() })}
    >
      {words}
    </button>
  )
}

function MetricField(props: PartProps): JSX.Element {
  const metrics = createLoad(() => props.projectId, listMetrics)
  return (
    <>
      <TextList id="rule-metrics" values={(metrics.value() ?? []).map(({ name }) => name)} />
      <Field
        label="Metric"
        list="rule-metrics"
        placeholder="http.duration"
        hint="As the SDK counts, shows or measures it."
        {...props.field('metric')}
      />
    </>
  )
}

function ConditionPart(props: PartProps): JSX.Element {
  const { text, field } = props
  const isEvent = (): boolean => EVENT_AGGREGATES.some(fn => fn === text('fn'))
  const isUsual = (): boolean => isAgainstUsual(props.form.texts())
  return (
    <fieldset class="rule-part">
      <legend>When it fires</legend>
      <Show
        when={!isEvent()}
        fallback={<p class="hint">As soon as it is so: there is no number to compare with.</p>}
      >
        <Show when={canBeUsual(text('fn'))}>
          <div class="segments" role="group" aria-label="Compared with">
            <For each={COMPARED_WITH}>
              {([against, words]) => comparison(props, against, words)}
            </For>
          </div>
        </Show>
        <div class="rule-pair">
          <Choice
            label="When that is"
            name="operator"
            value={text('operator')}
            options={OPERATORS}
            onChange={operator => props.form.set({ operator, threshold: text('threshold') })}
          />
          <Field
            label="Threshold"
            placeholder="20"
            hint={isUsual() ? SCORE_HINT : thresholdHint(text('fn'), text('source') === 'metric')}
            {...field('threshold')}
          />
        </div>
      </Show>
      <div class="rule-pair">
        <Field
          label="Has to last for"
          list="rule-durations"
          placeholder="0s"
          hint="Pending until then."
          {...field('for')}
        />
        <Field
          label="Goes on firing for"
          list="rule-durations"
          placeholder="0s"
          hint="After it is over: one message instead of many."
          {...field('keep_firing_for')}
        />
      </div>
      <details
        open={text('resolve') !== '' || text('lateness') !== '' || text('groups_max') !== ''}
      >
        <summary>More</summary>
        <div class="stack">
          <Show when={!isEvent()}>
            <Field
              label="Is over only at"
              placeholder="the threshold"
              hint="Another number, so that a value around the threshold does not flap."
              {...field('resolve')}
            />
          </Show>
          <div class="rule-pair">
            <Field
              label="Logs may be late by"
              placeholder="10s"
              hint="Up to 10m; what needs a closed window waits so long."
              {...field('lateness')}
            />
            <Field
              label="Groups at most"
              placeholder="1000"
              hint="Others are counted as left out."
              {...field('groups_max')}
            />
          </div>
        </div>
      </details>
    </fieldset>
  )
}

function TellingPart(props: PartProps): JSX.Element {
  const { text, field } = props
  return (
    <fieldset class="rule-part">
      <legend>How people are told</legend>
      <Choice
        label="Severity"
        name="severity"
        value={text('severity')}
        options={SEVERITIES}
        hint="Channels choose by it, and by labels."
        onChange={severity => props.form.set({ severity })}
      />
      <LabelsField
        hint="One a line. They go along with every message."
        value={text('labels')}
        problem={props.problemOf('labels')}
        onInput={labels => props.form.set({ labels })}
      />
      <Field
        label="Runbook"
        placeholder="https://wiki.example/checkout"
        hint="What to do when it fires; stands in every message."
        {...field('runbook')}
      />
    </fieldset>
  )
}
