import { afterEach, expect, test, vi } from 'vitest'
import { Keeper } from '../agent/keeper.ts'

afterEach(() => void vi.restoreAllMocks())

const row = { id: 'r', role: 'assistant', text: 'Hello' } as const

test('what can never be stored is reported once and not tried again', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  const save = vi.fn(async () => ({ refused: 'its conversation was deleted' }))
  expect(await new Keeper(save).keep('c', row)).toBe('its conversation was deleted')
  expect(save).toHaveBeenCalledTimes(1)
  expect(log.mock.calls).toEqual([['agent: a message is not saved; its conversation was deleted']])
})

test('a database that does not answer is tried again until it does', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const save = vi.fn(async () => ({})).mockRejectedValueOnce(new Error('no connection'))
  expect(await new Keeper(save).keep('c', row)).toBeUndefined()
  expect(save).toHaveBeenCalledTimes(2)
})
