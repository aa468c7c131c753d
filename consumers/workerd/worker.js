import { promptRoute } from '@rejoin/agent'
import { toChatMessages } from '@rejoin/agent/convert/openai-chat'
import { fromOpenAI } from '@rejoin/agent/providers/openai'
import { Realtime } from 'ably'
import OpenAI from 'openai'

export default {
  async fetch(request, env) {
    const openai = new OpenAI({ apiKey: env.OPENAI_API_KEY, baseURL: env.OPENAI_BASE_URL })
    // One for each request: a worker may not use a connection that another request has opened.
    const client = new Realtime({ ...JSON.parse(env.ABLY_OPTIONS), clientId: 'agent', echoMessages: false })
    const route = promptRoute({
      client,
      interrupted: 'restart',
      async handler(prompt, response) {
        const messages = await toChatMessages(await prompt.conversation())
        const asked = { model: 'gpt-5', messages, stream: true }
        const stream = await openai.chat.completions.create(asked, { signal: response.signal })
        await response.pipe(fromOpenAI(stream))
      },
    })
    try {
      return await route(request)
    } finally {
      client.close()
    }
  },
}
