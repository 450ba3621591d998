import { For, type JSX, Show } from 'solid-js'
import { numberText } from '../kit/number-text.ts'
import { clockText, dayText } from '../kit/wall-time.ts'
import { GroupTags } from './alert-marks.tsx'
import type { Firing } from './preview-model.ts'

/** Firings that would have been, the newest first. */
export function FiringTable(props: {
  readonly firings: readonly Firing[]
  readonly shown: number
  readonly endMs: number
}): JSX.Element {
  const newest = (): readonly Firing[] => props.firings.toReversed().slice(0, props.shown)
  return (
    <Show when={props.firings.length > 0}>
      <table class="firings">
        <thead>
          <tr>
            <th>Would have fired</th>
            <th>For</th>
            <th>Value</th>
          </tr>
        </thead>
        <tbody>
          <For each={newest()}>
            {firing => (
              <tr>
                <td>
                  <span class="number">
                    {dayText(firing.fromMs, 'local')}{' '}
                    {clockText(firing.fromMs, 'local').slice(0, 8)}
                  </span>{' '}
                  <GroupTags group={firing.group} />
                </td>
                <td class="number">{lastedText(firing, props.endMs)}</td>
                <td class="number">{firing.value === null ? '' : numberText(firing.value)}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
      <Show when={props.firings.length > props.shown}>
        <p class="faint">and {props.firings.length - props.shown} before</p>
      </Show>
    </Show>
  )
}

function lastedText({ fromMs, toMs }: Firing, endMs: number): string {
  const seconds = Math.round(((toMs ?? endMs) - fromMs) / 1000)
  const text =
    seconds < 90
      ? `${seconds} s`
      : seconds < 5400
        ? `${Math.round(seconds / 60)} min`
        : `${Math.round(seconds / 3600)} h`
  return toMs === null ? `${text}, and still` : text
}
