import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAgent, type Prompt } from '@rejoin/agent'
import { createSession } from '../index.ts'
import { bytesOf } from '../protocol/shortened.ts'
import type { PromptState } from '../index.ts'
import { messagesOf } from './outgoing.ts'
import { Wire } from '../../test/wire/wire.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterAll(() => wire.close())

test('a text in pieces is the text, whatever is in it and however long', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 50 }),
        // What takes more room in JSON: code, and characters that it spells out.
        fc.string({ unit: fc.constantFrom('a', '"', '\n', '\u0001', '\ud800', '漢'), maxLength: 50 }),
      ),
      fc.integer({ min: 1, max: 4000 }),
      (some, times) => {
        const text = some.repeat(times)
        const messages = messagesOf('p', { text }, [])
        const last = messages.at(-1)!.data as { text: string; length?: number }
        let whole = last.text
        for (const { data, extras } of messages.slice(0, -1)) {
          whole += data as string
          expect(Number((extras as { headers: { end: string } }).headers.end)).toBe(whole.length)
        }
        expect(whole).toBe(text)
        for (const { data } of messages)
          expect(bytesOf(typeof data === 'string' ? data : JSON.stringify(data))).toBeLessThan(65_000)
        expect(messages.length > 1).toBe(last.length !== undefined)
      },
    ),
    { numRuns: 200 },
  )
})

