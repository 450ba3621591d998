/** Channels of a project: where alerts are told, a test of each, and what came of deliveries. */
import { z } from 'zod/v4'
import type {
  AlertChannels,
  ChannelDelivery,
  ChannelRefusal,
  StoredChannel,
} from '#actors/catalog/alert-channels.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import {
  type ChannelWish,
  type SealedSettings,
  settingsOf,
  targetText,
} from '#actors/notifications/channel-settings.ts'
import { type DeliverTools, deliver } from '#actors/notifications/deliver.ts'
import { testMessage } from '#actors/notifications/test-message.ts'
import type { ChannelSettings } from '#proto/alert-channel.ts'
import { ALERT_CHANNELS_MAX } from '#proto/limits.ts'
import type { Clock, Random } from '#runtime/index.ts'
import { sortableId } from '#runtime/sortable-id.ts'
import {
  aboutOf,
  changedChannel,
  channel,
  channelCreated,
  delivery,
  newChannel,
  toldChannel,
  toldDelivery,
} from './channel-shapes.ts'
import {
  answerOf,
  type EndpointDeps,
  endpoint,
  NO_CONTENT,
  projectInBody,
  projectQuery,
} from './endpoint.ts'
import { changedMeanwhile } from './expected.ts'

export interface ChannelDeps extends EndpointDeps, Pick<DeliverTools, 'mailer' | 'allowPrivate'> {
  readonly alertChannels: AlertChannels
  readonly channelSettings: SealedSettings
  readonly clock: Clock
  readonly random: Random
}

const PATH = '/api/v1/channels'
const DELIVERIES_MAX = 200

const deliveriesQuery = projectQuery.extend({
  before: z.string().optional().describe('id of the last one that you have'),
  limit: z.coerce.number().int().min(1).max(DELIVERIES_MAX).default(50),
})

export function channelRoutes(deps: ChannelDeps): Route[] {
  const { alertChannels: channels, channelSettings: sealing, clock, random } = deps
  const shared = { tag: 'alerts', who: 'member' } as const
  const changing = { ...shared, needs: 'alerts' } as const
  const ofChannel = { path: `${PATH}/:channel`, parts: { channel: 'id of the channel' } } as const
  const find = async (projectId: string, id: string): Promise<StoredChannel> => {
    const found = await channels.find(projectId, id)
    if (found === null) throw unknownChannel(id)
    return found
  }
  return [
    endpoint(deps, {
      ...shared,
      needs: 'logs.read',
      method: 'GET',
      path: PATH,
      summary: 'Where alerts of a project are told.',
      query: projectQuery,
      answers: {
        200: answerOf('Channels by name.', z.strictObject({ channels: z.array(channel) })),
      },
      handle: async ({ project: { id } }) =>
        json(200, { channels: (await channels.list(id)).map(toldChannel) }),
    }),
    endpoint(deps, {
      ...changing,
      method: 'POST',
      path: PATH,
      summary: 'Makes a channel.',
      body: newChannel,
      answers: { 201: answerOf('The channel.', channelCreated) },
      problems: ['LOGBOY_NAME_TAKEN', 'LOGBOY_CONFLICT', 'LOGBOY_PROJECT_UNKNOWN'],
      async handle({ body, project: { id: projectId } }) {
        const { settings: wish } = body
        const settings = settingsOf(wish, random)
        const atUs = clock.nowUs()
        const made: StoredChannel = {
          ...aboutOf(body),
          id: sortableId(atUs, random.bytes(6)),
          projectId,
          kind: settings.kind,
          target: targetText(settings),
          sealed: sealing.seal(settings),
          createdAtUs: atUs,
          updatedAtUs: atUs,
          version: 1,
        }
        done(await channels.create(made), made)
        const isMade = settings.kind === 'webhook' && wish.kind === 'webhook' && !wish.secret
        return json(201, {
          ...toldChannel(made),
          ...(isMade ? { secret: settings.secret } : {}),
        })
      },
    }),
    endpoint(deps, {
      ...changing,
      ...ofChannel,
      method: 'PUT',
      summary: 'Changes a channel; its settings stay unless they are given.',
      body: changedChannel,
      answers: { 200: answerOf('The channel.', channel) },
      problems: ['LOGBOY_NAME_TAKEN', 'LOGBOY_CONFLICT', 'LOGBOY_NOT_FOUND', 'LOGBOY_BAD_REQUEST'],
      async handle({ body, part, project: { id } }) {
        const { settings: wish } = body
        const before = await find(id, part('channel'))
        const settings = wish === undefined ? null : changedSettings(before, wish, deps)
        const changed: StoredChannel = {
          ...before,
          ...aboutOf(body),
          ...(settings === null
            ? {}
            : { target: targetText(settings), sealed: sealing.seal(settings) }),
          updatedAtUs: clock.nowUs(),
        }
        done(await channels.update(changed, body.version), changed)
        return json(200, toldChannel(await find(id, changed.id)))
      },
    }),
    endpoint(deps, {
      ...changing,
      ...ofChannel,
      method: 'DELETE',
      summary: 'Deletes a channel, with what it was still to be told.',
      query: projectQuery,
      answers: { 204: NO_CONTENT },
      problems: ['LOGBOY_NOT_FOUND'],
      async handle({ part, project: { id } }) {
        if (!(await channels.delete(id, part('channel')))) throw unknownChannel(part('channel'))
        return { status: 204 }
      },
    }),
    endpoint(deps, {
      ...changing,
      method: 'POST',
      path: `${PATH}/:channel/test`,
      parts: ofChannel.parts,
      summary: 'Tells the channel of a firing that is none, at once, and what came of it.',
      body: z.strictObject({ project: projectInBody }),
      answers: { 200: answerOf('What came of it.', delivery) },
      problems: ['LOGBOY_NOT_FOUND', 'LOGBOY_CONFLICT'],
      async handle({ part, project: { id }, request }) {
        const found = await find(id, part('channel'))
        return json(200, toldDelivery(await testChannel(found, request.signal, deps)))
      },
    }),
    endpoint(deps, {
      ...shared,
      needs: 'logs.read',
      method: 'GET',
      path: `${PATH}/:channel/deliveries`,
      parts: ofChannel.parts,
      summary: 'What came of deliveries, newest first, for thirty days.',
      query: deliveriesQuery,
      answers: {
        200: answerOf('Deliveries.', z.strictObject({ deliveries: z.array(delivery) })),
      },
      problems: ['LOGBOY_NOT_FOUND'],
      async handle({ part, project: { id }, query: { before = null, limit } }) {
        const { id: channelId } = await find(id, part('channel'))
        const found = await channels.deliveries(channelId, { before, limit })
        return json(200, { deliveries: found.map(toldDelivery) })
      },
    }),
    endpoint(deps, {
      ...changing,
      method: 'POST',
      path: `${PATH}/:channel/deliveries/:delivery/again`,
      parts: { ...ofChannel.parts, delivery: 'id of the delivery' },
      summary: 'Tells the channel again what was given up.',
      body: z.strictObject({ project: projectInBody }),
      answers: { 204: NO_CONTENT },
      problems: ['LOGBOY_NOT_FOUND', 'LOGBOY_CONFLICT'],
      async handle({ part, project: { id } }) {
        const { id: channelId } = await find(id, part('channel'))
        const outcome = await channels.tellAgain(channelId, part('delivery'), clock.nowUs())
        if (outcome !== 'done') throw notAgain(outcome, part('delivery'))
        return { status: 204 }
      },
    }),
  ]
}

