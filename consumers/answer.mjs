import { toChatMessages } from '@rejoin/agent/convert/openai-chat'
import { fromOpenAI } from '@rejoin/agent/providers/openai'
import OpenAI from 'openai'

const openai = new OpenAI()

export async function answer(prompt, response) {
  const messages = await toChatMessages(await prompt.conversation())
  const request = { model: 'gpt-5', messages, stream: true }
  const stream = await openai.chat.completions.create(request, { signal: response.signal })
  await response.pipe(fromOpenAI(stream))
}
