import { describe, expect, test } from 'vitest'
import { testPatience } from '../../../core/test/patience.ts'
import { memoryCheckpoints, type ResponseRow } from '../index.ts'
import { ask, Bench, endOf, historyReader, responseTo, useBench } from '../../test/agentBench.ts'

const bench = useBench()

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
    const match = { clientId: 'agent' }
    const admit = impatient.server.faults.drop({ match, forget: true, refuseFor: testPatience })
    await ask(reader, 'a')
    await ask(reader, 'b')
    admit()
    expect(await endOf(reader, 'b')).toMatchObject({ text: 'b', status: 'complete' })
    impatient.server.faults.discontinue({ match })
    await ask(reader, 'c')
    expect(await endOf(reader, 'c')).toMatchObject({ text: 'c' })
    expect(prompts.slice(0, 2)).toEqual(['a true', 'b true'])
    expect(prompts).toHaveLength(3)
    await agent.close()
  } finally {
    await impatient.close()
  }
})
