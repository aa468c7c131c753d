import { createSession, segmentsOf } from '@rejoin/core'
import * as bindings from '@rejoin/react'
import { Realtime } from 'ably'
import { AppState } from 'react-native'

globalThis.bindings = Object.keys(bindings)

/** A chat: asks, waits for the whole answer, loses its connection in the background, comes back and asks again. */
globalThis.chat = async (clientOptions, channelName) => {
  const client = new Realtime(clientOptions)
  const session = createSession({ client, channelName })
  const answerTo = async (text) => {
    const promptId = await session.sendMessage({ text })
    return until(session, () => {
      const { responseId } = session.getPrompt(promptId) ?? {}
      const response = responseId && session.getResponse(responseId)
      return response?.status === 'complete' ? response : undefined
    })
  }
  // As docs/frameworks.md has it.
  const watching = AppState.addEventListener('change', (state) => {
    if (state === 'active') client.connect()
  })
  await session.ready
  const first = await answerTo('How are you?')
  AppState.become('background')
  globalThis.network(false)
  await until(session, () => session.getSnapshot().status === 'disconnected')
  globalThis.network(true)
  AppState.become('active')
  await until(session, () => session.getSnapshot().status === 'live')
  const second = await answerTo('And now?')
  watching.remove()
  session.close()
  client.close()
  return [first, second].map(({ text, gaps, verified, hasGap }) => ({
    text,
    verified,
    hasGap,
    segments: segmentsOf(text, gaps).length,
  }))
}

function until(session, check) {
  return new Promise((resolve) => {
    const look = () => {
      const found = check()
      if (!found) return
      stop()
      resolve(found)
    }
    const stop = session.subscribe(look)
    const timer = setInterval(() => {
      if (check()) clearInterval(timer)
      look()
    }, 10)
  })
}
