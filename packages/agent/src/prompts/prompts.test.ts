import { afterEach, describe, expect, test } from 'vitest'
import { memoryCheckpoints, type Active, type Prompt, type RejoinError } from '../index.ts'
import { ask, Bench, endOf, responseTo, useBench } from '../../test/agentBench.ts'

const bench = useBench()
afterEach(() => bench.server.faults.clear())

describe('prompts', () => {
  test('are answered once, with who asked', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName })
    const prompts: Prompt[] = []
    agent.onPrompt((prompt, response) => {
      prompts.push(prompt)
      response.append(`re: ${prompt.text}`)
    })
    await agent.ready
    await ask(reader, 'a')
    await ask(reader, 'a')
    await ask(reader, 'b')
    expect(await endOf(reader, 'b')).toMatchObject({ text: 're: b', status: 'complete' })
    expect(await endOf(reader, 'a')).toMatchObject({ text: 're: a', status: 'complete' })
    expect(prompts.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(prompts[0]).toMatchObject({ clientId: 'reader', text: 'a', late: false })
    await agent.close()
  })

  test('whose handler throws end as error, and the rest goes on', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName })
    const errors: RejoinError[] = []
    agent.on('error', (error) => errors.push(error))
    agent.onPrompt((prompt, response) => {
      response.append('well')
      if (prompt.id === 'bad') throw new Error('out of tokens')
    })
    await agent.ready
    await ask(reader, 'bad')
    await ask(reader, 'good')
    expect(await endOf(reader, 'bad')).toMatchObject({
      text: 'well',
      status: 'error',
      data: { message: 'out of tokens' },
    })
    expect(await endOf(reader, 'good')).toMatchObject({ status: 'complete' })
    expect(errors.map(({ code }) => code)).toEqual(['callback_failed'])
    await agent.close()
  })

  test.each([
    ['what is no JSON', { n: 5n }, 'an object'],
    ['a text', 'out of tokens', 'out of tokens'],
    ['an object', { status: 429 }, '{"status":429}'],
  ])('whose handler throws %s end as error', async (_, thrown, message) => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName })
    agent.onPrompt(() => {
      throw thrown
    })
    await agent.ready
    await ask(reader, 'q')
    expect(await endOf(reader, 'q')).toMatchObject({ status: 'error', data: { message } })
    await agent.close()
  })

  test('whose handler throws after the end are complete, and it is reported', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName })
    const errors: RejoinError[] = []
    agent.on('error', (error) => errors.push(error))
    agent.onPrompt(async (_, response) => {
      response.append('well')
      await response.end()
      throw new Error('no database')
    })
    await agent.ready
    await ask(reader, 'q')
    expect(await endOf(reader, 'q')).toMatchObject({ text: 'well', status: 'complete' })
    await agent.close()
    expect(errors).toMatchObject([{ code: 'callback_failed', cause: { message: 'no database' } }])
  })

  test('are answered also while the checkpoint store throws', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const checkpoints = {
      load: memoryCheckpoints().load,
      save(): Promise<void> {
        throw new Error('no disk')
      },
    }
    const agent = bench.agent({ channelName, checkpoints })
    const errors: RejoinError[] = []
    agent.on('error', (error) => errors.push(error))
    agent.onPrompt((_, response) => response.append('well'))
    await agent.ready
    await ask(reader, 'q')
    expect(await endOf(reader, 'q')).toMatchObject({ text: 'well', status: 'complete' })
    await agent.close()
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['callback_failed']))
  })

  test.each<[string, () => unknown, RegExp]>([
    ['rejects', () => Promise.reject(new Error('no disk')), /no disk/],
    ['throws', () => JSON.parse('{"serial'), /JSON/],
    ['gives something else', () => ({ serial: 's', open: [{}], recent: [] }), /it is damaged/],
  ])('are not answered while the checkpoint cannot be used: the store %s', async (_, load, why) => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const saves: unknown[] = []
    const save = (...saved: unknown[]) => saves.push(saved)
    const checkpoints = { load: async () => (await load()) as never, save: async () => save() }
    const agent = bench.agent({ channelName, checkpoints, retry: { minDelay: 1, giveUpAfter: 0 } })
    const errors: RejoinError[] = []
    agent.on('error', (error) => errors.push(error))
    agent.onPrompt((_prompt, response) => response.append('well'))
    // One comes before it is known, one after.
    await ask(reader, 'q')
    await expect(agent.ready).rejects.toMatchObject({ code: 'hydration_failed' })
    await ask(reader, 'r')
    await bench.settle()
    expect(reader.messages.map(({ name }) => name)).toEqual(['user-input', 'user-input'])
    expect(errors).toHaveLength(1)
    expect(errors[0]!.message).toContain(`the checkpoint of channel "${channelName}"`)
    expect(errors[0]!.message).toMatch(why)
    expect(saves).toEqual([])
    await agent.close()
  })

  test('are answered once a store that failed for a moment gives the checkpoint, which is told once', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const store = memoryCheckpoints()
    let failures = 3
    const load = async () => {
      if (failures-- > 0) throw new Error('no connection')
      return store.load(channelName)
    }
    const agent = bench.agent({ channelName, checkpoints: { ...store, load } })
    const errors: RejoinError[] = []
    agent.on('error', (error) => errors.push(error))
    agent.onPrompt((_, response) => response.append('well'))
    await agent.ready
    await ask(reader, 'q')
    expect(await endOf(reader, 'q')).toMatchObject({ text: 'well', status: 'complete' })
    expect(failures).toBe(-1)
    expect(errors).toMatchObject([{ code: 'hydration_failed', cause: { message: 'no connection' } }])
    await agent.close()
  })

  /** Answers wait until told to finish, and say what was running beside them. */
  function slow(agent: ReturnType<Bench['agent']>, options: Parameters<typeof agent.onPrompt>[1]) {
    const running: string[] = []
    const log: string[] = []
    const finish = new Map<string, () => void>()
    agent.onPrompt(async (prompt, response) => {
      running.push(prompt.id)
      log.push(running.join('+'))
      response.append('…')
      await new Promise<void>((resolve) => {
        finish.set(prompt.id, resolve)
        response.signal.addEventListener('abort', () => resolve())
      })
      running.splice(running.indexOf(prompt.id), 1)
    }, options)
    return { log, finish }
  }

  test('run beside each other, up to a limit', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName })
    const { log, finish } = slow(agent, { concurrency: 2 })
    await agent.ready
    for (const id of ['a', 'b', 'c']) await ask(reader, id)
    await reader.until(() => responseTo(reader, 'b') !== undefined)
    finish.get('a')!()
    await reader.until(() => responseTo(reader, 'c') !== undefined)
    expect(log).toEqual(['a', 'a+b', 'b+c'])
    await agent.close()
  })

  test('queue, interrupt or are ignored while another is answered', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName })
    const seen: string[][] = []
    const { log, finish } = slow(agent, {
      whileBusy: (prompt, active: readonly Active[]) => {
        seen.push(active.map((one) => one.prompt.id))
        return prompt.text as 'queue'
      },
    })
    await agent.ready
    await ask(reader, 'first')
    await reader.until(() => responseTo(reader, 'first') !== undefined)
    await ask(reader, 'second', 'queue')
    await ask(reader, 'third', 'ignore')
    await ask(reader, 'fourth', 'interrupt')
    expect(await endOf(reader, 'first')).toMatchObject({ status: 'stopped', name: 'response-end' })
    await reader.until(() => responseTo(reader, 'fourth') !== undefined)
    finish.get('fourth')!()
    await endOf(reader, 'fourth')
    expect(await endOf(reader, 'second')).toMatchObject({ text: '', status: 'stopped' })
    expect(log).toEqual(['first', 'fourth'])
    expect(seen).toEqual([['first'], ['first'], ['first']])
    await agent.close()
  })

  test('that still wait when the agent closes are not left without an end', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName })
    const { log, finish } = slow(agent, { concurrency: 1 })
    await agent.ready
    await ask(reader, 'a')
    await ask(reader, 'b')
    await reader.until(() => responseTo(reader, 'a') !== undefined)
    await bench.settle()
    const closed = agent.close()
    for (const id of ['a', 'b']) expect(await endOf(reader, id)).toMatchObject({ status: 'stopped' })
    finish.get('a')!()
    await closed
    expect(log).toEqual(['a'])
  })

  test('are cancelled by those who may, also before they are answered', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName })
    const { finish } = slow(agent, { concurrency: 1, allowCancel: ({ clientId }) => clientId === 'reader' })
    await agent.ready
    await ask(reader, 'a')
    await ask(reader, 'b')
    await reader.until(() => responseTo(reader, 'a') !== undefined)
    const stranger = bench.client({ clientId: 'stranger' }).channels.get(channelName)
    const cancel = (promptId: string) => ({ name: 'cancel', extras: { headers: { promptId } } })
    await stranger.publish(cancel('a'))
    await reader.channel.publish(cancel('b'))
    expect(await endOf(reader, 'b')).toMatchObject({ name: 'cancelled', status: 'stopped' })
    expect(reader.ended(responseTo(reader, 'a')!)).toBe(false)
    finish.get('a')!()
    expect(await endOf(reader, 'a')).toMatchObject({ status: 'complete' })
    await agent.close()
  })
})

test('hands a response over until it is taken', async () => {
  const agent = bench.agent({
    onComplete() {
      if (calls++ < 2) throw new Error('no database')
    },
  })
  let calls = 0
  const response = agent.respond()
  response.append('Hello')
  expect(await response.end()).toMatchObject({ stored: true })
  expect(calls).toBe(3)
  await agent.close()
})

test.each([0, NaN, -1])('are not taken %s at a time', (concurrency) => {
  const agent = bench.agent()
  expect(() => agent.onPrompt(() => {}, { concurrency })).toThrow(
    expect.objectContaining({ code: 'invalid_argument' }),
  )
})
