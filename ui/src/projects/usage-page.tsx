import { createMemo, createSignal, For, type JSX, onCleanup, Show } from 'solid-js'
import { LEVELS } from '#proto/api.ts'
import type { Quotas } from '#proto/people.ts'
import { readSystemMetrics } from '../api/metrics.ts'
import {
  type Overview,
  readOverview,
  readQuotas,
  USAGE_RANGES,
  type UsageRange,
} from '../api/projects.ts'
import { browserClock, every } from '../clock.ts'
import { forecastText, storageOf } from '../dashboard/storage-model.ts'
import { byteText } from '../kit/byte-text.ts'
import { ACTIONS, ListTable, wide } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Meter } from '../kit/meter.tsx'
import { countText, rateText, shortCount } from '../kit/number-text.ts'
import { Section } from '../kit/section.tsx'
import { address, moveTo } from '../shell/address.ts'
import { isAdministrator } from '../shell/session.ts'
import { may } from './permissions-model.ts'
import type { ProjectPageProps } from './project-page.ts'
import { type LimitsOf, QuotaDialog } from './quota-dialog.tsx'

const RANGE_WORDS: Readonly<Record<UsageRange, string>> = {
  '1h': 'Hour',
  '24h': 'Day',
  '7d': 'Week',
  '30d': '30 days',
}
const REFRESH_MS = 5000
const SERVICES_SHOWN = 8

/** How much the project logs, and how much it may. */
export function UsagePage(props: ProjectPageProps): JSX.Element {
  const range = createMemo<UsageRange>(() => {
    const wanted = new URLSearchParams(address().search).get('range')
    return USAGE_RANGES.find(known => known === wanted) ?? '24h'
  })
  const overview = createLoad(
    () => [props.project.id, range()] as const,
    ([id, wanted], signal) => readOverview(id, wanted, signal),
  )
  const quotas = createLoad(() => props.project.id, readQuotas)
  const server = createLoad(
    () => isAdministrator() || null,
    (_, signal) => readSystemMetrics(signal),
  )
  const freeBytes = createMemo(() => storageOf(server.value() ?? [])?.freeBytes ?? null)
  onCleanup(every(browserClock, REFRESH_MS, () => document.hidden || quotas.reload()))
  const choose = (wanted: UsageRange): void => {
    const params = new URLSearchParams(address().search)
    params.set('range', wanted)
    moveTo(address().path, `?${params}`, { replace: true })
  }
  return (
    <>
      <Section
        page
        title="Usage"
        tools={
          <fieldset class="segments" aria-label="Range">
            <For each={USAGE_RANGES}>
              {known => (
                <button
                  type="button"
                  class="segment"
                  aria-pressed={range() === known}
                  onClick={() => choose(known)}
                >
                  {RANGE_WORDS[known]}
                </button>
              )}
            </For>
          </fieldset>
        }
      >
        <Loaded load={overview} what="The usage">
          {found => (
            <UsageFacts overview={found()} project={props.project} freeBytes={freeBytes()} />
          )}
        </Loaded>
      </Section>
      <QuotaSection {...props} quotas={quotas} />
    </>
  )
}

interface UsageFactsProps extends ProjectPageProps {
  readonly overview: Overview
  /** Of the disk; null = not for the reader to know. */
  readonly freeBytes: number | null
}

