import type { InboundMessage } from 'ably'
import { expect, test } from 'vitest'
import { deliveriesOf, makeTokens, wholeMessage } from '../../test/model/deliveries.ts'
import { DirectChannel } from '../../test/model/directChannel.ts'
import type { Hydrator } from '../past/hydrator.ts'
import { createSession } from './session.ts'

/** A session whose frames come when the test says so, and what it tells of ends. */
async function heard(hydrate: Hydrator, past: readonly InboundMessage[] = []) {
  const channel = new DirectChannel()
  channel.past = past
  const publish = () => Promise.resolve({ serials: [] })
  let pending: (() => void) | undefined
  const session = createSession({
    channel: Object.assign(channel, { publish }).asChannel(),
    hydrate,
    presence: false,
    schedule: (flush) => {
      pending = flush
      return () => (pending = undefined)
    },
  })
  const finished: string[] = []
  session.on('finish', ({ response }) => finished.push(`${response.id} ${response.status}`))
  await session.ready
  return { session, channel, finished, frame: () => pending?.() }
}

const nothing: Hydrator = { load: () => Promise.resolve() }
const streamed = ({ first, tokens, last }: ReturnType<typeof deliveriesOf>) => [...first, ...tokens, ...last]

/** The one message of an agent without our conventions. */
const plain = (id: string): InboundMessage => {
  const [, end] = wholeMessage(id, '')
  return { ...end!, name: 'agent-response', data: 'An answer.', extras: { headers: { responseId: id } } }
}

test.each([
  ['its text and its end', wholeMessage('r', 'An answer.')],
  ['one message', [plain('r')]],
  ['a message that grows', streamed(deliveriesOf('message-per-response', 'r', makeTokens(3)))],
  ['tokens', streamed(deliveriesOf('message-per-token', 'r', makeTokens(3)))],
])('an answer that comes live finishes once, whatever frames it takes: %s', async (_, messages) => {
  for (const frames of [false, true]) {
    const { session, channel, finished, frame } = await heard(nothing)
    let lists = 0
    session.subscribe(() => lists++)
    for (const message of messages) {
      channel.deliver(message)
      if (frames) frame()
    }
    expect(finished).toEqual(['r complete'])
    if (!frames) expect(lists).toBe(1)
    for (const message of messages) channel.deliver(message)
    frame()
    expect(finished).toHaveLength(1)
    session.close()
  }
})

test('an answer of the past does not finish, nor one whose beginning is read after its end came', async () => {
  const both = wholeMessage('old', 'An answer.')
  const pages: Hydrator = {
    load: async (past) => void (await past.readHistory({ limit: 1, maxPages: 1 })),
    loadOlder: async (past) => await past.readHistory({ limit: 10, maxPages: 1 }),
  }
  const older = wholeMessage('older', 'An older one.')
  const { session, channel, finished, frame } = await heard(pages, [
    ...wholeMessage('new', 'New.').reverse(),
    older[0]!,
  ])
  channel.deliver(older[1]!)
  frame()
  const read = session.loadOlder()
  await read
  expect(session.getSnapshot().messages.map(({ id }) => id)).toEqual(['older', 'new'])
  expect(finished).toEqual([])
  session.close()
  const whole = await heard({ load: (past) => Promise.resolve(past.apply(both)) })
  expect(whole.session.getResponse('old')?.status).toBe('complete')
  for (const message of both) whole.channel.deliver(message)
  whole.frame()
  expect(whole.finished).toEqual([])
  whole.session.close()
})

test('an answer of the past that is edited while the past is being read does not finish', async () => {
  const [text, end] = wholeMessage('old', 'An answer.')
  const version = { ...text!.version, serial: `${text!.version.serial}z`, clientId: 'moderator' }
  const one = await heard({
    load: (past) => {
      past.apply([text!, end!])
      ;(past.channel as unknown as DirectChannel).deliver({ ...text!, data: 'Edited.', version })
      return Promise.resolve()
    },
  })
  one.frame()
  expect(one.session.getResponse('old')).toMatchObject({ status: 'complete', text: 'Edited.' })
  expect(one.finished).toEqual([])
  one.session.close()
})

test('a prompt follows what has arrived before it, also where no frame has shown it yet', async () => {
  const { session, channel } = await heard(nothing)
  channel.deliver(wholeMessage('r', 'An answer.')[0]!)
  expect(session.getSnapshot().messages).toEqual([])
  const id = await session.sendMessage({ text: 'And then?' })
  expect(session.getPrompt(id)?.parent).toBe('r')
  session.close()
})
