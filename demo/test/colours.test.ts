import { expect, test } from 'vitest'
import { Colours, type Answer, type Question } from '../web/common/markdown/colours.ts'

/** A worker that keeps what it was asked, until it is told to answer. */
class Worker {
  asked: Question[] = []
  onmessage: ((event: MessageEvent<Answer>) => void) | null = null
  onerror: ((event: ErrorEvent) => void) | null = null

  postMessage(question: Question): void {
    this.asked.push(question)
  }

  answer(groups: readonly string[] | undefined): void {
    const { id } = this.asked.shift()!
    this.onmessage!({ data: { id, groups } } as MessageEvent<Answer>)
  }
}

function start() {
  const worker = new Worker()
  let started = 0
  const colours = new Colours(() => {
    started++
    return worker
  })
  return { worker, colours, count: () => started }
}

test('one worker colours all codes; what it has coloured is known', async () => {
  const { worker, colours, count } = start()
  expect(count()).toBe(0)
  const both = [colours.of('ts', 'one'), colours.of('ts', 'two')]
  expect(colours.known('ts', 'one')).toBeUndefined()
  worker.answer(['[1]'])
  worker.answer(['[2]'])
  expect(await Promise.all(both)).toEqual([['[1]'], ['[2]']])
  expect(colours.known('ts', 'one')).toEqual(['[1]'])
  expect(await colours.of('ts', 'two')).toEqual(['[2]'])
  expect([worker.asked.length, count()]).toEqual([0, 1])
})

test('a language that it does not know has no colours', async () => {
  const { worker, colours } = start()
  const asked = colours.of('cobol', 'one')
  worker.answer(undefined)
  expect(await asked).toBeUndefined()
})

test('few colours are kept', async () => {
  const { worker, colours } = start()
  for (let nth = 0; nth < 100; nth++) {
    const asked = colours.of('ts', `${nth}`)
    worker.answer([])
    await asked
  }
  expect(colours.known('ts', '99')).toEqual([])
  expect(colours.known('ts', '0')).toBeUndefined()
})

test('a worker that breaks, or does not start, costs the colours alone', async () => {
  const { worker, colours } = start()
  const asked = colours.of('ts', 'one')
  worker.onerror!({} as ErrorEvent)
  expect(await asked).toBeUndefined()
  expect(await colours.of('ts', 'two')).toBeUndefined()
  const none = new Colours(() => {
    throw new Error('no workers here')
  })
  expect(await none.of('ts', 'one')).toBeUndefined()
})
