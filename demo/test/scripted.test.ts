import { describe, expect, test } from 'vitest'
import { fromOpenAI } from '@rejoin/agent/providers/openai'
import { actFor } from '../agent/acts.ts'
import { createModel, type ModelStream } from '../agent/model.ts'
import { scriptedEvents, tokensOf } from '../agent/scripted.ts'
import { scripts, withoutModel, type Script } from '../agent/scripts.ts'
import { ideas } from '../web/common/ideas.ts'
import { conversationOf } from './conversation.ts'
import { collect, streamOf } from './events.ts'

const model = createModel({ provider: 'recorded', recordings: '/none', speed: 1 })

async function textOf(prompt: string): Promise<string> {
  const stream = await model.ask({
    conversation: conversationOf(prompt),
    signal: new AbortController().signal,
  })
  const events = await collect(fromOpenAI(stream.events as Extract<ModelStream, { api: 'openai' }>['events']))
  return events.map((event) => (event.type === 'text-delta' ? event.delta : '')).join('')
}

const eventsOf = (script: Script) => fromOpenAI(streamOf(scriptedEvents(script) as never[]))

describe.each(scripts.map((script) => [script.prompt, script] as const))('%s', (prompt, script) => {
  test('the events carry the text, in pieces and whole', async () => {
    expect(await textOf(prompt)).toBe(script.text)
    expect(JSON.stringify(scriptedEvents(script).at(-1))).toContain(JSON.stringify(script.text))
  })

  test('each source cites what the text says there, right after it has said it', async () => {
    let text = ''
    const cited: unknown[] = []
    for (const event of await collect(eventsOf(script))) {
      if (event.type === 'text-delta') text += event.delta
      if (event.type !== 'source-url') continue
      cited.push({
        quote: text.slice(event.startOffset, event.endOffset),
        title: event.title,
        url: event.url,
      })
    }
    expect(cited).toEqual(script.sources ?? [])
  })

  test('code streams as the input of a tool, and its output follows', async () => {
    const events = await collect(eventsOf(script))
    const input = events
      .map((event) => (event.type === 'tool-input-delta' ? event.inputTextDelta : ''))
      .join('')
    const outputs = events
      .filter(({ type }) => type === 'tool-output-available')
      .map((event) => JSON.stringify(event))
    if (!script.code) return expect(input).toBe('')
    expect(JSON.parse(input)).toEqual({ code: script.code.source })
    expect(outputs.join()).toContain(JSON.stringify(script.code.output))
  })
})

test.each(ideas)('without recordings, the suggestion "%s" gets an answer of its own', async (idea) => {
  if (!actFor({ text: idea, parts: [] })) expect(await textOf(idea)).not.toBe(withoutModel.text)
})

test('a prompt is recognised however it is typed; one that nothing was written for is told so', async () => {
  expect(await textOf('  divide 925 by 5 thinking first ')).toContain('185')
  expect(await textOf('Who are you?')).toBe(withoutModel.text)
})

test('tokens join to the text, and no surrogate pair is cut', () => {
  const text = ' a  verylongwordindeed 🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂\n\n\tend \n'
  const tokens = tokensOf(text)
  expect(tokens.join('')).toBe(text)
  expect(tokens.filter((token) => /[\ud800-\udfff]/.test(token.replace(/\p{Emoji}/gu, '')))).toEqual([])
})
