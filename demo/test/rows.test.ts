import { expect, test } from 'vitest'
import type { Turn } from '@rejoin/core'
import { firstRows, rowsOf } from '../web/common/rows.ts'

const turn = (promptId: string, responseIds: string[], versions: Partial<Turn> = {}): Turn => ({
  id: promptId,
  promptId,
  responseIds,
  promptVersions: undefined,
  answerVersions: undefined,
  askId: promptId,
  ...versions,
})

const keys = (...turns: Turn[]) => rowsOf(turns).map(({ key }) => key)

test('versions of a prompt and of its answer have one key each', () => {
  const promptVersions = { versions: ['p1', 'p2'], index: 1 }
  const answerVersions = { versions: ['p2', 'q3'], index: 1 }
  expect(keys(turn('p1', ['r1']))).toEqual(keys(turn('p2', ['r4'], { promptVersions, answerVersions })))
  expect(rowsOf([turn('p2', ['r4'], { promptVersions, answerVersions })])).toMatchObject([
    { role: 'user', id: 'p2', branch: promptVersions },
    { role: 'assistant', id: 'r4', branch: answerVersions },
  ])
})

test('two answers to one prompt are two rows; an answer that nobody asked for is one', () => {
  expect(new Set(keys(turn('p1', ['r1', 'r2']), turn('p2', ['r3'])))).toHaveProperty('size', 5)
  expect(rowsOf([{ ...turn('', ['r1']), id: 'answer:r1', promptId: undefined }])).toMatchObject([
    { id: 'r1' },
  ])
})

test('rows of the database show at once; what comes live while the past is being read waits for its beginning', () => {
  const read = firstRows()
  const [old, live] = [turn('p1', ['r1']), turn('p2', ['r2'])]
  const ids = (...args: Parameters<typeof read>) => read(...args).map(({ id }) => id)
  expect(ids([old], false, 'connecting')).toEqual(['p1', 'r1'])
  expect(ids([old, live], false, 'live')).toEqual(['p1', 'r1'])
  expect(ids([old, live], true, 'live')).toEqual(['p1', 'r1', 'p2', 'r2'])
})