/** A webhook that is changed without a secret keeps its own. */
function changedSettings(
  before: StoredChannel,
  wish: ChannelWish,
  { channelSettings: sealing, random }: ChannelDeps,
): ChannelSettings {
  if (wish.kind !== before.kind) {
    const detail = `settings.kind: the channel is a ${before.kind}; make another one`
    throw new HttpProblem('LOGBOY_BAD_REQUEST', detail)
  }
  const old = sealing.open(before.sealed)
  if (wish.kind === 'webhook' && wish.secret === undefined && old?.kind === 'webhook') {
    return { ...wish, secret: old.secret }
  }
  return settingsOf(wish, random)
}

async function testChannel(
  found: StoredChannel,
  signal: AbortSignal,
  { alertChannels, channelSettings: sealing, clock, random, mailer, allowPrivate }: ChannelDeps,
): Promise<ChannelDelivery> {
  const settings = sealing.open(found.sealed)
  if (settings === null) {
    const detail = 'its settings are sealed under another administrator token: enter them again'
    throw new HttpProblem('LOGBOY_CONFLICT', detail)
  }
  const [atUs, beganMs] = [clock.nowUs(), clock.monotonicMs()]
  const id = sortableId(atUs, random.bytes(6))
  const message = testMessage(found, id, atUs)
  const came = await deliver(message, settings, { mailer, allowPrivate, nowUs: atUs, signal })
  const delivered: ChannelDelivery = {
    ...came,
    id,
    channelId: found.id,
    atUs,
    attempt: 1,
    tookMs: Math.round(clock.monotonicMs() - beganMs),
    changes: [],
    isRepeatPossible: false,
    isReminder: false,
  }
  await alertChannels.note(delivered)
  return delivered
}

function done(outcome: 'done' | ChannelRefusal, { id, name }: StoredChannel): void {
  switch (outcome) {
    case 'done':
      return
    case 'name-taken':
      throw new HttpProblem('LOGBOY_NAME_TAKEN', `there is a channel ${name} already`)
    case 'too-many':
      throw new HttpProblem(
        'LOGBOY_CONFLICT',
        `a project has at most ${ALERT_CHANNELS_MAX} channels`,
      )
    case 'stale':
      throw changedMeanwhile('channel')
    case 'unknown-project':
      throw new HttpProblem('LOGBOY_PROJECT_UNKNOWN', 'the project is gone')
    case 'unknown':
      throw unknownChannel(id)
  }
}

function notAgain(outcome: 'unknown' | 'other' | 'none', id: string): HttpProblem {
  switch (outcome) {
    case 'unknown':
      return new HttpProblem('LOGBOY_NOT_FOUND', `the channel has no delivery ${id}`)
    case 'other':
      return new HttpProblem('LOGBOY_CONFLICT', 'only what was given up can be told again')
    case 'none':
      return new HttpProblem('LOGBOY_CONFLICT', 'what it told is in no history any more')
  }
}

function unknownChannel(id: string): HttpProblem {
  return new HttpProblem('LOGBOY_NOT_FOUND', `the project has no channel ${id}`)
}
