/** Files of alert rules: YAML, of which JSON is a part. What is wrong is told with its place. */
import { isAlias, isScalar, LineCounter, type Node, parseDocument, Scalar, stringify } from 'yaml'
import { type AlertRule, type AlertRuleText, printAlertRule } from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'

export interface RuleFileFault {
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly message: string
}

export type ParsedRuleFile =
  | { readonly type: 'rules'; readonly rules: readonly AlertRule[] }
  /** At least one. */
  | { readonly type: 'faults'; readonly faults: readonly RuleFileFault[] }

/** What a file may have in aliases: a few lines must not become a million. */
const ALIASES_MAX = 100

/** `rules:` with a list, or the list alone. */
export function parseRuleFile(text: string): ParsedRuleFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number, message: string): RuleFileFault => {
    const { line, col } = lines.linePos(Math.min(Math.max(0, offset), text.length))
    return { line: Math.max(1, line), column: Math.max(1, col), message }
  }
  const [broken] = document.errors
  if (broken !== undefined) {
    // What YAML makes of the one text that every rule has, if it is not quoted.
    const isUnquoted = /:\s*>\s*=?\s*[\d.]+\s*$/.test(text.slice(0, broken.pos[1]))
    const hint = isUnquoted ? `; a text that begins with > needs quotes: '> 20'` : ''
    return { type: 'faults', faults: [at(broken.pos[0], broken.message + hint)] }
  }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX })
  } catch (error) {
    return { type: 'faults', faults: [at(0, (error as Error).message)] }
  }
  const isList = Array.isArray(value)
  const given = isList ? value : (value as { readonly rules?: unknown } | null)?.rules
  if (!Array.isArray(given) || given.length === 0) {
    return { type: 'faults', faults: [at(0, 'expected `rules:` and a list of them')] }
  }
  const rules: AlertRule[] = []
  const faults: RuleFileFault[] = []
  const names = new Map<string, number>()
  for (const [index, each] of given.entries()) {
    const place = isList ? [index] : ['rules', index]
    const offsetOf = (path: readonly (string | number)[], within: number | null): number =>
      placeIn(document, [...place, ...path], within, text)
    const parsed = parseAlertRule(each)
    if (parsed.type === 'faults') {
      for (const { path, offset, message } of parsed.faults) {
        faults.push(at(offsetOf(path, offset), `${[...place, ...path].join('.')}: ${message}`))
      }
      continue
    }
    const { name } = parsed.rule
    if (names.has(name)) {
      const first = `rule ${(names.get(name) ?? 0) + 1} has the name ${JSON.stringify(name)}, too`
      faults.push(at(offsetOf(['name'], null), first))
    }
    names.set(name, index)
    rules.push(parsed.rule)
  }
  if (faults.length === 0) return { type: 'rules', rules }
  faults.sort((a, b) => a.line - b.line || a.column - b.column)
  return { type: 'faults', faults }
}

export function printRuleFile(rules: readonly AlertRuleText[]): string {
  return stringify({ rules })
}

/** As it reads back, whoever wrote it. */
export function printRules(rules: readonly AlertRule[]): string {
  return printRuleFile(rules.map(printAlertRule))
}

export function faultText({ line, column, message }: RuleFileFault): string {
  return `line ${line}, column ${column}: ${message}`
}

/** Where the value at a path begins, or the closest one around it that is there. */
function placeIn(
  document: ReturnType<typeof parseDocument>,
  path: readonly (string | number)[],
  within: number | null,
  text: string,
): number {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as Node | undefined
    const start = node?.range?.[0]
    if (node === undefined || start === undefined) continue
    if (length < path.length || within === null || !isScalar(node) || isAlias(node)) return start
    // Escapes and folded lines would move it: only what stands there as it is is counted.
    const isPlain = node.type === Scalar.PLAIN
    const value = String(node.value)
    const isQuoted = text.slice(start + 1, start + 1 + value.length) === value
    return isPlain ? start + within : isQuoted ? start + 1 + within : start
  }
  return 0
}
