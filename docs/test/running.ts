import { rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { block, extract, type Block } from './blocks.ts'

/** What the model behind every example says. */
export const said = ['A rope ', 'is a bundle ', 'of fibres, ', 'twisted together.']

/** Writes blocks to a folder, with clients that reach the test's server. One that starts a server stays as it is. */
export function prepare(list: readonly Block[], folder: string): string {
  const toTestServer = (b: Block) => ({
    ...b,
    code: b.code.replaceAll(
      /^(import \{[^}]*\bRealtime\b[^}]*\} from) 'ably'/gm,
      "$1 '../../../test/ably.ts'",
    ),
  })
  return extract(
    list.map((b) => (b.code.includes('startLocalAbly') ? b : toTestServer(b))),
    folder,
  )
}

let runs = 0

/** Runs a block as a module of its own, anew each time; answers what it exports. */
export async function run<Exports>(page: string, name: string): Promise<Exports> {
  const folder = prepare([block(page, name)], `run-${process.pid}-${++runs}`)
  try {
    const path = join(folder, page.replaceAll('/', '-').replace('.md', ''), name)
    return (await import(pathToFileURL(path).href)) as Exports
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A server that answers as OpenAI's and Anthropic's do, and the environment that their SDKs read. */
export async function startModel(): Promise<Server> {
  const server = createServer((request, answer) => {
    answer.setHeader('content-type', 'text/event-stream')
    for (const event of request.url!.includes('messages') ? anthropic() : openai())
      answer.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    answer.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  Object.assign(process.env, {
    OPENAI_API_KEY: 'none',
    OPENAI_BASE_URL: url,
    ANTHROPIC_API_KEY: 'none',
    ANTHROPIC_BASE_URL: url,
  })
  return server
}

function openai() {
  const place = { item_id: 'm', output_index: 0, content_index: 0 }
  const item = { id: 'm', type: 'message', role: 'assistant', status: 'completed', content: [] }
  return [
    { type: 'response.created', response: { id: 'r', output: [] } },
    { type: 'response.output_item.added', output_index: 0, item },
    {
      type: 'response.content_part.added',
      ...place,
      part: { type: 'output_text', text: '', annotations: [] },
    },
    ...said.map((delta) => ({ type: 'response.output_text.delta', ...place, delta })),
    { type: 'response.output_text.done', ...place, text: said.join('') },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: { id: 'r', status: 'completed', output: [item] } },
  ]
}

function anthropic() {
  const usage = { input_tokens: 1, output_tokens: 1 }
  const message = { id: 'm', type: 'message', role: 'assistant', model: 'any', content: [], usage }
  return [
    { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...said.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
    { type: 'message_stop' },
  ]
}
