/** That a rule cannot be evaluated, as a message of channels. */
import { createHash } from 'node:crypto'
import type { UntoldFault } from '#actors/catalog/alert-faults.ts'
import { parseDuration } from '#proto/time.ts'
import { type AlertMessage, NO_TEMPLATE } from './alert-message.ts'
import { NO_FINDINGS } from './findings.ts'

/** The same for every attempt at the same fault. */
export function faultMessage(fault: UntoldFault, publicUrl: string, atUs: number): AlertMessage {
  const { projectId, projectName, ruleId, version, message, rule } = fault
  const id = createHash('sha256').update(`${ruleId}@${version} ${message}`).digest('base64url')
  return {
    id: `msg_${id.slice(0, 24)}`,
    project: { id: projectId, name: projectName },
    changes: [
      {
        id: 0,
        projectId,
        ruleId,
        key: '',
        from: 'ok',
        to: 'firing',
        value: null,
        windowEndUs: atUs,
        atUs,
        actor: null,
        note: null,
        about: {
          rule: rule.name,
          severity: rule.severity ?? 'warning',
          condition: `it cannot be evaluated, and tells nobody of anything: ${message}`,
          labels: rule.labels ?? {},
          group: {},
          runbook: rule.runbook ?? null,
          query: null,
          window_s: parseDuration(rule.window ?? '5m') ?? 300,
        },
      },
    ],
    lines: [],
    findings: NO_FINDINGS,
    link: `${publicUrl}/alerts/rules?project=${projectId}`,
    actions: null,
    isRepeatPossible: false,
    isReminder: false,
    template: NO_TEMPLATE,
    isTest: false,
    isFault: true,
  }
}
