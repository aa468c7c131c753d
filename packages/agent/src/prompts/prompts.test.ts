import { afterEach, describe, expect, test } from 'vitest'
import { memoryCheckpoints, type Active, type Prompt, type RejoinError, type ResponseRow } from '../index.ts'
import { ask, Bench, historyReader, type Reader, useBench } from '../../test/agentBench.ts'

const bench = useBench()
afterEach(() => bench.server.faults.clear())

const responseTo = (reader: Reader, promptId: string) =>
  reader.messages.find(({ extras }) => extras?.headers?.promptId === promptId && extras.headers.responseId)
    ?.extras.headers.responseId as string | undefined

const endOf = async (reader: Reader, promptId: string) => {
  await reader.until(() => {
    const responseId = responseTo(reader, promptId)
    return responseId !== undefined && reader.ended(responseId)
  })
  const responseId = responseTo(reader, promptId)!
  const end = reader.messages.find(
    ({ name, extras }) =>
      /^(response-end|stop|cancelled)$/.test(name!) && extras.headers.responseId === responseId,
  )!
  return {
    responseId,
    text: reader.text(responseId),
    name: end.name,
    status: end.extras.headers.status,
    data: end.data,
  }
}

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
    ['what is no JSON', { n: 5n }, '[object Object]'],
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

describe('people', () => {
  test('decide, if they have the right', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName })
    const errors: RejoinError[] = []
    agent.on('error', (error) => errors.push(error))
    const rows: unknown[] = []
    agent.onPrompt(async (_, response) => {
      const call = { toolCallId: 't', name: 'pay', arguments: { amount: 5 } }
      const decision = await response.approval(call, { allow: ({ clientId }) => clientId === 'boss' })
      response.append(`${decision.clientId}: ${decision.approved} ${decision.reason}`)
      rows.push(response.row().parts)
    })
    await agent.ready
    await ask(reader, 'q')
    await reader.until(() => reader.messages.some(({ name }) => name === 'approval-request'))
    const decision = (decision: string, reason?: string) => ({
      name: 'approval-response',
      data: { decision, reason },
      extras: { headers: { toolCallId: 't' } },
    })
    await reader.channel.publish(decision('approved'))
    await bench
      .client({ clientId: 'boss' })
      .channels.get(channelName)
      .publish(decision('rejected', 'too much'))
    expect(await endOf(reader, 'q')).toMatchObject({ text: 'boss: false too much', status: 'complete' })
    expect(errors.map(({ code }) => code)).toEqual(['not_allowed'])
    expect(rows[0]).toMatchObject([
      {
        type: 'tool-pay',
        state: 'output-denied',
        approval: { approved: false, reason: 'too much', clientId: 'boss' },
      },
      { type: 'text' },
    ])
    await agent.close()
  })

  test('who do not decide in time leave no question open', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const rows: unknown[] = []
    const agent = bench.agent({ channelName, onComplete: (row) => rows.push(...(row.parts ?? [])) })
    agent.onPrompt(async (_, response) => {
      await response.approval({ toolCallId: 't', name: 'pay' }, { timeout: 20 }).catch(() => {})
      response.append('Never mind.')
    })
    await agent.ready
    await ask(reader, 'q')
    expect(await endOf(reader, 'q')).toMatchObject({ text: 'Never mind.', status: 'complete' })
    expect(reader.messages.find(({ name }) => name === 'tool_result')).toMatchObject({
      data: { name: 'pay', error: expect.stringContaining('nobody') as string },
      extras: { headers: { toolCallId: 't' } },
    })
    await agent.close()
    expect(rows[0]).toMatchObject({ type: 'tool-pay', state: 'output-error' })
  })

  test('run tools, in time or not', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName })
    agent.onPrompt(async (_, response) => {
      const where = await response.clientTool({ toolCallId: 't1', name: 'location' })
      const refused = await response.clientTool({ toolCallId: 't2', name: 'camera' })
      const late = await response.clientTool({ name: 'nobody' }, { timeout: 20 }).catch((error) => error.code)
      response.append(JSON.stringify([where.output, refused.errorText, late]))
    })
    await agent.ready
    await ask(reader, 'q')
    const answer = async (toolCallId: string, data: object) => {
      await reader.until(() =>
        reader.messages.some(
          ({ name, extras }) => name === 'tool_call' && extras.headers.toolCallId === toolCallId,
        ),
      )
      await reader.channel.publish({ name: 'tool_result', data, extras: { headers: { toolCallId } } })
    }
    await answer('t1', { name: 'location', result: { city: 'Oslo' } })
    await answer('t2', { name: 'camera', error: 'denied' })
    expect(await endOf(reader, 'q')).toMatchObject({ text: '[{"city":"Oslo"},"denied","timeout"]' })
    await agent.close()
  })
})