function UsageFacts(props: UsageFactsProps): JSX.Element {
  const services = createMemo(() =>
    Object.entries(props.overview.by_service)
      .sort(([, a], [, b]) => b - a)
      .slice(0, SERVICES_SHOWN),
  )
  return (
    <>
      <dl class="facts">
        <div>
          <dt>Logs</dt>
          <dd>{countText(props.overview.total)}</dd>
        </div>
        <div>
          <dt>Per minute</dt>
          <dd>{rateText(props.overview.logs_per_minute)}</dd>
        </div>
        <div>
          <dt>Errors</dt>
          <dd>{(props.overview.error_rate * 100).toFixed(1)} %</dd>
        </div>
        <div>
          <dt>Services</dt>
          <dd>{Object.keys(props.overview.by_service).length}</dd>
        </div>
        <Show when={props.overview.stored}>
          {stored => (
            <div>
              <dt>On the disk</dt>
              <dd>{byteText(stored().bytes)}</dd>
            </div>
          )}
        </Show>
      </dl>
      <Show when={props.overview.stored}>
        {stored => (
          <p class="facts-note">
            Storage: {countText(stored().rows)} rows of any time;{' '}
            {forecastText(
              { usedBytes: stored().bytes, rows: stored().rows, freeBytes: props.freeBytes },
              {
                rowsPerSecond: props.overview.logs_per_minute / 60,
                retentionDays: props.project.retention_days,
              },
            )}
            .
          </p>
        )}
      </Show>
      <div class="shares">
        <ul aria-label="Levels">
          <For each={LEVELS.toReversed()}>
            {level => (
              <Share
                name={level}
                count={props.overview.by_level[level] ?? 0}
                total={props.overview.total}
                class={`fill-${level.toLowerCase()}`}
              />
            )}
          </For>
        </ul>
        <ul aria-label="Services">
          <For each={services()} fallback={<li class="faint">No logs in this range.</li>}>
            {([name, count]) => (
              <Share name={name || '(none)'} count={count} total={props.overview.total} />
            )}
          </For>
        </ul>
      </div>
    </>
  )
}

function Share(props: {
  readonly name: string
  readonly count: number
  readonly total: number
  readonly class?: string
}): JSX.Element {
  return (
    <li
      class={`share ${props.class ?? ''}`}
      style={{ '--share': props.total > 0 ? props.count / props.total : 0 }}
    >
      <span class="cut">{props.name}</span>
      <span class="number faint">{shortCount(props.count)}</span>
    </li>
  )
}

function QuotaSection(
  props: ProjectPageProps & { readonly quotas: ReturnType<typeof createLoad<string, Quotas>> },
): JSX.Element {
  const [changing, setChanging] = createSignal<LimitsOf | null>(null)
  return (
    <Section
      title="Quotas"
      about="What is over a quota is refused with 429, and senders try again. Changes hold within a second."
      tools={
        isAdministrator() ? undefined : (
          <span class="faint">Those of the project are set by administrators.</span>
        )
      }
    >
      <Loaded load={props.quotas} what="The quotas">
        {found => (
          <ListTable
            columns={['Of', 'Logs a second', 'Bytes a second', wide('Refused, last hour'), ACTIONS]}
            items={[{ id: null, name: 'The project', ...found() }, ...found().keys]}
            none=""
          >
            {of => (
              <tr>
                <td>
                  <span class="cut">{of.name}</span>
                  <code class="faint">{of.id}</code>
                </td>
                <QuotaCells limits={of} use={of.use} of={of.name} />
                <td class="list-actions">
                  <Show when={of.id === null ? isAdministrator() : may(props.project, 'keys')}>
                    <button
                      type="button"
                      class="button button-small"
                      aria-label={`Change the limits of ${of.name}`}
                      onClick={() => setChanging({ key: of.id, name: of.name, limits: of })}
                    >
                      Change
                    </button>
                  </Show>
                </td>
              </tr>
            )}
          </ListTable>
        )}
      </Loaded>
      <Show when={changing()} keyed>
        {of => (
          <QuotaDialog
            project={props.project}
            of={of}
            onChanged={props.quotas.reload}
            onClose={() => setChanging(null)}
          />
        )}
      </Show>
    </Section>
  )
}

function QuotaCells(props: {
  readonly limits: Pick<Quotas, 'records_per_second' | 'bytes_per_second'>
  readonly use: Quotas['use']
  readonly of: string
}): JSX.Element {
  return (
    <>
      <td class="number">
        {rateText(props.use.records_per_second)}
        <span class="faint">{limitText(props.limits.records_per_second, countText)}</span>
        <Meter
          label={`Logs a second of ${props.of}`}
          used={props.use.records_per_second}
          limit={props.limits.records_per_second}
        />
      </td>
      <td class="number">
        {byteText(props.use.bytes_per_second)}
        <span class="faint">{limitText(props.limits.bytes_per_second, byteText)}</span>
        <Meter
          label={`Bytes a second of ${props.of}`}
          used={props.use.bytes_per_second}
          limit={props.limits.bytes_per_second}
        />
      </td>
      <td class="number wide-only">{countText(props.use.refused_records)}</td>
    </>
  )
}

function limitText(limit: number, text: (value: number) => string): string {
  return limit === 0 ? ', no limit' : ` of ${text(limit)}`
}
