import { For, type JSX } from 'solid-js'
import { Icon } from '../kit/icon.tsx'
import { Popover } from '../kit/popover.tsx'

const EXAMPLES: readonly (readonly [string, string])[] = [
  ['timeout', 'messages with this word, in any case'],
  ['payment failed', 'both words, anywhere in the message'],
  ['"connection reset"', 'the words next to each other'],
  ['pay* OR *refund*', 'words that begin so, or that have this in them'],
  ['status:500', 'a field or attribute with this value'],
  ['user.name:"Ada Lovelace"', 'values with spaces go in quotes'],
  ['duration_ms:>500 level:>=warn', 'ranges; also [1 TO 9] and time:>now-15m'],
  ['service:(cart OR checkout) -host:web-1', 'one of several, and without'],
  ['path:/^\\/api\\/v[0-9]/', 'a regular expression'],
  ['level:error | count by service', 'how many, for each service'],
  ['| timechart 5m p95(duration_ms) by service', 'numbers over time'],
  ['| top 20 user_id', 'the most frequent values'],
]

/** A button that opens what can be asked; a click puts an example into the bar. */
export function QueryHelp(props: { readonly onUse: (text: string) => void }): JSX.Element {
  return (
    <Popover
      class="button button-quiet button-icon"
      label="Query help"
      align="end"
      panelClass="query-help"
      button={<Icon name="help" />}
    >
      {close => (
        <Examples
          onUse={text => {
            close()
            props.onUse(text)
          }}
        />
      )}
    </Popover>
  )
}

function Examples(props: { readonly onUse: (text: string) => void }): JSX.Element {
  return (
    <>
      <h3>Query language</h3>
      <ul class="query-examples">
        <For each={EXAMPLES}>
          {([text, meaning], index) => (
            <li>
              <button
                type="button"
                class="query-example"
                data-autofocus={index() === 0 ? '' : undefined}
                onClick={() => props.onUse(text)}
              >
                <code>{text}</code>
                <span>{meaning}</span>
              </button>
            </li>
          )}
        </For>
      </ul>
      <p class="faint">
        A trace or span id finds the rows that carry it. Fields: <code>service</code>{' '}
        <code>host</code> <code>file</code> <code>level</code> <code>trace_id</code>{' '}
        <code>span_id</code> and every attribute.
      </p>
    </>
  )
}
