/** A rule as it stands in a file that can be imported: YAML 1.2, without a library. */
import type { AlertRuleText } from '#proto/alert-rule.ts'

/** What neither looks like another type nor means anything to YAML. */
const PLAIN = /^[A-Za-z_][\w ./*-]*$/
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i

export function printRuleYaml(rule: AlertRuleText): string {
  const lines = Object.entries(rule).flatMap(([name, value]) => memberLines(name, value))
  return `rules:\n${lines.map((line, at) => `${at === 0 ? '  - ' : '    '}${line}`).join('\n')}\n`
}

function memberLines(name: string, value: unknown): readonly string[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return [`${name}: [${value.map(scalar).join(', ')}]`]
  if (typeof value !== 'object' || value === null) return [`${name}: ${scalar(value)}`]
  const members = Object.entries(value).map(([key, text]) => `  ${scalar(key)}: ${scalar(text)}`)
  return [`${name}:`, ...members]
}

/** Texts of JSON are texts of YAML, too. */
function scalar(value: unknown): string {
  const isPlain =
    typeof value === 'string' && PLAIN.test(value) && !WORDS.test(value) && !value.endsWith(' ')
  return isPlain ? value : JSON.stringify(value)
}
