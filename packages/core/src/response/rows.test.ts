import { describe, expect, test } from 'vitest'
import { codec, message, Reader } from '../../test/model/reader.ts'
import { kindsOf } from '../session/feature.ts'
import { allFeatures } from '../session/features.ts'
import { Conversation } from './conversation.ts'
import { nothingKnown } from './known.ts'
import { applyRows } from './rows.ts'
import type { PromptStatus, ResponseRow, ResponseStatus, Row } from '../types/types.ts'

const applyRow = (conversation: Reader['conversation'], row: Row) => applyRows(conversation, [row])

const headers = { responseId: 'r' }
const ours = { ...headers, rejoin: '1' }

function row(rest: Partial<ResponseRow>): ResponseRow {
  return { id: 'r', role: 'assistant', status: 'complete', ...rest }
}

/** What the model of a whole channel found (laws.test.ts), each as the shortest case that shows it. */
describe('rows beside the channel', () => {
  test('parts keep the order of the row, whatever serials they carry', () => {
    const reader = new Reader()
    const parts = [
      { type: 'text', id: '0', text: 'first', serial: 's2' },
      { type: 'text', id: '1', text: 'second', serial: 's1' },
    ]
    applyRow(reader.conversation, row({ parts }))
    expect(reader.response('r')).toMatchObject({ text: 'firstsecond' })
  })

  test('a part of another kind that the channel calls the same is not the part of the row', () => {
    const reader = new Reader()
    const token = { name: 'reasoning', data: 'Hm', headers: { ...ours, part: '0', end: '2' } }
    reader.read(token, undefined, false)
    applyRow(reader.conversation, row({ text: 'Hello' }))
    expect(reader.response('r')).toMatchObject({ text: 'Hello', parts: [{ type: 'text', text: 'Hello' }] })
  })

  test('a retraction of a numbered part takes nothing from a row that numbers none', () => {
    const reader = new Reader()
    reader.read({ name: 'retract', data: { parts: ['0'] }, headers: ours }, undefined, false)
    applyRow(reader.conversation, row({ text: 'Hello' }))
    expect(reader.response('r')).toMatchObject({ text: 'Hello', hasGap: false })
  })

  test('a response that a row knows begins with its first live message, where nothing can come before that', () => {
    const reader = new Reader()
    reader.conversation.known = { gap: undefined, begins: (_, live) => live, beginsTurn: () => false }
    applyRow(reader.conversation, row({ status: 'streaming', text: '' }))
    reader.read({ name: 'token', data: 'Hello', headers })
    expect(reader.response('r')).toMatchObject({ text: 'Hello', hasGap: false })
    expect(reader.conversation.needsPast).toBe(false)
  })

  test('a row without text has no part', () => {
    const reader = new Reader()
    applyRow(reader.conversation, row({ status: 'streaming', text: '' }))
    expect(reader.response('r')?.parts).toEqual([])
  })

  test.each(['Jello', 'Edited'])(
    'a complete row is as the application has it: %s, not as declared',
    (text) => {
      const reader = new Reader()
      reader.read({ name: 'response', serial: 's', headers: { ...ours, part: '0' } })
      reader.read({
        name: 'response',
        serial: 's',
        version: 't1',
        action: 'append',
        data: 'Hello',
        metadata: { end: '5', phase: 'done', checksum: '00000000' },
        headers: { ...ours, part: '0' },
      })
      applyRow(reader.conversation, row({ parts: [{ type: 'text', id: '0', text, serial: 's' }] }))
      expect(reader.response('r')).toMatchObject({ text, hasGap: false })
    },
  )

  test('of a response of which only the end is known, the row shows the rest', () => {
    const reader = new Reader()
    reader.read({ name: 'stop', headers }, undefined, false)
    reader.read({ name: 'token', data: 'end', headers, serial: '0' }, undefined, false)
    expect(reader.conversation.responses.get('r')!.withheld).toBe(true)
    applyRow(reader.conversation, row({ text: 'from the start to the end' }))
    expect(reader.response('r')).toMatchObject({ text: 'from the start to the end', hasGap: false })
  })

  test('of a response of which text is missing, the row shows it', () => {
    const reader = new Reader()
    reader.read({ name: 'token', data: 'He', headers: { ...ours, part: '0', end: '2' } })
    reader.read({ name: 'token', data: 'o', headers: { ...ours, part: '0', end: '5' } })
    reader.read({ name: 'stop', headers: ours })
    expect(reader.response('r')).toMatchObject({ status: 'complete', text: 'Heo', hasGap: true })
    applyRow(reader.conversation, row({ text: 'Hello' }))
    expect(reader.response('r')).toMatchObject({ status: 'complete', text: 'Hello', hasGap: false })
  })

  test('a repair that its agent made before it was done does not undo the row; an edit does', () => {
    const reader = new Reader()
    applyRow(reader.conversation, row({ text: 'One. Two.' }))
    const repair = { name: 'response', serial: 's', version: 't1', action: 'update', data: 'Two.' }
    reader.read({ ...repair, metadata: { end: '4', phase: 'streaming' }, headers: { ...ours, part: '1' } })
    expect(reader.response('r')?.text).toBe('One. Two.')
    // Also where the row has what a moderator made of it.
    const moderated = new Reader()
    applyRow(moderated.conversation, row({ text: '[removed]' }))
    moderated.read({ ...repair, metadata: { end: '4', phase: 'streaming' }, headers: { ...ours, part: '1' } })
    expect(moderated.response('r')?.text).toBe('[removed]')
    reader.read({ name: 'response', serial: 's', version: 't2', action: 'delete', headers: ours })
    expect(reader.response('r')?.text).toBe('')
  })

  test('of a row that several messages make, none that is still on its way is an edit; another client’s word is', () => {
    const last = { name: 'response', serial: 's', version: 't1', action: 'update', data: 'two', headers }
    const shown = (editor: string | undefined) => {
      const reader = new Reader()
      applyRow(reader.conversation, row({ text: 'One two' }))
      codec.decode(message(last), (event) => {
        Object.assign(event, { epoch: 1, editor })
        reader.conversation.apply(event, true)
      })
      return reader.response('r')?.text
    }
    expect(shown(undefined)).toBe('One two')
    expect(shown('moderator')).toBe('two')
  })

  test('what the channel has still to deliver of a complete row is no edit of it; another text is', () => {
    const reader = new Reader()
    const plain = { name: 'response', serial: 's', action: 'update', headers }
    applyRow(reader.conversation, row({ text: 'Hello' }))
    reader.read({ ...plain, version: 't1', data: 'Hel' })
    expect(reader.response('r')?.text).toBe('Hello')
    reader.read({ ...plain, version: 't2', data: 'Help' })
    expect(reader.response('r')?.text).toBe('Help')
  })

  test.each([
    { name: 'tool_call', headers: { ...headers, toolCallId: 'c', toolName: 'look' }, data: '{"q":""}' },
    { name: 'reasoning', headers, data: 'Hm.' },
  ])('$name that the channel has still to deliver does not take the place of the text', (late) => {
    const reader = new Reader()
    applyRow(reader.conversation, row({ text: 'Hello' }))
    reader.read({ ...late, serial: 's', version: 't1', action: 'update', metadata: { phase: 'done' } })
    expect(reader.response('r')?.text).toBe('Hello')
  })

  test('an edit of one message of a text that was too long for one is for the database to tell', () => {
    const reader = new Reader()
    const part = { type: 'text', id: '0', text: 'One. Two.', serial: 's1', version: 't1', runs: 2 }
    applyRow(reader.conversation, row({ parts: [part] }))
    const edit = { name: 'response', version: 't9', action: 'update', data: '[redacted]' }
    reader.read({ ...edit, serial: 's2', headers: { ...ours, part: '0.1' } })
    reader.read({ ...edit, serial: 's1', headers: { ...ours, part: '0' } })
    expect(reader.response('r')?.text).toBe('One. Two.')
  })

  test('a prompt of the database says nothing of the channel: a response to it may have begun before', () => {
    const reader = new Reader()
    applyRow(reader.conversation, { id: 'p', role: 'user', text: 'Why?' })
    reader.read({ name: 'token', data: 'cause', headers: { ...headers, promptId: 'p' } })
    expect(reader.response('r')).toMatchObject({ text: 'cause', hasGap: true })
    const told = new Reader()
    told.conversation.known = { ...nothingKnown, beginsTurn: () => true }
    told.read({ name: 'user-input', data: { promptId: 'p', text: 'Why?' } })
    told.read({ name: 'token', data: 'Because', headers: { ...headers, promptId: 'p' } })
    expect(told.response('r')).toMatchObject({ text: 'Because', hasGap: false })
  })
})

