/** The gRPC door on a free port, over a log in memory. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { systemClock } from '#runtime/clock.ts'
import { type GrpcServer, type StartGrpcOptions, startGrpc } from '../grpc-server.ts'
import { OpenStreams } from '../open-streams.ts'
import { type IngestWorld, type IngestWorldOptions, ingestWorld, otlpDoor } from './ingest-world.ts'

export interface GrpcWorld extends IngestWorld {
  readonly streams: OpenStreams
  readonly server: GrpcServer
  readonly port: number
}

export async function grpcWorld(
  t: TestContext,
  world: IngestWorldOptions = {},
  options: Partial<StartGrpcOptions> = {},
): Promise<GrpcWorld> {
  const started = ingestWorld(t, world)
  const streams = new OpenStreams(started.deps)
  const server = await startGrpc({
    host: '127.0.0.1',
    port: 0,
    tls: null,
    clock: world.clock ?? systemClock,
    streams,
    otlp: otlpDoor(started),
    onFault: error => started.doorFaults.push(error),
    closeGraceMs: 100,
    ...options,
  })
  t.after(() => server.close())
  t.after(() => assert.deepEqual(started.doorFaults, []))
  return { ...started, streams, server, port: server.port }
}
