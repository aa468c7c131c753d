import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPostgresStore, type PostgresStore } from '../src/index.ts'
import { databases, stopServer, type TestDatabase } from './databases.ts'

afterAll(stopServer)

describe.each(databases)('claims, %s', (_, skip, open) => {
  let db: TestDatabase
  let store: PostgresStore

  beforeAll(async () => {
    if (skip) return
    db = await open()
    store = createPostgresStore(db.client)
    await store.migrate()
  })

  afterAll(() => db?.close())

  let number = 0
  const fresh = () => ({ channelName: 'ai:a', promptId: `p${number++}` })

  /** As after the lease's time: no test waits for a clock. */
  const expire = (promptId: string) =>
    db.client.query(
      `update rejoin_claims set expires = clock_timestamp() - interval '1 second' where prompt = $1`,
      [promptId],
    )

  test.skipIf(skip)('of any number that ask at once, one gets the prompt', async () => {
    const what = fresh()
    const claims = await Promise.all(
      Array.from({ length: 20 }, (__, owner) =>
        store.claims.claim({ ...what, owner: `o${owner}`, ttl: 60_000 }),
      ),
    )
    expect(claims.filter(Boolean)).toEqual([{ fence: 1 }])
    // On another channel the same id is another prompt.
    expect(await store.claims.claim({ ...what, channelName: 'ai:b', owner: 'x', ttl: 60_000 })).toEqual({
      fence: 1,
    })
  })

  test.skipIf(skip)(
    'a lease that ran out goes to one other, with a higher fence; the former owner is refused',
    async () => {
      const what = fresh()
      const first = {
        ...what,
        owner: 'a',
        ...(await store.claims.claim({ ...what, owner: 'a', ttl: 60_000 }))!,
      }
      await expire(what.promptId)
      const taken = await Promise.all(
        ['b', 'c', 'd'].map(async (owner) => ({
          owner,
          claim: await store.claims.claim({ ...what, owner, ttl: 60_000 }),
        })),
      )
      const winner = taken.find(({ claim }) => claim)
      expect(taken.filter(({ claim }) => claim)).toEqual([{ owner: winner!.owner, claim: { fence: 2 } }])
      expect(await store.claims.renew({ ...first, ttl: 60_000 })).toBe(false)
      await expect(store.claims.settle(first)).rejects.toThrow(/fence 1 is no longer the newest/)
      const held = { ...what, owner: winner!.owner, fence: 2 }
      expect(await store.claims.renew({ ...held, ttl: 60_000 })).toBe(true)
      await store.claims.settle(held)
    },
  )

  test.skipIf(skip)(
    'a renewed lease is not taken; one that ran out and nobody took can be renewed',
    async () => {
      const what = fresh()
      const held = {
        ...what,
        owner: 'a',
        ...(await store.claims.claim({ ...what, owner: 'a', ttl: 60_000 }))!,
      }
      await expire(what.promptId)
      expect(await store.claims.renew({ ...held, ttl: 60_000 })).toBe(true)
      expect(await store.claims.claim({ ...what, owner: 'b', ttl: 60_000 })).toBeUndefined()
    },
  )

  test.skipIf(skip)('what is given up goes to another at once, and only its owner gives it up', async () => {
    const what = fresh()
    const held = { ...what, owner: 'a', ...(await store.claims.claim({ ...what, owner: 'a', ttl: 60_000 }))! }
    await store.claims.release({ ...held, owner: 'b' })
    expect(await store.claims.claim({ ...what, owner: 'b', ttl: 60_000 })).toBeUndefined()
    await store.claims.release(held)
    expect(await store.claims.claim({ ...what, owner: 'b', ttl: 60_000 })).toEqual({ fence: 2 })
    await store.claims.release(held)
    expect(await store.claims.claim({ ...what, owner: 'c', ttl: 60_000 })).toBeUndefined()
  })

  test.skipIf(skip)('what is settled is never claimed again, and settling twice is settling', async () => {
    const what = fresh()
    const held = { ...what, owner: 'a', ...(await store.claims.claim({ ...what, owner: 'a', ttl: 60_000 }))! }
    await store.claims.settle(held)
    await store.claims.settle(held)
    await expire(what.promptId)
    expect(await store.claims.claim({ ...what, owner: 'b', ttl: 60_000 })).toBeUndefined()
    expect(await store.claims.renew({ ...held, ttl: 60_000 })).toBe(false)
  })

  test.skipIf(skip)('old claims are forgotten, current ones are not', async () => {
    const [old, current] = [fresh(), fresh()]
    for (const what of [old, current]) await store.claims.claim({ ...what, owner: 'a', ttl: 60_000 })
    await expire(old.promptId)
    await store.claims.forget({ olderThan: 500 })
    const { rows } = await db.client.query('select prompt from rejoin_claims where prompt = any($1)', [
      [old.promptId, current.promptId],
    ])
    expect(rows).toEqual([{ prompt: current.promptId }])
  })
})
