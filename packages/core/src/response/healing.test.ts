import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until, Wire } from '../../test/wire/wire.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => wire.release())
afterAll(() => wire.close())

const strict = { rejoin: '1', part: '0', responseId: 'a' }

test('what was missing and came is counted; for who joined later nothing was missing', async () => {
  const name = wire.channelName()
  const channel = wire.client({ clientId: 'agent' }).channels.get(name)
  const say = (type: string, data: string | undefined, headers: object = {}) =>
    channel.publish({ name: type, data, extras: { headers: { ...strict, ...headers } } })
  const token = (data: string, end: number) => say('token', data, { end: `${end}` })
  const session = wire.session(name)
  await session.ready
  await say('start', undefined)
  await token('Hello ', 6)
  // "big " is refused, and later "wide ".
  await token('world, ', 17)
  await until('the gap', () => session.getResponse('a')?.hasGap)
  expect(session.getResponse('a')!.healed).toBeUndefined()

  // Joins in the middle: all before is unread, and then read, with the gap that there is.
  const late = wire.session(name)
  await late.ready
  await until('the gap', () => late.getResponse('a')?.hasGap)
  expect(late.getResponse('a')!.healed).toBeUndefined()

  await say('response-complete', 'Hello big world, ', { end: '17', phase: 'streaming' })
  await until('the repair', () => session.getResponse('a')?.hasGap === false)
  expect(session.getResponse('a')).toMatchObject({ text: 'Hello big world, ', healed: 4 })
  await until('the repair', () => late.getResponse('a')?.hasGap === false)
  expect(late.getResponse('a')!.healed).toBe(4)

  await token('web', 25)
  await until('the gap', () => session.getResponse('a')?.hasGap)
  await say('response-complete', 'Hello big world, wide web', { end: '25', phase: 'streaming' })
  await until('the repair', () => session.getResponse('a')?.hasGap === false)
  expect(session.getResponse('a')!.healed).toBe(9)

  const last = wire.session(name)
  await last.ready
  expect(last.getResponse('a')).toMatchObject({ text: 'Hello big world, wide web', hasGap: false })
  expect(last.getResponse('a')!.healed).toBeUndefined()
})

test('text that came while the connection was gone was not missing', async () => {
  const name = wire.channelName()
  const channel = wire.client({ clientId: 'agent' }).channels.get(name)
  const token = (data: string, end: number) =>
    channel.publish({ name: 'token', data, extras: { headers: { ...strict, end: `${end}` } } })
  const session = wire.session(name)
  await session.ready
  await token('One ', 4)
  await until('the text', () => session.getResponse('a')?.text === 'One ')
  const comeBack = wire.server.faults.drop({
    match: { clientId: 'reader' },
    forget: true,
    refuseFor: 600_000,
  })
  await until('the loss', () => session.getSnapshot().status === 'disconnected')
  await token('two ', 8)
  await token('three ', 14)
  comeBack()
  await until(
    'the text',
    () => session.getResponse('a')?.text === 'One two three ' && !session.getResponse('a')!.hasGap,
  )
  expect(session.getResponse('a')!.healed).toBeUndefined()
})
