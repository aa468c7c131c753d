// Without the `openai` package, and with the declarations of all that is used checked.
import Groq from 'groq-sdk'
import { Mistral } from '@mistralai/mistralai'
import { fromOpenAICompatible } from '@rejoin/agent/providers/openai-compatible'

const chat = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] }
fromOpenAICompatible(await new Groq().chat.completions.create({ ...chat, stream: true }), { name: 'groq' })
fromOpenAICompatible(await new Mistral().chat.stream(chat), { name: 'mistral' })

/** Chunks as someone who reads them with `fetch` declares them. */
interface Chunk {
  id: string
  choices: {
    index: number
    delta: { content?: string | { type: string }[] | null }
    finish_reason: string | null
  }[]
}
declare function chunks<T>(): AsyncGenerator<T>
fromOpenAICompatible(chunks<Chunk>(), { name: 'vllm', reasoningTag: 'think', startWithReasoning: true })
fromOpenAICompatible(chunks<any>())
fromOpenAICompatible(chunks<{ choices: { message: { content: string } }[] }>())
fromOpenAICompatible(chunks<{ choices?: { delta?: object }[] | null; citations?: string[] }>())
// @ts-expect-error: no chunks
fromOpenAICompatible(chunks<string>())
// @ts-expect-error: a mistyped option
fromOpenAICompatible(chunks<Chunk>(), { reasoning: 'think' })
