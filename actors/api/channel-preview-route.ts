/** What the templates of a channel would say, while they are written. */
import { z } from 'zod/v4'
import type { AlertStates } from '#actors/catalog/alert-states.ts'
import type { Catalog } from '#actors/catalog/catalog.ts'
import type { Route } from '#actors/http/http-server.ts'
import { json } from '#actors/http/problem.ts'
import { previewMessage } from '#actors/notifications/message-preview.ts'
import {
  BODY_TEMPLATE_CHARS_MAX,
  parseTemplate,
  TITLE_TEMPLATE_CHARS_MAX,
} from '#actors/notifications/message-template.ts'
import { messageText, messageTitle } from '#actors/notifications/message-text.ts'
import { sentText } from '#actors/notifications/sent-text.ts'
import { CHANNEL_KINDS } from '#proto/alert-channel.ts'
import type { Clock } from '#runtime/index.ts'
import { answerOf, type EndpointDeps, endpoint, projectInBody } from './endpoint.ts'
import { existingProject } from './existing-project.ts'

export interface ChannelPreviewDeps extends EndpointDeps {
  readonly alertStates: Pick<AlertStates, 'history'>
  readonly catalog: Pick<Catalog, 'project'>
  readonly clock: Clock
  readonly publicUrl: () => string
}

const MEMBERS = ['title', 'body'] as const
/** Of the history: where nothing of these fires, an alert is made up. */
const ENTRIES_LOOKED_AT = 50

const body = z.strictObject({
  project: projectInBody,
  template: z.strictObject({
    title: z.string().max(TITLE_TEMPLATE_CHARS_MAX).default(''),
    body: z.string().max(BODY_TEMPLATE_CHARS_MAX).default(''),
  }),
  kind: z.enum(CHANNEL_KINDS).optional().describe('of the channel whose payload is told, too'),
})
const fault = z.strictObject({
  member: z.enum(MEMBERS),
  position: z.number().int().describe('in UTF-16 units'),
  length: z.number().int(),
  message: z.string(),
  expected: z.string(),
  suggestion: z.string().nullable().describe('the whole template as it may have been meant'),
})
const preview = z.strictObject({
  title: z.string(),
  text: z.string(),
  payload: z
    .string()
    .nullable()
    .describe('the body that a channel of this kind is sent, of a mail its HTML'),
  sample: z.boolean().describe('of an alert that is made up: none fired of late'),
  faults: z.array(fault).describe('what cannot be read is previewed as if it were not given'),
})

export function channelPreviewRoutes(deps: ChannelPreviewDeps): Route[] {
  const { alertStates, catalog, clock, publicUrl } = deps
  return [
    endpoint(deps, {
      tag: 'alerts',
      who: 'member',
      needs: 'alerts',
      method: 'POST',
      path: '/api/v1/channels/preview',
      summary: 'What templates would say of the last alert that fired.',
      body,
      answers: { 200: answerOf('As plain text, and as it is sent.', preview) },
      problems: ['LOGBOY_PROJECT_UNKNOWN'],
      async handle({ body: { template, kind }, project: { id } }) {
        const { name } = await existingProject(id, catalog)
        const faults = MEMBERS.flatMap(member => {
          const parsed = parseTemplate(template[member])
          return parsed.type === 'fault' ? [{ member, ...parsed.fault }] : []
        })
        const isGood = (wanted: (typeof MEMBERS)[number]): boolean =>
          faults.every(({ member }) => member !== wanted)
        const asked = { limit: ENTRIES_LOOKED_AT, before: null, ruleId: null }
        const history = await alertStates.history(id, asked)
        const entry = history.find(({ from, to }) => to === 'firing' && from !== 'firing') ?? null
        const message = previewMessage(
          entry,
          {
            title: isGood('title') ? template.title : '',
            body: isGood('body') ? template.body : '',
          },
          { project: { id, name }, publicUrl: publicUrl(), atUs: clock.nowUs() },
        )
        const [title, text] = [messageTitle(message), messageText(message)]
        const payload = kind === undefined ? null : sentText(message, kind, clock.nowUs())
        return json(200, { title, text, payload, sample: entry === null, faults })
      },
    }),
  ]
}
