import type { Session } from '@rejoin/core'
import { createApp, effectScope, isReadonly, isRef, nextTick, ref, shallowRef, watch } from 'vue'
import type { EffectScope } from 'vue'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { countFollowers } from '../../core/test/bindings/following.ts'
import { until, Wire } from '../../core/test/wire/wire.ts'
import { RejoinPlugin, sessionKey, useMessages, usePrompt, useResponse, useSession } from '../src/index.ts'

let wire: Wire
let session: Session
let scope: EffectScope
let publish: (responseId: string, data: string) => Promise<unknown>
beforeAll(async () => {
  wire = await Wire.start()
})
beforeEach(async () => {
  const name = wire.channelName()
  const agent = wire.client({ clientId: 'agent' }).channels.get(name)
  publish = (responseId, data) => agent.publish({ name: 'token', data, extras: { headers: { responseId } } })
  await publish('a', 'Alpha')
  await publish('b', 'Beta')
  session = wire.session(name)
  await session.ready
  scope = effectScope()
})
afterEach(() => {
  scope.stop()
  wire.release()
})
afterAll(() => wire.close())

/** Runs composables as a setup would, in a scope that the test ends. */
function run<V>(use: () => V, provided: Parameters<typeof RejoinPlugin>[1]['session'] = session): V {
  const app = createApp({}).use(RejoinPlugin, { session: provided })
  return scope.run(() => app.runWithContext(use))!
}

test('a ref holds the very object of the session, not a proxy of it', () => {
  const response = run(() => useResponse('a'))
  expect(response.value).toBe(session.getResponse('a'))
  expect(run(useMessages).value).toBe(session.getSnapshot().messages)
  expect(run(useSession).session.value).toBe(session)
})

test('refs are readonly', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const { sendMessage: _, ...fields } = run(useSession)
  for (const found of [
    run(() => useResponse('a')),
    run(useMessages),
    run(() => usePrompt('p')),
    fields.status,
  ]) {
    expect(isRef(found) && isReadonly(found)).toBe(true)
    const before = found.value
    ;(found as { value: unknown }).value = undefined
    expect(found.value).toBe(before)
  }
  expect(warn).toHaveBeenCalledTimes(4)
  warn.mockRestore()
})

test('a response follows the list only while it is the newest one', async () => {
  const following = countFollowers(session)
  const id = ref<string | undefined>('a')
  const response = run(() => useResponse(id))
  expect([following(), response.value?.id]).toEqual([0, 'a'])
  id.value = undefined
  expect([following(), response.value?.id]).toEqual([1, 'b'])
  id.value = 'a'
  expect([following(), response.value?.id]).toEqual([0, 'a'])
})

test('a ref for an id: what it names now is shown at once', async () => {
  const id = ref<string | undefined>('a')
  const byRef = run(() => useResponse(id, (response) => response.text))
  const byGetter = run(() =>
    useResponse(
      () => id.value,
      (response) => response.text,
    ),
  )
  expect([byRef.value, byGetter.value]).toEqual(['Alpha', 'Alpha'])
  id.value = 'b'
  expect([byRef.value, byGetter.value]).toEqual(['Beta', 'Beta'])
  id.value = 'unknown'
  expect([byRef.value, byGetter.value]).toEqual([undefined, undefined])
  // Without an id: the newest.
  id.value = undefined
  expect([byRef.value, byGetter.value]).toEqual(['Beta', 'Beta'])
  await publish('c', 'Gamma')
  await until('the newest', () => byRef.value === 'Gamma' && byGetter.value === 'Gamma')
})

test('a session may be a ref: another takes its place', async () => {
  const other = wire.session(wire.channelName())
  const current = shallowRef(session)
  const { messages, session: shown } = run(useSession, current)
  expect(messages.value).toHaveLength(2)
  current.value = other
  await nextTick()
  expect(messages.value).toHaveLength(0)
  expect(shown.value).toBe(other)
})

test('a field of the session changes alone', async () => {
  const { status, messages } = run(useSession)
  const told = vi.fn()
  scope.run(() => watch(status, told, { flush: 'sync' }))
  await publish('c', 'Gamma')
  await until('the message', () => messages.value.length === 3)
  expect(told).not.toHaveBeenCalled()
})

test('when the scope ends, nothing is followed any more', async () => {
  const ends: (() => void)[] = []
  for (const name of ['subscribe', 'subscribeResponse'] as const) {
    const original = session[name] as (...args: unknown[]) => () => void
    ;(session as unknown as Record<string, unknown>)[name] = (...args: unknown[]) => {
      const end = vi.fn(original(...args))
      ends.push(end)
      return end
    }
  }
  const response = run(() => useResponse('a'))
  run(useSession)
  run(() => usePrompt('p'))
  expect(ends.length).toBeGreaterThan(2)
  const before = response.value
  scope.stop()
  for (const end of ends) expect(end).toHaveBeenCalledTimes(1)
  await publish('a', ' and more')
  await until('more', () => session.getResponse('a') !== before)
  expect(response.value).toBe(before)
})

test('provide and inject, without the plugin', () => {
  const app = createApp({})
  app.provide(sessionKey, () => session)
  const messages = scope.run(() => app.runWithContext(useMessages))!
  expect(messages.value).toHaveLength(2)
})
