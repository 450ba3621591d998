/** What an installation leaves on servers that others use, too: taken away when it is gone. */
import { openKafka } from '#actors/commit-log/kafka/kafkajs.ts'

export async function forgetInstallation(
  installation: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { KAFKA_BROKERS: brokers = '', ELASTICSEARCH_URL: elasticsearch = '' } = environment
  const admin = openKafka({ brokers: brokers.split(','), clientId: installation }).admin()
  await admin.connect()
  const isOurs = (name: string): boolean => name.startsWith(`${installation}.`)
  await admin.deleteTopics({ topics: (await admin.listTopics()).filter(isOurs) })
  const { groups } = await admin.listGroups()
  const own = groups.map(({ groupId }) => groupId).filter(id => id.startsWith(`${installation}-`))
  // A group whose members were killed cannot be deleted yet; Kafka forgets it by itself.
  if (own.length > 0) await admin.deleteGroups(own).catch(() => undefined)
  await admin.disconnect()
  const listed = await fetch(`${elasticsearch}/_cat/indices/*${installation}*?h=index`)
  for (const index of (await listed.text()).split('\n').filter(name => name !== '')) {
    await fetch(`${elasticsearch}/${index}`, { method: 'DELETE' })
  }
  const template = `${elasticsearch}/_index_template/*${installation}*`
  await fetch(template, { method: 'DELETE' })
}
