/** The list under the query bar: what could be written here, or what was asked before. */
import { type Accessor, createMemo, createSignal, onCleanup } from 'solid-js'
import { shortCount } from '../kit/number-text.ts'
import { createStoredList, watch } from '../kit/reactive.ts'
import {
  type Completion,
  type CompletionPlace,
  complete,
  functionCompletions,
  nameCompletions,
  placeAt,
  stageCompletions,
  valueCompletions,
} from './completion-model.ts'
import type { FieldFacts } from './field-facts.ts'

export interface QueryOffer {
  readonly title: string
  readonly items: readonly Completion[]
}

export interface QueryCompletion {
  /** null = nothing is offered. */
  readonly offer: Accessor<QueryOffer | null>
  /** Index of the chosen item; -1 = none. */
  readonly chosen: Accessor<number>
  readonly step: (by: number) => void
  /** The text with the item; null = the list was closed meanwhile. */
  readonly take: (index: number) => { readonly text: string; readonly caret: number } | null
  readonly typed: (text: string, caret: number) => void
  readonly close: () => void
  readonly remember: (query: string) => void
}

const HISTORY_MAX = 50
const HISTORY_SHOWN = 8

export function createQueryCompletion(
  facts: FieldFacts,
  projectId: Accessor<string>,
): QueryCompletion {
  const [input, setInput] = createSignal<{ text: string; caret: number } | null>(null)
  const [chosen, setChosen] = createSignal(-1)
  const [history, setHistory] = createStoredList(() => `queries.${projectId()}`)
  const place = createMemo((): CompletionPlace | null => {
    const now = input()
    return now === null ? null : placeAt(now.text, now.caret)
  })
  const values = createValues(facts, place)
  const offer = createMemo((): QueryOffer | null => {
    const now = input()
    if (now === null) return null
    if (now.text.trim() === '') {
      const items = history()
        .slice(0, HISTORY_SHOWN)
        .map(text => ({ label: text, text, note: '' }))
      return items.length === 0 ? null : { title: 'Asked before', items }
    }
    const items = itemsFor(place(), facts, values())
    return items.length === 0 ? null : { title: titleOf(place()), items }
  })
  const close = (): void => {
    setInput(null)
    setChosen(-1)
  }
  return {
    offer,
    chosen,
    close,
    step(by) {
      const count = offer()?.items.length ?? 0
      // One place more: none is chosen, the text stands for itself.
      if (count > 0) setChosen(((chosen() + 1 + by + count + 1) % (count + 1)) - 1)
    },
    take(index) {
      const now = input()
      const item = offer()?.items[index]
      if (now === null || item === undefined) return null
      const at = place()
      const isHistory = now.text.trim() === '' || at === null
      return isHistory ? { text: item.text, caret: item.text.length } : complete(now.text, at, item)
    },
    typed(text, caret) {
      facts.want()
      setChosen(-1)
      setInput({ text, caret })
    },
    remember(query) {
      if (query === '') return
      setHistory([query, ...history().filter(other => other !== query)].slice(0, HISTORY_MAX))
    },
  }
}

/** Values of the field at the caret, once they have come. */
function createValues(
  facts: FieldFacts,
  place: Accessor<CompletionPlace | null>,
): Accessor<readonly { readonly name: string; readonly note: string }[]> {
  const [values, setValues] = createSignal<readonly { name: string; note: string }[]>([])
  const field = createMemo(() => {
    const wish = place()?.wish
    return wish?.kind === 'value' ? wish.field : null
  })
  watch(field, name => {
    setValues([])
    if (name === null) return
    const abort = new AbortController()
    onCleanup(() => abort.abort())
    facts.values(name, abort.signal).then(
      found => {
        if (abort.signal.aborted) return
        setValues(found.map(({ value, count }) => ({ name: value, note: shortCount(count) })))
      },
      // A field without counted values is completed by nobody.
      () => {},
    )
  })
  return values
}

function itemsFor(
  place: CompletionPlace | null,
  facts: FieldFacts,
  values: readonly { readonly name: string; readonly note: string }[],
): readonly Completion[] {
  const wish = place?.wish
  if (wish === undefined) return []
  switch (wish.kind) {
    case 'value':
      return valueCompletions(wish.part, wish.field, values)
    case 'stage':
      return stageCompletions(wish.part)
    case 'function':
      return functionCompletions(wish.part)
    case 'field': {
      // Behind a space everything could follow: nobody asked for a list of it.
      if (wish.part === '' && !wish.isBare) return []
      const names = facts
        .fields()
        .map(({ name, share }) => ({ name, note: `${Math.round(share * 100)} %` }))
      return nameCompletions(wish, names)
    }
  }
}

function titleOf(place: CompletionPlace | null): string {
  const wish = place?.wish
  if (wish?.kind === 'value') return `Values of ${wish.field}`
  return wish?.kind === 'stage' ? 'Stages' : wish?.kind === 'function' ? 'Functions' : 'Fields'
}
