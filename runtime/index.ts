/**
 * The actor runtime on one screen. It knows nothing of logs, and a message is a batch of work,
 * never a single record: throughput per message is no goal, order and honesty under faults are.
 *
 *   const writer = defineActor({
 *     name: 'writer',
 *     mailbox: { capacity: 64, whenFull: 'wait' },
 *     create: (context: Context<WriterMessage>, store: Store) => new Writer(context, store),
 *   })
 *
 *   const system = new System({ clock, random, onFault, onEscalation })
 *   const ref = system.spawn(writer, store)                      // sink first
 *   await ref.tell({ type: 'write', batch })                     // waits while the mailbox is full
 *   const count = await ask(ref, reply => ({ type: 'count', reply }), { clock, timeoutMs: 1_000 })
 *   await system.stop('SIGTERM', 10_000)
 *
 * What actors run on: clock.ts, random.ts, disk.ts. Threads: threads.ts (contract), worker-pool.ts,
 * service-thread.ts. Tests: testing/test-actor.ts (one actor), testing/simulation.ts (a system).
 */
export {
  type Actor,
  type ActorDefinition,
  type Context,
  defineActor,
  type ExitStatus,
  type MailboxOptions,
  type Ref,
  type Reply,
  type WhenFull,
} from './actor.ts'
export type { ActorState } from './cell.ts'
export { type Cancel, type Clock, systemClock } from './clock.ts'
export { type Disk, type DiskFile, systemDisk } from './disk.ts'
export type { Keyed, KeyedOptions } from './keyed.ts'
export { KillSwitch } from './kill-switch.ts'
export type { MailboxState } from './mailbox.ts'
export { type Random, seededRandom, systemRandom } from './random.ts'
export { type AskOptions, ask } from './ref.ts'
export { type RuntimeCode, RuntimeError, toError } from './runtime-error.ts'
export { Sequencer, type SequencerOptions } from './sequencer.ts'
export { type Fault, RESTART_POLICY, type RestartPolicy } from './supervisor.ts'
export { type Spawn, type SpawnOptions, System, type SystemOptions } from './system.ts'
export type {
  RunOptions,
  Service,
  ServiceThread,
  Task,
  TaskPool,
  ThreadManifest,
  ThreadTools,
  Transferred,
} from './threads.ts'
