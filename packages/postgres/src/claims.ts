import { ErrorCode, RejoinError, type ClaimStore, type HeldClaim } from '@rejoin/agent'
import { cleanText } from './clean.ts'
import { select, type PostgresClient } from './client.ts'

export interface PostgresClaims extends ClaimStore {
  release(claim: HeldClaim): Promise<void>
  /**
   * Deletes claims whose lease ended more than `olderThan` milliseconds ago. Use a time longer than the channel keeps
   * messages: an agent that can still read a forgotten prompt would answer it again.
   */
  forget(options: { olderThan: number }): Promise<void>
}

// Leases use the database's clock, because the clocks of processes differ.
const fromNow = (parameter: string) => `clock_timestamp() + ${parameter} * interval '1 millisecond'`

export function createClaims(client: PostgresClient): PostgresClaims {
  return {
    async claim({ channelName, promptId, owner, ttl }) {
      const [row] = await select(
        client,
        `insert into rejoin_claims as kept (channel, prompt, owner, fence, expires)
         values ($1, $2, $3, 1, ${fromNow('$4::float8')})
         on conflict (channel, prompt) do update
         set owner = excluded.owner, fence = kept.fence + 1, expires = excluded.expires
         where kept.expires < clock_timestamp() and not kept.settled
         returning fence`,
        [cleanText(channelName), cleanText(promptId), cleanText(owner), ttl],
      )
      return row && { fence: Number(row.fence) }
    },
    async renew({ ttl, ...held }) {
      const rows = await select(
        client,
        `update rejoin_claims set expires = ${fromNow('$5::float8')} where ${HELD} and not settled returning fence`,
        [...valuesOf(held), ttl],
      )
      return rows.length > 0
    },
    async settle(held) {
      const text = `update rejoin_claims set settled = true where ${HELD} returning fence`
      if ((await select(client, text, valuesOf(held))).length > 0) return
      throw new RejoinError(
        ErrorCode.InvalidArgument,
        `unable to settle prompt "${held.promptId}"; the claim with fence ${held.fence} is no longer the newest`,
      )
    },
    async release(held) {
      // Not earlier: how long ago a lease ended says when it may be forgotten.
      const text = `update rejoin_claims set expires = clock_timestamp() - interval '1 millisecond' where ${HELD} and not settled`
      await client.query(text, valuesOf(held))
    },
    async forget({ olderThan }) {
      await client.query(`delete from rejoin_claims where expires < ${fromNow('$1::float8')}`, [-olderThan])
    },
  }
}

const HELD = 'channel = $1 and prompt = $2 and owner = $3 and fence = $4::bigint'

const valuesOf = ({ channelName, promptId, owner, fence }: HeldClaim) => [
  cleanText(channelName),
  cleanText(promptId),
  cleanText(owner),
  fence,
]
