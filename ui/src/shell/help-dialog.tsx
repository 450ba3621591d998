import { For, type JSX } from 'solid-js'
import { Dialog } from '../kit/dialog.tsx'

const GROUPS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Search',
    [
      ['/', 'Go to the search bar'],
      ['Enter', 'Run the search'],
      ['t', 'Time range'],
      ['z', 'Zoom out in time'],
      ['f', 'Filters'],
      ['r', 'Search again'],
      ['v', 'Saved views'],
      ['x', 'Compare with the time before'],
      ['m', 'Patterns or logs'],
    ],
  ],
  [
    'Rows',
    [
      ['j ↓', 'Older row'],
      ['k ↑', 'Newer row'],
      ['Enter', 'Open the details'],
      ['Esc', 'Close the details'],
      ['g', 'Newest row'],
      ['w', 'Wrap messages'],
      ['c', 'Columns and density'],
      ['y', 'Copy a link'],
    ],
  ],
  [
    'Live',
    [
      ['l', 'Live tail on or off'],
      ['p', 'Pause or resume'],
    ],
  ],
  [
    'Everywhere',
    [
      ['e', 'Explore'],
      ['d', 'Dashboard'],
      ['a', 'Alerts'],
      ['o', 'Project'],
      ['s', 'The stream on the whole screen, on the dashboard'],
      ['?', 'This sheet'],
    ],
  ],
]

/** All keys on one sheet. */
export function HelpDialog(props: { readonly onClose: () => void }): JSX.Element {
  return (
    <Dialog title="Keyboard" class="help-dialog" onClose={props.onClose}>
      <div class="help-groups">
        <For each={GROUPS}>
          {([title, keys]) => (
            <section>
              <h3>{title}</h3>
              <dl>
                <For each={keys}>
                  {([names, meaning]) => (
                    <div class="help-key">
                      <dt>
                        <For each={names.split(' ')}>{name => <kbd>{name}</kbd>}</For>
                      </dt>
                      <dd>{meaning}</dd>
                    </div>
                  )}
                </For>
              </dl>
            </section>
          )}
        </For>
      </div>
    </Dialog>
  )
}
