/** Checkpoints in SQL: each call is one statement under the row's lock. */
import { sql } from 'slonik'
import { z } from 'zod'
import {
  CHECKPOINT_STATE_BYTES_MAX,
  type Checkpoint,
  type Checkpoints,
  type Claim,
} from './checkpoints.ts'
import { int8 } from './columns.ts'
import type { Database } from './database.ts'

const claimRow = z.object({
  partition: z.number(),
  fence: int8,
  position: int8.nullable(),
  state: z.instanceof(Uint8Array).nullable(),
})
const positionRow = z.object({ partition: z.number(), position: int8 })

export class SqlCheckpoints implements Checkpoints {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async claim(
    group: string,
    topic: string,
    partitions: readonly number[],
    owner: string,
  ): Promise<readonly Claim[]> {
    // In order of partition, so that two claims of the same ones cannot lock each other out.
    const claims = await this.#database.repeatable(db =>
      db.any(sql.type(claimRow)`
      INSERT INTO checkpoints AS c (consumer_group, topic, partition, owner, fence)
      SELECT ${group}, ${topic}, partition, ${owner}, 1
      FROM unnest(${sql.array(partitions, 'int4')}) AS partition ORDER BY partition
      ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET
        owner = excluded.owner,
        fence = c.fence + CASE WHEN c.owner = excluded.owner THEN 0 ELSE 1 END
      RETURNING partition, fence, position, state
    `),
    )
    return claims.toSorted((a, b) => a.partition - b.partition)
  }

  async save(checkpoint: Checkpoint): Promise<boolean> {
    const { group, topic, partition, fence, position, state } = checkpoint
    if (state.length > CHECKPOINT_STATE_BYTES_MAX) {
      throw new RangeError(
        `a checkpoint of ${state.length} bytes, at most ${CHECKPOINT_STATE_BYTES_MAX}`,
      )
    }
    const { rowCount } = await this.#database.repeatable(db =>
      db.query(sql.unsafe`
      UPDATE checkpoints SET
        position = ${position}, state = ${sql.binary(bufferOf(state))}, saved_fence = fence
      WHERE consumer_group = ${group} AND topic = ${topic} AND partition = ${partition}
        AND fence = ${fence} AND (saved_fence < fence OR position <= ${position})
    `),
    )
    return rowCount === 1
  }

  async positions(group: string, topic: string): Promise<ReadonlyMap<number, number>> {
    const rows = await this.#database.repeatable(db =>
      db.any(sql.type(positionRow)`
      SELECT partition, position FROM checkpoints
      WHERE consumer_group = ${group} AND topic = ${topic} AND position IS NOT NULL
      ORDER BY partition
    `),
    )
    return new Map(rows.map(({ partition, position }) => [partition, position]))
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
