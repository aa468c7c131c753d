import { createSession } from '@rejoin/core'
import { Realtime } from 'ably'

// The newest answer's object, as the reader gives it.

const { key, endpoint, port, channel } = Object.fromEntries(new URLSearchParams(location.search))
const client = new Realtime({ key, endpoint, port: Number(port), tls: false, clientId: 'reader' })
const session = createSession({ client, channelName: channel! })
const shown = document.querySelector('#shown')!

let unsubscribe = () => {}
session.subscribe(() => {
  const answer = session.getSnapshot().messages.findLast(({ role }) => role === 'assistant')
  if (!answer) return
  const show = () => {
    const { status, parts } = session.getResponse(answer.id)!
    const part = parts.find(({ type }) => type === 'data-recipe')
    shown.textContent = JSON.stringify({ status, data: part && 'data' in part ? part.data : undefined })
  }
  unsubscribe()
  unsubscribe = session.subscribeResponse(answer.id, show)
  show()
})
document
  .querySelector('#ask')!
  .addEventListener('click', () => void session.sendMessage({ text: 'A recipe' }))
await session.ready
document.body.dataset.ready = ''
