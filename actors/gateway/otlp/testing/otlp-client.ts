/** A client of OpenTelemetry's gRPC that calls what it is told. */
import type { TestContext } from 'node:test'
import { fromBinary } from '@bufbuild/protobuf'
import {
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js'
import {
  type ExportLogsServiceResponse,
  ExportLogsServiceResponseSchema,
} from '#proto/gen/otlp/v1/logs_pb.ts'
import { EXPORT_LOGS_PATH } from '../otlp-grpc.ts'

export type Headers = Readonly<Record<string, string>>

export class OtlpClient {
  readonly grpc: Client

  constructor(t: TestContext, port: number, packing = compressionAlgorithms.identity) {
    this.grpc = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.default_compression_algorithm': packing,
    })
    t.after(() => this.grpc.close())
  }

  async export(request: Uint8Array, headers: Headers): Promise<ExportLogsServiceResponse> {
    const reply = await new Promise<Buffer>((resolve, reject) => {
      this.grpc.makeUnaryRequest(
        EXPORT_LOGS_PATH,
        (message: Uint8Array) => Buffer.from(message),
        (message: Buffer) => message,
        request,
        metadataOf(headers),
        (error, answer) => (error === null ? resolve(answer ?? Buffer.alloc(0)) : reject(error)),
      )
    })
    return fromBinary(ExportLogsServiceResponseSchema, reply)
  }

  /** 0 = it was taken. */
  code(request: Uint8Array, headers: Headers): Promise<number> {
    return this.export(request, headers).then(
      () => 0,
      (error: ServiceError) => error.code,
    )
  }
}

export function metadataOf(headers: Headers): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  return metadata
}
