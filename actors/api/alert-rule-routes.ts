/** Alert rules: made, changed, carried from and to files. */
import { z } from 'zod/v4'
import { faultText, parseRuleFile, printRuleFile } from '#actors/alerts/rule-file.ts'
import { mintRuleId } from '#actors/alerts/rule-id.ts'
import type { AlertEdit, AlertRuleRefusal, AlertRules } from '#actors/catalog/alert-rules.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import { type AlertRule, printAlertRule } from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { ALERT_RULES_MAX } from '#proto/limits.ts'
import type { Clock, Random } from '#runtime/index.ts'
import { storedRule, textOf, toldRule } from './alert-shapes.ts'
import type { Caller } from './caller.ts'
import {
  answerOf,
  type EndpointDeps,
  endpoint,
  NO_CONTENT,
  projectInBody,
  projectQuery,
} from './endpoint.ts'
import { changedMeanwhile, versionRead } from './expected.ts'

export interface AlertRuleDeps extends EndpointDeps {
  readonly alertRules: AlertRules
  readonly keys: Pick<KeyCache, 'verify' | 'refresh'>
  /** Whoever tells of alerts has something to look at. */
  readonly alertsChanged: () => void
  readonly clock: Clock
  readonly random: Random
}

const PATH = '/api/v1/alerts/rules'
const FILE_BYTES_MAX = 1024 * 1024
/** Whoever evaluates rules looks at the catalog twice a second. */
const BEGUN_MS_MAX = 2_000
const BEGUN_LOOK_MS = 25
const FAULTS_TOLD_MAX = 10

const ruleBody = z.strictObject({
  project: projectInBody,
  rule: z.looseObject({}).describe('an AlertRule'),
})
const changeBody = ruleBody.extend({ version: versionRead })
const importBody = z.strictObject({
  project: projectInBody,
  text: z.string().min(1).describe('YAML or JSON: `rules:` and a list of AlertRules'),
  replace: z.boolean().default(true).describe('false = names that are taken are refused'),
})
const rulesReply = z.strictObject({ rules: z.array(storedRule) })

export function alertRuleRoutes(deps: AlertRuleDeps): Route[] {
  const { alertRules } = deps
  const shared = { tag: 'alerts', who: 'member' } as const
  const changing = { ...shared, needs: 'alerts' } as const
  const ofRule = { path: `${PATH}/:rule`, parts: { rule: 'id of the rule' } } as const
  const refusals = ['LOGBOY_BAD_RULE', 'LOGBOY_NAME_TAKEN', 'LOGBOY_CONFLICT'] as const
  const find = async (projectId: string, id: string) => {
    const found = await alertRules.find(projectId, id)
    if (found === null) throw unknownRule(id)
    return found
  }
  /** What fired may be over. */
  const changed = async (): Promise<void> => {
    await deps.keys.refresh()
    deps.alertsChanged()
  }
  const saved = async (projectId: string): Promise<void> => {
    await changed()
    await untilBegun(projectId, deps)
  }
  return [
    endpoint(deps, {
      ...shared,
      needs: 'logs.read',
      method: 'GET',
      path: PATH,
      summary: 'The alert rules of a project.',
      query: projectQuery,
      answers: { 200: answerOf('Rules by name.', rulesReply) },
      handle: async ({ project: { id } }) =>
        json(200, { rules: (await alertRules.list(id)).map(toldRule) }),
    }),
    endpoint(deps, {
      ...changing,
      method: 'POST',
      path: PATH,
      summary: 'Makes a rule.',
      body: ruleBody,
      answers: { 201: answerOf('The rule.', storedRule) },
      problems: refusals,
      async handle({ body, project: { id: projectId }, caller }) {
        const rule = printAlertRule(readRule(body.rule))
        const id = mintRuleId(deps.random)
        done(await alertRules.create(editOf(projectId, caller, deps), [{ id, rule }], false), id)
        await saved(projectId)
        return json(201, toldRule(await find(projectId, id)))
      },
    }),
    endpoint(deps, {
      ...changing,
      method: 'POST',
      path: `${PATH}/import`,
      summary: 'Makes the rules of a file, all or none; those of the same name become them.',
      body: importBody,
      bodyBytesMax: FILE_BYTES_MAX,
      answers: { 200: answerOf('All rules of the project.', rulesReply) },
      problems: refusals,
      async handle({ body, project: { id: projectId }, caller }) {
        const parsed = parseRuleFile(body.text)
        if (parsed.type === 'faults') throw badRule(parsed.faults.map(faultText))
        const rules = parsed.rules.map(rule => ({
          id: mintRuleId(deps.random),
          rule: printAlertRule(rule),
        }))
        done(await alertRules.create(editOf(projectId, caller, deps), rules, body.replace), '')
        await saved(projectId)
        return json(200, { rules: (await alertRules.list(projectId)).map(toldRule) })
      },
    }),
    endpoint(deps, {
      ...shared,
      needs: 'logs.read',
      method: 'GET',
      path: `${PATH}/export`,
      summary: 'All rules as a file that can be imported.',
      query: projectQuery,
      answers: { 200: { description: 'YAML.', mediaType: 'application/yaml', schema: null } },
      async handle({ project: { id } }) {
        const rules = (await alertRules.list(id)).map(textOf)
        return {
          status: 200,
          headers: [['content-type', 'application/yaml; charset=utf-8']],
          body: printRuleFile(rules),
        }
      },
    }),
    endpoint(deps, {
      ...shared,
      ...ofRule,
      needs: 'logs.read',
      method: 'GET',
      summary: 'One rule.',
      query: projectQuery,
      answers: { 200: answerOf('The rule.', storedRule) },
      problems: ['LOGBOY_NOT_FOUND'],
      handle: async ({ project: { id }, part }) =>
        json(200, toldRule(await find(id, part('rule')))),
    }),
    endpoint(deps, {
      ...changing,
      ...ofRule,
      method: 'PUT',
      summary: 'Changes a rule; its windows begin anew, and what fires is over.',
      body: changeBody,
      answers: { 200: answerOf('The rule.', storedRule) },
      problems: [...refusals, 'LOGBOY_NOT_FOUND'],
      async handle({ body, project: { id: projectId }, part, caller }) {
        const rule = printAlertRule(readRule(body.rule))
        const id = part('rule')
        const edit = editOf(projectId, caller, deps)
        done(await alertRules.update(edit, { id, rule }, body.version), id)
        await saved(projectId)
        return json(200, toldRule(await find(projectId, id)))
      },
    }),
    endpoint(deps, {
      ...changing,
      ...ofRule,
      method: 'DELETE',
      summary: 'Deletes a rule; what fires is over.',
      query: projectQuery,
      answers: { 204: NO_CONTENT },
      problems: ['LOGBOY_NOT_FOUND'],
      async handle({ project: { id: projectId }, part, caller }) {
        const isGone = await alertRules.delete(editOf(projectId, caller, deps), part('rule'))
        if (!isGone) throw unknownRule(part('rule'))
        await changed()
        return { status: 204 }
      },
    }),
  ]
}

