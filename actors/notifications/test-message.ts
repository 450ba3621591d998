/** A firing that is none, to try a channel with. */
import type { StoredChannel } from '#actors/catalog/alert-channels.ts'
import type { AlertMessage } from './alert-message.ts'
import { NO_FINDINGS } from './findings.ts'

export function testMessage(
  { projectId, name, severity, labels, template }: StoredChannel,
  id: string,
  atUs: number,
  link = '',
): AlertMessage {
  return {
    id: `msg_${id}`,
    project: { id: projectId, name: projectId },
    changes: [
      {
        id: 0,
        projectId,
        ruleId: 'test',
        key: '',
        from: 'ok',
        to: 'firing',
        value: 42,
        windowEndUs: atUs,
        atUs,
        actor: null,
        note: null,
        about: {
          rule: `Test of the channel ${name}`,
          severity,
          condition: 'count > 41',
          labels,
          group: {},
          runbook: null,
          query: null,
          window_s: 60,
        },
      },
    ],
    lines: [],
    findings: NO_FINDINGS,
    link,
    actions: null,
    isRepeatPossible: false,
    isReminder: false,
    template,
    isTest: true,
    isFault: false,
  }
}
