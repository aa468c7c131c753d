// oxlint-disable typescript/no-redundant-type-constituents -- its packages are there only once it is installed
import { promptRoute, type PromptHandler } from '@rejoin/agent'
import { toChatMessages } from '@rejoin/agent/convert/openai-chat'
import { fromOpenAI } from '@rejoin/agent/providers/openai'
import { Realtime } from 'ably'
import OpenAI from 'openai'

const answer: PromptHandler = async (prompt, response) => {
  const messages = await toChatMessages(await prompt.conversation())
  const stream = await new OpenAI().chat.completions.create(
    { model: 'gpt-5', messages, stream: true },
    { signal: response.signal },
  )
  await response.pipe(fromOpenAI(stream))
}

let client: Realtime | undefined

export function POST(request: Request): Promise<Response> {
  // Not when Next.js loads the file, which it also does to build.
  const options = JSON.parse(process.env['ABLY_OPTIONS'] ?? '{}') as { key: string }
  client ??= new Realtime({ ...options, clientId: 'agent', echoMessages: false })
  return promptRoute({ client, handler: answer, interrupted: 'restart' })(request)
}