describe('after a restart', () => {
  test.each(['message-per-response', 'message-per-token'] as const)(
    'answers what was missed, and deals with what was left (%s)',
    async (pattern) => {
      const channelName = bench.channelName()
      const reader = await bench.reader(channelName)
      const checkpoints = memoryCheckpoints()
      const first = bench.agent({ channelName, checkpoints, pattern })
      first.onPrompt(async (prompt, response) => {
        response.append(`half of ${prompt.id}`)
        if (prompt.id !== 'done') await new Promise(() => {})
      })
      await first.ready
      for (const id of ['done', 'resume', 'mark', 'stop']) await ask(reader, id)
      for (const id of ['resume', 'mark', 'stop']) {
        await reader.until(() => {
          const responseId = responseTo(reader, id)
          return responseId !== undefined && reader.text(responseId) === `half of ${id}`
        })
      }
      await endOf(reader, 'done')
      // As a crash does: the connection goes, and the process never hears of anything again.
      bench.kill('agent')
      await ask(reader, 'missed')
      await ask(reader, 'done')
      await reader.channel.publish({ name: 'cancel', extras: { headers: { promptId: 'stop' } } })

      const asked: string[] = []
      const rows: ResponseRow[] = []
      const second = bench.agent({ channelName, checkpoints, pattern, onComplete: (row) => rows.push(row) })
      second.onPrompt(
        (prompt, response) => {
          asked.push(`${prompt.id} ${prompt.late} ${response.resumed} ${response.text}`)
          response.append(' and the rest')
        },
        { interrupted: (prompt, { text }) => (text === 'half of resume' ? 'resume' : 'mark') },
      )
      await second.ready
      expect(await endOf(reader, 'missed')).toMatchObject({ text: ' and the rest', status: 'complete' })
      expect(await endOf(reader, 'resume')).toMatchObject({
        text: 'half of resume and the rest',
        status: 'complete',
      })
      expect(await endOf(reader, 'mark')).toMatchObject({ status: 'error', data: { code: 'interrupted' } })
      expect(await endOf(reader, 'stop')).toMatchObject({ status: 'stopped', name: 'cancelled' })
      expect(asked.sort()).toEqual(['missed true false ', 'resume true true half of resume'])
      const later = await historyReader(reader.channel)
      expect(later.verified(responseTo(reader, 'resume')!)).toBe(true)
      expect(rows.find(({ promptId }) => promptId === 'resume')).toMatchObject({
        text: 'half of resume and the rest',
      })
      await second.close()

      const third = bench.agent({ channelName, checkpoints, pattern })
      third.onPrompt((prompt) => void asked.push(`again ${prompt.id}`))
      await third.ready
      expect(asked).toHaveLength(2)
      await third.close()
    },
  )
})

test.each(['message-per-response', 'message-per-token'] as const)(
  'leaves alone what another agent is answering, when it catches up (%s)',
  async (pattern) => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const checkpoints = memoryCheckpoints()
    const stored: (string | undefined)[] = []
    const start = () => {
      const agent = bench.agent({
        channelName,
        pattern,
        checkpoints,
        onComplete: (row) => stored.push(row.promptId),
      })
      agent.onPrompt((_, response) => response.append('mine'), { accept: ({ text }) => text === 'mine' })
      return agent
    }
    const first = start()
    await first.ready
    await first.close()
    const other = bench.agent({ channelName, pattern, clientOptions: { clientId: 'other' } })
    const theirs = ['done', 'open'].map((promptId) => other.respond({ promptId }))
    for (const promptId of ['done', 'open']) await ask(reader, promptId)
    for (const response of theirs) response.append('half ')
    await theirs[0]!.end()
    await theirs[1]!.flush()
    await ask(reader, 'missed', 'mine')
    const second = start()
    await second.ready
    expect(await endOf(reader, 'missed')).toMatchObject({ text: 'mine', status: 'complete' })
    theirs[1]!.append('whole')
    await theirs[1]!.end()
    expect(await endOf(reader, 'open')).toMatchObject({ text: 'half whole', status: 'complete' })
    await second.close()
    expect(stored).toEqual(['missed'])
  },
)

test.each([0, NaN, -1])('are not taken %s at a time', (concurrency) => {
  const agent = bench.agent()
  expect(() => agent.onPrompt(() => {}, { concurrency })).toThrow(
    expect.objectContaining({ code: 'invalid_argument' }),
  )
})

test('misses nothing while its connection is lost for long', async () => {
  const impatient = await Bench.start({ connectionStateTtl: 50 })
  try {
    const channelName = impatient.channelName()
    const reader = await impatient.reader(channelName)
    await ask(reader, 'before its time')
    const agent = impatient.agent({ channelName, clientOptions: { clientId: 'agent' } })
    const prompts: string[] = []
    agent.onPrompt((prompt, response) => {
      prompts.push(`${prompt.id} ${prompt.late}`)
      response.append(prompt.text)
    })
    await agent.ready
    await impatient.settle()
    impatient.server.faults.drop({ match: { clientId: 'agent' }, forget: true, refuseFor: 150 })
    await ask(reader, 'a')
    await ask(reader, 'b')
    expect(await endOf(reader, 'b')).toMatchObject({ text: 'b', status: 'complete' })
    impatient.server.faults.discontinue({ match: { clientId: 'agent' } })
    await ask(reader, 'c')
    expect(await endOf(reader, 'c')).toMatchObject({ text: 'c' })
    expect(prompts.slice(0, 2)).toEqual(['a true', 'b true'])
    expect(prompts).toHaveLength(3)
    await agent.close()
  } finally {
    await impatient.close()
  }
})