/** Throws 400 that names everything that is wrong with it. */
export function readRule(text: unknown): AlertRule {
  const parsed = parseAlertRule(text)
  if (parsed.type === 'rule') return parsed.rule
  throw badRule(parsed.faults.map(({ path, message }) => `${path.join('.')}: ${message}`))
}

/** Account, key, or the administrator's token. */
export function nameOfCaller(caller: Caller): string {
  if (caller.type === 'person') return caller.account.id
  return caller.type === 'key' ? `key ${caller.key.keyId}` : 'administrator'
}

/** What is received after the answer counts, unless nobody evaluates rules at present. */
async function untilBegun(
  projectId: string,
  { alertRules, clock }: Pick<AlertRuleDeps, 'alertRules' | 'clock'>,
): Promise<void> {
  const lastMs = clock.monotonicMs() + BEGUN_MS_MAX
  while (!(await alertRules.hasBegun(projectId)) && clock.monotonicMs() < lastMs) {
    await new Promise<void>(resolve => void clock.after(BEGUN_LOOK_MS, resolve))
  }
}

function editOf(projectId: string, caller: Caller, { clock }: AlertRuleDeps): AlertEdit {
  return { projectId, by: nameOfCaller(caller), atUs: clock.nowUs() }
}

function badRule(faults: readonly string[]): HttpProblem {
  return new HttpProblem('LOGBOY_BAD_RULE', faults.slice(0, FAULTS_TOLD_MAX).join('\n'))
}

function done(outcome: 'done' | AlertRuleRefusal, id: string): void {
  switch (outcome) {
    case 'done':
      return
    case 'name-taken':
      throw new HttpProblem('LOGBOY_NAME_TAKEN', 'the project has a rule of this name')
    case 'too-many':
      throw new HttpProblem('LOGBOY_CONFLICT', `a project has at most ${ALERT_RULES_MAX} rules`)
    case 'stale':
      throw changedMeanwhile('rule')
    case 'unknown':
      throw unknownRule(id)
    case 'unknown-project':
      throw new HttpProblem('LOGBOY_PROJECT_UNKNOWN', 'the project is gone')
  }
}

function unknownRule(id: string): HttpProblem {
  return new HttpProblem('LOGBOY_NOT_FOUND', `the project has no rule ${id}`)
}
