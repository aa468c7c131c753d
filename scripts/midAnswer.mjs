// For the consumers that answer prompts: a worker is killed in mid-answer, the engine tries again elsewhere, and readers
// end as after one undisturbed run.
import { startModel } from './fakeModel.mjs'

const answer = 'A rope is a bundle of fibres, twisted or braided, and stronger than each of them. '.repeat(6)

/**
 * Has one prompt answered twice, undisturbed and by a worker that is killed, and compares what readers have then.
 * `rejoin` is what the consumer has installed; `start(env)` starts a worker and returns how to `kill` it; `wake` is
 * handed to the session that asks.
 */
export async function checkMidAnswer(rejoin, { start, wake }) {
  const ably = await rejoin.startLocalAbly()
  const model = await startModel(answer)
  const options = { ...ably.clientOptions, transportParams: { remainPresentFor: 1000 } }
  const env = {
    ABLY_OPTIONS: JSON.stringify(options),
    OPENAI_API_KEY: 'none',
    OPENAI_BASE_URL: model.url,
  }
  try {
    const run = (killed) => converse(rejoin, { ably, model, start: () => start(env), wake, killed })
    const undisturbed = await run(false)
    const disturbed = await run(true)
    const expected = [
      { role: 'user', text: 'What is a rope?' },
      { role: 'assistant', text: answer, status: 'complete', verified: true, hasGap: false },
    ]
    for (const seen of [undisturbed, disturbed])
      if (JSON.stringify(seen) !== JSON.stringify([expected, expected]))
        throw new Error(`unable to find one whole answer; readers have ${JSON.stringify(seen)}`)
    if (model.calls < 3) throw new Error('unable to see a second attempt; the model was not asked again')
    console.log(
      'seen: an answer; killed in the middle of it, and answered elsewhere: no token doubled or lost',
    )
  } finally {
    model.close()
    await ably.close()
  }
}

/** What two readers have at the end: one that was there all the time, and one that comes late. */
async function converse({ Realtime, createSession, history }, { ably, model, start, wake, killed }) {
  const channelName = `ai:${killed ? 'killed' : 'undisturbed'}`
  const connect = (clientId) => new Realtime({ ...ably.clientOptions, clientId })
  const clients = [connect('ann'), connect('bob')]
  model.held = killed
  let worker = await start()
  const live = createSession({ client: clients[0], channelName, wake })
  live.on('error', (error) => console.error(error))
  try {
    await live.ready
    await live.sendMessage({ text: 'What is a rope?' })
    if (killed) {
      await seen(live, ({ text = '' }) => text.length > 20)
      await worker.kill()
      model.held = false
      worker = await start()
    }
    await seen(live, ({ status, verified }) => status === 'complete' && verified)
    const late = createSession({ client: clients[1], channelName, hydrate: history() })
    await late.ready
    return [shown(live), shown(late)]
  } finally {
    live.close()
    for (const client of clients) client.close()
    await worker.kill()
  }
}

/** Waits for a response that is as wished; fails when one shows what the model did not say. */
function seen(session, isWished) {
  return new Promise((resolve, reject) => {
    const followed = new Set()
    const look = () => {
      session.flush()
      for (const { id, role } of session.getSnapshot().messages) {
        const response = role === 'assistant' ? session.getResponse(id) : undefined
        if (!response) continue
        if (!answer.startsWith(response.text)) reject(new Error(`unable to trust "${response.text}"`))
        if (isWished(response)) resolve(response)
        if (!followed.has(id)) session.subscribeResponse(id, look)
        followed.add(id)
      }
    }
    session.subscribe(look)
    look()
  })
}

function shown(session) {
  return session.getSnapshot().messages.map(({ id, role }) => {
    if (role === 'user') return { role, text: session.getPrompt(id).text }
    const { text, status, verified, hasGap } = session.getResponse(id)
    return { role, text, status, verified, hasGap }
  })
}
