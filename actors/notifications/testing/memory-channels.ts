/** Channels in memory, for tests that ask only for answers. */
import type {
  AlertChannels,
  ChannelDelivery,
  ChannelRefusal,
  StoredChannel,
} from '#actors/catalog/alert-channels.ts'

export class MemoryAlertChannels implements AlertChannels {
  readonly #channels = new Map<string, StoredChannel>()
  readonly #deliveries: ChannelDelivery[] = []

  async list(projectId: string): Promise<readonly StoredChannel[]> {
    return [...this.#channels.values()].filter(channel => channel.projectId === projectId)
  }

  async find(projectId: string, id: string): Promise<StoredChannel | null> {
    return (await this.list(projectId)).find(channel => channel.id === id) ?? null
  }

  async create(channel: StoredChannel): Promise<'done' | ChannelRefusal> {
    const others = await this.list(channel.projectId)
    if (others.some(({ id, name }) => name === channel.name && id !== channel.id)) {
      return 'name-taken'
    }
    this.#channels.set(channel.id, channel)
    return 'done'
  }

  async update(channel: StoredChannel, version?: number): Promise<'done' | ChannelRefusal> {
    const known = await this.find(channel.projectId, channel.id)
    if (known === null) return 'unknown'
    if (version !== undefined && version !== known.version) return 'stale'
    return this.create({ ...channel, version: known.version + 1 })
  }

  async delete(projectId: string, id: string): Promise<boolean> {
    return (await this.find(projectId, id)) !== null && this.#channels.delete(id)
  }

  async note(delivery: ChannelDelivery): Promise<void> {
    this.#deliveries.unshift(delivery)
  }

  async deliveries(channelId: string): Promise<readonly ChannelDelivery[]> {
    return this.#deliveries.filter(each => each.channelId === channelId)
  }

  async tellAgain(channelId: string, deliveryId: string) {
    const known = (await this.deliveries(channelId)).find(({ id }) => id === deliveryId)
    if (known === undefined) return 'unknown' as const
    return known.outcome === 'given_up' ? ('none' as const) : ('other' as const)
  }

  async forgetDeliveries(): Promise<number> {
    return 0
  }
}
