import type { ResponseRow, Row } from '@rejoin/core'
import type { Checkpoint, Prompt } from '@rejoin/agent'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPostgresStore, isPermanent, migration, type PostgresStore } from '../src/index.ts'
import { databases, stopServer, type TestDatabase } from './databases.ts'

afterAll(stopServer)

test('the migration that is run is the one in the package', () => {
  expect(readFileSync(new URL('../migrations/rejoin.sql', import.meta.url), 'utf8')).toBe(migration)
})

const answer = (id: string, more: object = {}): Row => ({
  id,
  role: 'assistant',
  text: id,
  createdAt: 1,
  ...more,
})
const prompt = (id: string, more: Partial<Prompt> = {}): Prompt => ({
  id,
  text: 'Hello',
  clientId: 'ann',
  userClaim: undefined,
  timestamp: 5,
  serial: `s-${id}`,
  replaces: undefined,
  parts: [],
  metadata: undefined,
  data: { text: 'Hello' },
  headers: {},
  late: false,
  ...more,
})

describe.each(databases)('%s', (_, skip, open) => {
  let db: TestDatabase
  let store: PostgresStore

  beforeAll(async () => {
    if (skip) return
    db = await open()
    store = createPostgresStore(db.client)
    await Promise.all([store.migrate(), store.migrate()])
  })

  afterAll(() => db?.close())

  const rowsOf = async (conversation: string) => (await store.rows.page(conversation)).rows

  test.skipIf(skip)('migrating again keeps what there is', async () => {
    await store.rows.save('again', answer('a'))
    await store.migrate()
    expect(await rowsOf('again')).toEqual([answer('a')])
  })

  describe('rows', () => {
    test.skipIf(skip)('come back as they were, unknown fields included', async () => {
      const parts = [{ type: 'text', id: '0', text: 'Hi', serial: 's', version: 'v', runs: 2 }]
      const row = {
        ...answer('all'),
        parts,
        finishReason: 'stop' as const,
        usage: { inputTokens: 3 },
        metadata: { list: [null, 1.5] },
      }
      await store.rows.save('fields', row)
      expect(await rowsOf('fields')).toEqual([row])
    })

    test.skipIf(skip)(
      'an answer replaces its earlier state; nothing unfinished replaces what is finished',
      async () => {
        await store.rows.save('state', answer('a', { text: 'Hel', status: 'interrupted' }))
        await store.rows.save('state', answer('a', { text: 'Hello', status: 'complete' }))
        await store.rows.save('state', answer('a', { text: 'Hel', status: 'streaming' }))
        expect(await rowsOf('state')).toEqual([answer('a', { text: 'Hello', status: 'complete' })])
      },
    )

    test.skipIf(skip)(
      'a prompt is stored with all that readers show of it, and is itself when it comes again',
      async () => {
        const asked = {
          ...prompt('p', { replaces: 'o', regenerate: 'r', parent: 'l' }),
          parts: [{ type: 'file' as const, id: 'f', mediaType: 'image/png', url: 'u' }],
          metadata: { a: 1 },
          fence: 2,
        }
        await store.rows.savePrompt('prompts', asked)
        await store.rows.savePrompt('prompts', asked)
        expect(await rowsOf('prompts')).toEqual([
          {
            id: 'p',
            role: 'user',
            text: 'Hello',
            clientId: 'ann',
            serial: 's-p',
            createdAt: 5,
            replaces: 'o',
            regenerate: 'r',
            parent: 'l',
            parts: [{ type: 'file', id: 'f', mediaType: 'image/png', url: 'u' }],
            metadata: { a: 1 },
          },
        ])
      },
    )

    test.skipIf(skip)(
      'a prompt overwrites nothing: not an answer, not another person, not another prompt',
      async () => {
        await store.rows.save('taken', answer('a'))
        await store.rows.savePrompt('taken', prompt('p'))
        const before = await rowsOf('taken')
        for (const thief of [
          prompt('a'),
          prompt('p', { clientId: 'mallory' }),
          prompt('p', { clientId: undefined }),
          prompt('p', { serial: 'later', text: 'rewritten' }),
        ]) {
          const error = await store.rows.savePrompt('taken', thief).then(
            () => undefined,
            (reason: unknown) => reason,
          )
          expect(String(error)).toContain('has its id')
          expect(isPermanent(error)).toBe(true)
        }
        const stolen: unknown = await store.rows.save('taken', answer('p')).catch((error: unknown) => error)
        expect(isPermanent(stolen)).toBe(true)
        expect(await rowsOf('taken')).toEqual(before)
        // The same id elsewhere is another message.
        await store.rows.savePrompt('taken-elsewhere', prompt('a'))
      },
    )

    test.skipIf(skip)(
      'NUL and lone surrogates are stored as U+FFFD, at any depth and in keys; the rest as it is',
      async () => {
        const text = 'a\0b\ud83d 🙂 \udc00 \\u0000 \\ud83d "\\" \u2028\n'
        const clean = 'a\ufffdb\ufffd 🙂 \ufffd \\u0000 \\ud83d "\\" \u2028\n'
        const deep = (value: string) => ({ [value]: [{ input: { [value]: [value, { value }] } }] })
        await store.rows.save('odd\0', answer('id\0', { text, parts: [{ type: 'tool-x', ...deep(text) }] }))
        await store.rows.savePrompt('odd\0', prompt('p\ud800', { text }))
        expect(await rowsOf('odd\0')).toEqual([
          { ...answer('id\ufffd', { text: clean, parts: [{ type: 'tool-x', ...deep(clean) }] }) },
          expect.objectContaining({ id: 'p\ufffd', text: clean }),
        ])
      },
    )

    test.skipIf(skip)('any JSON is stored, or refused for good', async () => {
      const string = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc.constantFrom('\0', '\ud800', '\\u0000', '\\'),
      )
      const json = fc.jsonValue({ stringUnit: 'binary' })
      let number = 0
      await fc.assert(
        fc.asyncProperty(string, fc.uint16Array({ maxLength: 8 }), json, async (id, units, value) => {
          const text = String.fromCharCode(...units)
          const row = answer(`${number}${id}`, {
            createdAt: number++,
            text,
            parts: [{ type: 'data-x', data: value }],
          })
          await store.rows.save('any', row)
          const [kept] = (await store.rows.page('any', { limit: 1 })).rows
          expect(kept!.text).toHaveLength(text.length)
        }),
        { numRuns: 200, seed: 3 },
      )
    })

    test.skipIf(skip)('what can never be stored is told as such', async () => {
      const circular: Record<string, unknown> = {}
      circular.self = circular
      const never = [
        answer('circular', { circular }),
        answer('big', { count: 1n }),
        // Longer than an index can hold, also when compressed.
        answer(
          Array.from({ length: 20_000 }, (__, i) => String.fromCharCode(0x4e00 + ((i * 7919) % 20_000))).join(
            '',
          ),
        ),
      ]
      for (const row of never) {
        const error: unknown = await store.rows.save('never', row).catch((reason: unknown) => reason)
        expect([row.id.slice(0, 8), isPermanent(error)]).toEqual([row.id.slice(0, 8), true])
      }
      expect(isPermanent(new Error('connect ECONNREFUSED'))).toBe(false)
      expect(isPermanent(Object.assign(new Error('deadlock'), { code: '40P01' }))).toBe(false)
      expect(isPermanent(Object.assign(new Error('foreign key'), { code: '23503' }))).toBe(true)
    })

    test.skipIf(skip)('pages reach every row once, also where times are equal', async () => {
      const ids = Array.from({ length: 23 }, (__, index) => `m${String(index).padStart(2, '0')}`)
      for (const [index, id] of ids.entries())
        await store.rows.save('pages', answer(id, { createdAt: Math.floor(index / 4) }))
      const load = store.rows.loader('pages', 5)
      const seen: string[] = []
      let page = await load()
      for (;;) {
        seen.unshift(...page.rows.map(({ id }) => id))
        if (page.cursor === undefined) break
        page = await load(page.cursor)
      }
      expect(seen).toEqual(ids)
    })

    test.skipIf(skip)('a cursor that no page returned is refused, whatever it is', async () => {
      for (const cursor of [
        '_',
        'x_y',
        "1'_--",
        '\0',
        btoa('[1,"\\u0000"]'),
        btoa('[1e99,"a"]'),
        btoa('{}'),
        'ÿ',
      ])
        await expect(store.rows.page('pages', { cursor })).rejects.toThrow(/cursor is not one/)
      for (const limit of [0, 1001, 1.5, Number.NaN])
        await expect(store.rows.page('pages', { limit })).rejects.toThrow(/limit must be/)
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary' }), (cursor) =>
          store.rows.page('pages', { cursor }).then(
            () => {},
            (error: unknown) => {
              expect(isPermanent(error)).toBe(true)
            },
          ),
        ),
        { numRuns: 100 },
      )
    })

    test.skipIf(skip)('a conversation is removed alone', async () => {
      await store.rows.save('gone', answer('a'))
      await store.rows.save('stays', answer('a'))
      await store.rows.remove('gone')
      expect([await rowsOf('gone'), (await rowsOf('stays')).length]).toEqual([[], 1])
    })

    test.skipIf(skip)(
      'the answer of a process that was overtaken replaces none, and is not read',
      async () => {
        const of = (id: string, fence: number | undefined, text: string) =>
          ({ ...answer(id), promptId: 'q', text, ...(fence && { fence }) }) as ResponseRow
        await store.rows.save('fenced', of('a', 2, 'new'))
        await store.rows.save('fenced', of('a', 1, 'stale'))
        await store.rows.save('fenced', of('b', 1, 'of a process that was overtaken'))
        // One that the application wrote by itself, and one of another prompt.
        await store.rows.save('fenced', of('c', undefined, 'by itself'))
        await store.rows.save('fenced', { ...of('d', 1, 'other'), promptId: 'p' })
        const texts = (await rowsOf('fenced')).map((row) => row.text)
        expect(texts.toSorted()).toEqual(['by itself', 'new', 'other'])
      },
    )
  })

  describe('checkpoints', () => {
    const checkpoint: Checkpoint = {
      serial: 's1',
      open: [{ prompt: prompt('p'), responseId: 'r' }],
      recent: ['o'],
    }

    test.skipIf(skip)('come back; a channel that has none has none', async () => {
      await store.checkpoints.save('ai:a', { ...checkpoint, open: [] })
      await store.checkpoints.save('ai:a', checkpoint)
      expect(await store.checkpoints.load('ai:a')).toEqual(JSON.parse(JSON.stringify(checkpoint)))
      expect(await store.checkpoints.load('ai:b')).toBeUndefined()
    })

    test.skipIf(skip)('a prompt with a NUL does not keep the checkpoint from being saved', async () => {
      const open = [{ prompt: prompt('p', { text: 'a\0\ud800', data: { '\0': ['\0'] } }) }]
      await store.checkpoints.save('ai:nul', { ...checkpoint, open })
      expect((await store.checkpoints.load('ai:nul'))!.open[0]!.prompt.text).toBe('a\ufffd\ufffd')
    })

    test.skipIf(skip)(
      'processes that save at the same time forget nothing that another has to answer',
      async () => {
        const saves = Array.from({ length: 8 }, (__, index) => ({
          serial: `s${index}`,
          open: [{ prompt: prompt(`p${index}`, { serial: `s${index}` }) }],
          recent: [`done${index}`],
        }))
        await Promise.all(saves.map((state) => store.checkpoints.save('ai:shared', state)))
        const saved = (await store.checkpoints.load('ai:shared'))!
        expect(saved.serial).toBe('s7')
        expect(saved.open.map((one) => one.prompt.id)).toEqual(saves.map((one) => one.open[0]!.prompt.id))
        expect([...saved.recent].sort()).toEqual(saves.flatMap((one) => one.recent))
      },
    )

    test.skipIf(skip)('a damaged one names its channel, its table and what is wrong', async () => {
      const damages: [unknown, RegExp][] = [
        [null, /not an object/],
        [[], /not an object/],
        [{}, /"serial"/],
        [{ ...checkpoint, serial: 5 }, /"serial"/],
        [{ ...checkpoint, recent: [1] }, /"recent"/],
        [{ ...checkpoint, open: {} }, /"open" is not a list/],
        [{ ...checkpoint, open: [...checkpoint.open, { prompt: { id: 'x' } }] }, /"open" has no prompt at 1/],
      ]
      for (const [state, what] of damages) {
        await db.client.query(
          `insert into rejoin_checkpoints values ('ai:damaged', $1::jsonb)
           on conflict (channel) do update set state = excluded.state`,
          [JSON.stringify(state)],
        )
        const error = String(await store.checkpoints.load('ai:damaged').catch((reason: unknown) => reason))
        expect(error).toMatch(what)
        expect(error).toContain('"ai:damaged" in table rejoin_checkpoints')
      }
    })
  })
})
