// A model behind OpenAI's API, for the consumers: it streams one text, and can be held in the middle of it.
import { once } from 'node:events'
import { createServer } from 'node:http'

/** Serves `/chat/completions`. While `held` is true, an answer stops half way and waits. */
export async function startModel(text) {
  const words = text.split(/(?<= )/)
  const model = { url: '', held: false, calls: 0, close: () => server.close() }
  const server = createServer(async (request, response) => {
    request.resume()
    model.calls++
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const [i, content] of words.entries()) {
      if (model.held && i === words.length >> 1) await once(response, 'close')
      if (response.destroyed) return
      send(response, { index: 0, delta: { content }, finish_reason: null })
    }
    send(response, { index: 0, delta: {}, finish_reason: 'stop' })
    response.end('data: [DONE]\n\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  model.url = `http://127.0.0.1:${server.address().port}`
  return model
}

function send(response, choice) {
  const chunk = { id: 'c', object: 'chat.completion.chunk', created: 0, model: 'gpt-5', choices: [choice] }
  response.write(`data: ${JSON.stringify(chunk)}\n\n`)
}
