import { createSignal, type JSX, Show } from 'solid-js'
import {
  deleteAlertRule,
  exportRulesUrl,
  listAlertRules,
  type StoredRule,
  saveAlertRule,
} from '../api/alerts.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Icon } from '../kit/icon.tsx'
import { ACTIONS, ListTable, wide } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { whyNot } from '../projects/permissions-model.ts'
import type { ProjectPageProps } from '../projects/project-page.ts'
import { Link } from '../shell/link.tsx'
import { activeAlertsLoad } from './active-alerts.ts'
import { SeverityTag, StatusTag } from './alert-marks.tsx'
import { historyOf, NEW_RULE_PATH, rulePath } from './alert-paths.ts'
import { ImportDialog } from './import-dialog.tsx'
import { type RuleState, ruleState, ruleText, uncountedText, warmUpText } from './rule-words.ts'

const UNCOUNTED_HINT =
  'Not counted since the rule was changed: rows that came after their window, as when a clock was set back, and rows of groups beyond the limit.'
const WARM_UP_HINT = 'One value each quarter of an hour, or hour. Until then it never fires.'

/** All rules of the project, each with what it says at present. */
export function RulesPage(props: ProjectPageProps): JSX.Element {
  const rules = createLoad(() => props.project.id, listAlertRules)
  const [importing, setImporting] = createSignal(false)
  const [deleting, setDeleting] = createSignal<StoredRule | null>(null)
  const denied = (): string | undefined => whyNot(props.project, 'alerts')
  const toggle = async (stored: StoredRule): Promise<void> => {
    const { rule } = stored
    const enabled = rule.enabled === false
    try {
      await saveAlertRule(props.project.id, stored, { ...rule, enabled })
      toast(enabled ? `${rule.name} is evaluated` : `${rule.name} is paused`)
    } catch (error) {
      toast((error as Error).message)
    }
    rules.reload()
  }
  return (
    <Section
      title="Rules"
      about="Evaluated as logs arrive, without waiting for a schedule."
      tools={
        <div class="actions">
          <a class="button" href={exportRulesUrl(props.project.id)} download="rules.yaml">
            <Icon name="download" />
            Export
          </a>
          <button
            type="button"
            class="button"
            disabled={denied() !== undefined}
            title={denied()}
            onClick={() => setImporting(true)}
          >
            Import
          </button>
          <Show when={denied() === undefined}>
            <Link
              class="button button-primary"
              href={`${NEW_RULE_PATH}?project=${encodeURIComponent(props.project.id)}`}
            >
              <Icon name="plus" />
              New rule
            </Link>
          </Show>
        </div>
      }
    >
      <Loaded load={rules} what="The rules">
        {list => (
          <RuleTable
            {...props}
            rules={list()}
            denied={denied()}
            onToggle={rule => void toggle(rule)}
            onDelete={setDeleting}
          />
        )}
      </Loaded>
      <Show when={importing()}>
        <ImportDialog
          project={props.project.id}
          onDone={rules.reload}
          onClose={() => setImporting(false)}
        />
      </Show>
      <Show when={deleting()} keyed>
        {({ id, rule }) => (
          <ConfirmDialog
            title={`Delete ${rule.name}?`}
            action="Delete rule"
            onConfirm={async () => {
              await deleteAlertRule(props.project.id, id)
              toast('Rule deleted')
              rules.reload()
            }}
            onClose={() => setDeleting(null)}
          >
            What it has firing is over. Its history stays.
          </ConfirmDialog>
        )}
      </Show>
    </Section>
  )
}

interface TableProps extends ProjectPageProps {
  readonly rules: readonly StoredRule[]
  readonly denied: string | undefined
  readonly onToggle: (rule: StoredRule) => void
  readonly onDelete: (rule: StoredRule) => void
}

function RuleTable(props: TableProps): JSX.Element {
  const active = activeAlertsLoad(() => props.project.id)
  return (
    <ListTable
      columns={['Rule', 'State', wide('Severity'), ACTIONS]}
      items={props.rules}
      none="No rules yet: make one, import a file, or press “Alert on this” in Explore."
    >
      {stored => (
        <tr classList={{ 'list-off': stored.rule.enabled === false }}>
          <td class="rule-cell">
            <Link class="rule-name" href={rulePath(props.project.id, stored.id)}>
              <b>{stored.rule.name}</b>
            </Link>
            <span class="rule-words">{ruleText(stored.rule)}</span>
            <Show when={stored.fault}>
              {fault => (
                <span class="rule-fault">
                  <Icon name="warning" />
                  Not evaluated: {fault()}
                </span>
              )}
            </Show>
          </td>
          <td>
            <StateOf {...ruleState(stored, active.value() ?? [])} />
            <Show when={stored.warm_up}>
              {warmUp => (
                <span class="faint rule-note" title={WARM_UP_HINT}>
                  {warmUpText(warmUp())}
                </span>
              )}
            </Show>
            <Show when={stored.uncounted}>
              {uncounted => (
                <span class="faint rule-note" title={UNCOUNTED_HINT}>
                  {uncountedText(uncounted())}
                </span>
              )}
            </Show>
          </td>
          <td class="wide-only">
            <SeverityTag severity={stored.rule.severity ?? 'warning'} />
          </td>
          <td class="list-actions">
            <Link
              class="button button-small wide-only"
              title="What became of it"
              href={historyOf(props.project.id, stored.id)}
            >
              History
            </Link>
            <button
              type="button"
              class="button button-small"
              disabled={props.denied !== undefined}
              title={props.denied}
              aria-label={`${stored.rule.enabled === false ? 'Resume' : 'Pause'} ${stored.rule.name}`}
              onClick={() => props.onToggle(stored)}
            >
              {stored.rule.enabled === false ? 'Resume' : 'Pause'}
            </button>
            <button
              type="button"
              class="button button-small button-warn"
              disabled={props.denied !== undefined}
              title={props.denied}
              aria-label={`Delete ${stored.rule.name}`}
              onClick={() => props.onDelete(stored)}
            >
              Delete
            </button>
          </td>
        </tr>
      )}
    </ListTable>
  )
}

function StateOf(props: RuleState): JSX.Element {
  return (
    <>
      <StatusTag status={props.status} />
      <Show when={props.groups > 1}>
        <span class="faint number rule-groups">{props.groups} groups</span>
      </Show>
    </>
  )
}
