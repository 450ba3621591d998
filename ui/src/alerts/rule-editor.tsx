import { createMemo, createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import type { AlertRuleText } from '#proto/alert-rule.ts'
import { readAlertRule, type StoredRule, saveAlertRule } from '../api/alerts.ts'
import { KnownVersion } from '../api/meanwhile.ts'
import { browserClock } from '../clock.ts'
import { createFieldFacts } from '../explore/field-facts.ts'
import { scopeOf } from '../explore/search-model.ts'
import { CopyButton } from '../kit/copy-button.tsx'
import { FormProblem } from '../kit/field.tsx'
import { createForm } from '../kit/form.ts'
import { Icon } from '../kit/icon.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { whyNot } from '../projects/permissions-model.ts'
import type { ProjectPageProps } from '../projects/project-page.ts'
import { address, moveTo } from '../shell/address.ts'
import { Link } from '../shell/link.tsx'
import { NEW_RULE_PATH, RULES_PATH } from './alert-paths.ts'
import { BacktestPanel } from './backtest-panel.tsx'
import { RuleFields } from './rule-fields.tsx'
import { previewedRule, type RuleField, readForm, ruleOf, textsOf } from './rule-form.ts'
import { RulePreview } from './rule-preview.tsx'
import { readNewRule } from './rule-url.ts'
import { printRuleYaml } from './rule-yaml.ts'

/** Whose fields and values are offered. */
const FACTS_RANGE = { kind: 'relative', seconds: 86_400 } as const
const FACTS_BAR_MS = 3_600_000

/** A new rule, as far as the address begins it, or one that is there. */
export function RuleEditorPage(props: ProjectPageProps): JSX.Element {
  const id = createMemo(() => {
    const { path } = address()
    return path === NEW_RULE_PATH ? null : decodeURIComponent(path.slice(RULES_PATH.length + 1))
  })
  const stored = createLoad(() => {
    const known = id()
    return known === null ? null : { project: props.project.id, id: known }
  }, readAlertRule)
  return (
    <Switch>
      <Match when={id() === null}>
        <RuleEditor {...props} stored={null} begun={readNewRule(address().search)} />
      </Match>
      <Match when={id() !== null}>
        <Loaded load={stored} what="The rule">
          {rule => <RuleEditor {...props} stored={rule()} begun={rule().rule} />}
        </Loaded>
      </Match>
    </Switch>
  )
}

function RuleEditor(
  props: ProjectPageProps & {
    readonly stored: StoredRule | null
    readonly begun: AlertRuleText
  },
): JSX.Element {
  const form = createForm<RuleField>(textsOf(props.begun), { LOGBOY_NAME_TAKEN: 'name' })
  const [asYaml, setAsYaml] = createSignal(false)
  const read = createMemo(() => readForm(form.texts()))
  const previewed = createMemo(() => previewedRule(form.texts()))
  const facts = createFieldFacts(createMemo(() => factsScope(props.project.id)))
  const back = (): string => `${RULES_PATH}?project=${encodeURIComponent(props.project.id)}`
  const denied = (): string | undefined => whyNot(props.project, 'alerts')
  const known = new KnownVersion(props.stored, id =>
    readAlertRule({ project: props.project.id, id }),
  )
  const submit = async (event: Event): Promise<void> => {
    const rule = ruleOf(form.texts())
    const isSaved = await form.submit(event, read().problems, async () => {
      await known.save(before => saveAlertRule(props.project.id, before, rule))
    })
    if (!isSaved) return
    toast(`${rule.name} is saved`)
    moveTo(RULES_PATH, `?project=${encodeURIComponent(props.project.id)}`)
  }
  return (
    <Section
      title={props.stored === null ? 'New rule' : props.stored.rule.name}
      about={
        <Link class="link" href={back()}>
          All rules
        </Link>
      }
      tools={
        <button
          type="button"
          class="button"
          aria-pressed={asYaml()}
          onClick={() => setAsYaml(!asYaml())}
        >
          As YAML
        </button>
      }
    >
      <FormProblem problem={props.stored?.fault ?? null} />
      <form class="rule-editor" novalidate onSubmit={event => void submit(event)}>
        <div class="rule-form">
          <RuleFields
            projectId={props.project.id}
            form={form}
            problems={read().problems}
            facts={facts}
          />
        </div>
        <div class="rule-side">
          <Show when={asYaml()}>
            <div class="snippet" role="region" aria-label="As YAML">
              <pre>{printRuleYaml(ruleOf(form.texts()))}</pre>
              <CopyButton text={printRuleYaml(ruleOf(form.texts()))} what="YAML" />
            </div>
          </Show>
          <RulePreview projectId={props.project.id} rule={previewed()} />
          <BacktestPanel projectId={props.project.id} rule={previewed()} />
        </div>
        <footer class="rule-foot">
          <FormProblem problem={form.problem()} />
          <div class="actions">
            <button
              type="submit"
              class="button button-primary"
              disabled={form.busy() || denied() !== undefined}
              title={denied()}
            >
              <Icon name="check" />
              {props.stored === null ? 'Make rule' : 'Save rule'}
            </button>
            <Link class="button" href={back()}>
              Cancel
            </Link>
            <Show when={props.stored}>
              <span class="faint wide-only">Its windows begin anew, and what fires is over.</span>
            </Show>
          </div>
        </footer>
      </form>
    </Section>
  )
}

function factsScope(projectId: string) {
  const state = { query: '', levels: [], services: [], range: FACTS_RANGE }
  return scopeOf({ state, projectId, nowMs: browserClock.nowMs(), barMs: FACTS_BAR_MS })
}