describe('rows of another schema', () => {
  /** Returns what is odd about rows. */
  function shown(rows: readonly Row[]): { conversation: Conversation; odd: string[] } {
    const odd: string[] = []
    const onOddRow = (what: string) => odd.push(what)
    const conversation = new Conversation('channel', kindsOf(allFeatures), { onOddRow })
    expect(applyRows(conversation, rows)).toBeUndefined()
    conversation.shelf!.show(new Set(), new Set())
    return { conversation, odd }
  }

  test.each(['archived', 'completed', '', 'constructor', '__proto__', 7 as unknown as string])(
    'an answer with a status that the reader does not know has its text, and is not complete: %j',
    (status) => {
      const rows = ['a', 'b'].map((id) => row({ id, text: 'Hello', status: status as ResponseStatus }))
      const { conversation, odd } = shown(rows)
      for (const id of ['a', 'b']) {
        const response = conversation.find(id)!
        conversation.publish(response)
        expect(response.snapshot).toMatchObject({ text: 'Hello', status: 'error', verified: false })
      }
      expect(new Set(odd).size).toBe(1)
    },
  )

  test('what a database has as null, an answer does not have', () => {
    const nulls = { error: null, usage: null, metadata: null, finishReason: null, retracted: null }
    const { conversation } = shown([row({ id: 'a', text: 'Hello', ...(nulls as object) })])
    const response = conversation.find('a')!
    conversation.publish(response)
    expect(Object.values(response.snapshot!)).not.toContain(null)
    expect(response.snapshot).toMatchObject({ text: 'Hello', status: 'complete', error: undefined })
  })

  test('a prompt with a status that the reader does not know is sent', () => {
    const given = { id: 'p', role: 'user', text: 'What?', status: 'archived' as PromptStatus } as const
    const { conversation, odd } = shown([given])
    expect(conversation.structure.prompts.get('p')?.state).toMatchObject({ text: 'What?', status: 'sent' })
    expect(odd).toHaveLength(1)
  })

  test('parts of an unknown type stay as they are, and where they have text, that is said', () => {
    const part = { type: 'output_text', text: 'Hello', id: '0' }
    const { conversation, odd } = shown([row({ parts: [part, { type: 'constructor', id: '1' }] })])
    const response = conversation.find('r')!
    conversation.publish(response)
    expect(response.snapshot).toMatchObject({ text: '', parts: [part, { type: 'constructor' }] })
    expect(odd).toHaveLength(1)
  })
})
