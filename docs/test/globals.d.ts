import type { Row, Session as CoreSession } from '@rejoin/core'
import type { Agent, ResponseWriter } from '@rejoin/agent'
import type { LocalAbly } from '@rejoin/local-ably'
import type { Realtime, RealtimeChannel } from 'ably'
import type OpenAI from 'openai'

/** What a code block may take for granted: names that the page has explained by then. */
declare global {
  /** As Vite's client types say it. */
  interface ImportMeta {
    env: { DEV: boolean }
  }
  const client: Realtime
  const channel: RealtimeChannel
  const session: CoreSession
  const agent: Agent
  const response: ResponseWriter
  const server: LocalAbly
  const faults: LocalAbly['faults']
  const database: { save(id: string, row: Row): Promise<void> }
  const tools: OpenAI.ChatCompletionTool[]
  function render(texts: Map<string, string>): void
  function loadRows(): Promise<{ rows: Row[] }>
  function answer(text: string, response: ResponseWriter): Promise<void>
  function runTool(name: string, input: unknown): Promise<unknown>
}