describe('what sendMessage took is what every reader and the agent have', () => {
  const picture = {
    type: 'file' as const,
    id: '0',
    mediaType: 'image/png',
    url: 'https://x.test/a.png',
    filename: 'a.png',
  }
  const selection = { type: 'data-selection' as const, id: '1', data: { from: 1 } }

  async function ask(prompt: Parameters<ReturnType<typeof createSession>['sendMessage']>[0], options = {}) {
    const channelName = wire.channelName()
    const agent = createAgent({
      client: wire.client({ clientId: 'agent', echoMessages: false }),
      channelName,
      endOnExit: false,
    })
    const asked: Prompt[] = []
    const answered = new Promise<void>((resolve) =>
      agent.onPrompt((given, response) => {
        asked.push(given)
        response.append('ok')
        if (asked.length === 2 || prompt.data?.['once']) resolve()
      }),
    )
    await agent.ready
    const session = createSession({ client: wire.client({ clientId: 'ann' }), channelName, ...options })
    await session.ready
    const id = await session.sendMessage(prompt)
    return { agent, asked, answered, session, id, channelName }
  }

  test('files, data, metadata: live, late, for the agent, and asked again', async () => {
    const { agent, asked, answered, session, id, channelName } = await ask({
      text: 'What is it?',
      parts: [picture, selection],
      metadata: { tz: 'Oslo' },
      data: { model: 'large' },
    })
    const expected = {
      text: 'What is it?',
      parts: [picture, selection],
      metadata: { tz: 'Oslo' },
      data: { model: 'large' },
    }
    expect(session.getPrompt(id)).toMatchObject(expected)
    const answer = await new Promise<string>((resolve) => {
      const look = (): void => {
        const response = session.getSnapshot().messages.find(({ role }) => role === 'assistant')
        if (response && session.getResponse(response.id)?.status === 'complete') resolve(response.id)
      }
      session.on('finish', look)
      look()
    })
    await session.regenerate(answer)
    await answered
    const late = createSession({ client: wire.client({ clientId: 'bob' }), channelName })
    await late.ready
    expect(late.getPrompt(id)).toMatchObject(expected)
    for (const prompt of asked) {
      expect(prompt).toMatchObject({
        text: 'What is it?',
        parts: [picture, selection],
        metadata: { tz: 'Oslo' },
      })
      expect(prompt.data).toMatchObject({ model: 'large' })
    }
    session.close()
    late.close()
    await agent.close()
  })

  test.each([
    ['100,000 characters', 'wörd '.repeat(20_000)],
    ['1,000,000 characters', 'wörd '.repeat(200_000)],
    ['50,000 characters of code, longer as JSON', '"a";\n'.repeat(10_000)],
  ])('a text of %s arrives', async (_, text) => {
    const { agent, asked, answered, session, id, channelName } = await ask({ text, data: { once: true } })
    await answered
    expect(asked[0]!.text === text).toBe(true)
    const late = createSession({ client: wire.client({ clientId: 'bob' }), channelName })
    await late.ready
    expect(late.getPrompt(id)!.text === text).toBe(true)
    session.close()
    late.close()
    await agent.close()
  })

  test('files are uploaded with progress, once, also when the publish is tried again', async () => {
    const uploads: string[] = []
    const states: PromptState[] = []
    const uploadFile = async (file: Blob, { onProgress }: { onProgress: (fraction: number) => void }) => {
      uploads.push(await file.text())
      onProgress(0.5)
      return { url: `https://x.test/${uploads.length}`, id: `f${uploads.length}` }
    }
    const channelName = wire.channelName()
    const session = createSession({ client: wire.client({ clientId: 'ann' }), channelName, uploadFile })
    await session.ready
    session.subscribe(() => {
      const state = session.getPrompt('p')
      if (state && state !== states.at(-1)) states.push(state)
    })
    const heal = wire.server.faults.refuse({ match: { channel: channelName }, error: 40160 })
    const file = new File(['hello'], 'a.txt', { type: 'text/plain' })
    await expect(session.sendMessage({ promptId: 'p', text: 'Read', files: [file] })).rejects.toThrow(
      /unable to/,
    )
    heal()
    await session.retryMessage('p')
    expect(uploads).toEqual(['hello'])
    expect(states.some(({ delivery, progress }) => delivery === 'uploading' && progress === 0.5)).toBe(true)
    expect(session.getPrompt('p')).toMatchObject({
      delivery: 'sent',
      parts: [
        {
          type: 'file',
          mediaType: 'text/plain',
          filename: 'a.txt',
          size: 5,
          url: 'https://x.test/1',
          fileId: 'f1',
        },
      ],
    })
    session.close()
  })

  test('without a hook, a file travels in the message, also one that outgrows it, with all that is beside it', async () => {
    const small = { promptId: 'p', text: '', files: [new Blob(['hi'], { type: 'text/plain' })] }
    const first = await ask({ ...small, data: { once: true } })
    expect(first.session.getPrompt('p')!.parts).toMatchObject([
      { type: 'file', url: 'data:text/plain;base64,aGk=' },
    ])
    await first.agent.close()
    const content = 'ö'.repeat(500_000)
    const table = { type: 'data-table' as const, id: 't', data: 'wörd 😀 '.repeat(40_000) }
    for (const text of ['Read', 'wörd '.repeat(30_000)]) {
      const { agent, asked, answered, session, id, channelName } = await ask({
        text,
        parts: [table],
        files: [new File([content], 'a.txt', { type: 'text/plain' })],
        metadata: { note: 'x'.repeat(70_000) },
        data: { once: true },
        parent: null,
      })
      await answered
      const late = createSession({ client: wire.client({ clientId: 'bob' }), channelName })
      await late.ready
      const url = `data:text/plain;base64,${Buffer.from(content).toString('base64')}`
      for (const prompt of [session.getPrompt(id)!, late.getPrompt(id)!, asked[0]!]) {
        expect(prompt.text === text).toBe(true)
        const [data, file] = prompt.parts as readonly unknown[] as [{ data: unknown }, { url: string }]
        expect(data.data === table.data).toBe(true)
        expect(file.url === url).toBe(true)
        expect(file).toMatchObject({ type: 'file', filename: 'a.txt', size: 1_000_000 })
        expect((prompt.metadata as { note: string }).note).toHaveLength(70_000)
        expect(prompt.data).toMatchObject({ once: true })
        expect(prompt).toMatchObject({ parent: null })
        expect(prompt).not.toHaveProperty('incomplete')
      }
      for (const one of [session, late]) one.close()
      await agent.close()
    }
    const huge = new Blob(['x'.repeat(13_000_000)])
    await expect(first.session.sendMessage({ text: 'Read', files: [huge] })).rejects.toThrow(/uploadFile/)
    first.session.close()
  })
})
