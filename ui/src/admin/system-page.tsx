import { createMemo, For, type JSX, onCleanup, Show } from 'solid-js'
import { type Observed, readHealth, readParts } from '../api/installation.ts'
import { browserClock, every } from '../clock.ts'
import { Icon } from '../kit/icon.tsx'
import { ListTable } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Meter } from '../kit/meter.tsx'
import { countText } from '../kit/number-text.ts'
import { Section } from '../kit/section.tsx'
import { projects } from '../projects/projects.ts'
import { type ActorLine, actorLines, type Part, partsOf } from './system-model.ts'

const REFRESH_MS = 2000

/** The server from the inside: its actors with the depth of their mailboxes, and its parts. */
export function SystemPage(): JSX.Element {
  const parts = createLoad(
    () => true,
    (_, signal) => readParts(signal),
  )
  const health = createLoad(
    () => true,
    (_, signal) => readHealth(signal),
  )
  onCleanup(every(browserClock, REFRESH_MS, () => document.hidden || parts.reload()))
  return (
    <>
      <Section
        page
        title="Actors"
        about="Everything that works on its own, with what waits for it. Refreshed every two seconds."
        tools={<span class="faint">Logboy {health.value()?.version}</span>}
      >
        <Loaded load={parts} what="The system">
          {found => (
            <>
              <Degraded observed={found()} />
              <ActorTable lines={actorLines(found())} />
            </>
          )}
        </Loaded>
      </Section>
      <Show when={parts.value()}>
        {found => (
          <Section title="Parts" about="What each part says of itself; names may change.">
            <PartList observed={found()} />
          </Section>
        )}
      </Show>
    </>
  )
}

function Degraded(props: { readonly observed: Observed }): JSX.Element {
  const troubles = (): readonly string[] => {
    const { degraded } = props.observed
    return Array.isArray(degraded) ? degraded.map(String) : []
  }
  return (
    <Show
      when={troubles().length > 0}
      fallback={
        <p class="good-note">
          <Icon name="check" />
          Everything works.
        </p>
      }
    >
      <p class="form-problem" role="alert">
        <Icon name="warning" />
        <span>It goes on without: {troubles().join(', ')}</span>
      </p>
    </Show>
  )
}

function ActorTable(props: { readonly lines: readonly ActorLine[] }): JSX.Element {
  // Rows stay in place while their numbers change.
  const addresses = createMemo(() => props.lines.map(({ address }) => address), undefined, {
    equals: (a, b) => a.join('\n') === b.join('\n'),
  })
  const lines = createMemo(() => new Map(props.lines.map(line => [line.address, line])))
  return (
    <ListTable
      columns={[
        'Actor',
        'State',
        'Mailbox',
        { title: 'Taken', class: 'list-number wide-only' },
        { title: 'Restarts', class: 'list-number' },
      ]}
      items={addresses()}
      none="This process has no actors."
    >
      {address => <Show when={lines().get(address)}>{line => <ActorRow line={line()} />}</Show>}
    </ListTable>
  )
}

function ActorRow(props: { readonly line: ActorLine }): JSX.Element {
  const projectName = (): string | undefined =>
    projects()?.find(({ id }) => `project/${id}` === props.line.address)?.name
  return (
    <tr>
      <td>
        <span class="tree-name" style={{ '--depth': props.line.depth }}>
          <Show when={props.line.depth > 0}>
            <span class="tree-branch" aria-hidden="true" />
          </Show>
          <code class="cut">{props.line.name}</code>
          <Show when={projectName()}>{name => <span class="faint cut">{name()}</span>}</Show>
        </span>
        <Show when={props.line.fault}>
          <span class="hint hint-wrong cut">{props.line.fault}</span>
        </Show>
      </td>
      <td>
        <Show when={props.line.state}>{state => <span class="tag">{state()}</span>}</Show>
      </td>
      <td class="number">
        <Show when={props.line.mailbox}>
          {mailbox => (
            <>
              {countText(mailbox().depth)}
              <span class="faint"> of {countText(mailbox().capacity)}</span>
              <Meter
                label={`Mailbox of ${props.line.name}`}
                used={mailbox().depth}
                limit={mailbox().capacity}
              />
            </>
          )}
        </Show>
      </td>
      <td class="list-number wide-only">
        <Show when={props.line.mailbox}>{mailbox => countText(mailbox().accepted)}</Show>
      </td>
      <td class="list-number">{props.line.restarts ?? ''}</td>
    </tr>
  )
}

function PartList(props: { readonly observed: Observed }): JSX.Element {
  const parts = createMemo(() => new Map(partsOf(props.observed).map(part => [part.name, part])))
  const names = createMemo(() => [...parts().keys()], undefined, {
    equals: (a, b) => a.join('\n') === b.join('\n'),
  })
  return (
    <div class="parts">
      <For each={names()}>
        {name => (
          <details class="part">
            <summary>
              {name} <span class="faint">{parts().get(name)?.summary}</span>
            </summary>
            <PartFacts facts={parts().get(name)?.facts ?? []} />
          </details>
        )}
      </For>
    </div>
  )
}

function PartFacts(props: { readonly facts: Part['facts'] }): JSX.Element {
  return (
    <dl class="part-facts">
      <For each={props.facts}>
        {([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd class="number">{value}</dd>
          </div>
        )}
      </For>
    </dl>
  )
}
