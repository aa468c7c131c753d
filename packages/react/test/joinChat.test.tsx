import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, test } from 'vitest'
import { useChats } from '../../core/test/wire/chat.ts'
import { until } from '../../core/test/wire/wire.ts'
import { Tab } from './joinedTab.tsx'

const stage = useChats()

test('two tabs of the real useChat, in StrictMode, remounted: each shows both, once', async () => {
  const name = stage.wire.channelName()
  await stage.agentOn(name, (prompt, response) => response.append(`To ${prompt.text}`))
  const sessions = [stage.wire.session(name), stage.wire.session(name)] as const
  await Promise.all(sessions.map(({ ready }) => ready))
  const root = createRoot(document.body.appendChild(document.createElement('div')))
  const show = (key: number) =>
    root.render(
      <StrictMode key={key}>
        <Tab session={sessions[0]} name="a" />
        <Tab session={sessions[1]} name="b" />
      </StrictMode>,
    )
  const rows = (tab: string) =>
    Array.from(document.querySelectorAll(`[data-tab=${tab}] li`), (row) => row.textContent)
  const both = (...texts: string[]) =>
    until(`${texts.join()} in both`, () => ['a', 'b'].every((tab) => rows(tab).join() === texts.join()))

  show(0)
  await until('the buttons', () => document.getElementById('a'))
  document.getElementById('a')!.click()
  await both('From a?', 'To From a?')
  document.getElementById('b')!.click()
  await both('From a?', 'To From a?', 'From b?', 'To From b?')
  show(1)
  await both('From a?', 'To From a?', 'From b?', 'To From b?')
  document.getElementById('a')!.click()
  await until('the third answer', () => rows('b').length === 6)
  expect(rows('a')).toEqual(rows('b'))
  root.unmount()
})
