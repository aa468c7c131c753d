import { expect, test } from 'vitest'
import type { Roster } from './roster.ts'
import { Prompts } from './prompts.ts'

function make() {
  const ignored: unknown[] = []
  const host = { roster: {} as Roster, note() {}, ignored: (one: unknown) => ignored.push(one), heard() {} }
  return { ignored, prompts: new Prompts(host, undefined) }
}

test('a prompt that was acknowledged before its client was known belongs to who the channel says', () => {
  const { ignored, prompts } = make()
  prompts.hear({ id: 'p', serial: '1', clientId: undefined })
  prompts.hear({ id: 'p', serial: '1', clientId: 'me' })
  expect(ignored).toEqual([])
  prompts.hear({ id: 'p', serial: '2', clientId: 'eve' })
  expect(ignored).toEqual([{ promptId: 'p', clientId: 'eve', owner: 'me' }])
})

test('another client takes no prompt that has no clientId', () => {
  const { ignored, prompts } = make()
  prompts.hear({ id: 'p', serial: '1', clientId: undefined })
  prompts.hear({ id: 'p', serial: '2', clientId: 'eve' })
  expect(ignored).toEqual([{ promptId: 'p', clientId: 'eve', owner: undefined }])
})
