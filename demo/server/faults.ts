import type { LocalAbly, Remove } from '@rejoin/local-ably'
import { Slots } from '../common/slots.ts'
import type { AgentProcess } from './agents.ts'
import { readJson, type Call, type Router } from './http.ts'
import type { Lines } from './lines.ts'
import { badRequest, messageOf, Problem } from './problem.ts'
import type { Publishes } from './publishes.ts'
import { channelOf, type Conversation, type User } from './store.ts'

interface Parts {
  local: LocalAbly | undefined
  lines: Lines
  agent: AgentProcess
  publishes: Publishes
  owned(call: Call): Promise<[Conversation, User]>
}

/** The most event streams one user may have open; each tab has one. */
const streamsEach = 30

/** How late the agent learns that a publish was refused, in milliseconds: long enough to see the gap. */
const lateNews = 2500

/** The endpoints behind the fault panel. */
export function addFaults(router: Router, { local, lines, agent, publishes, owned }: Parts): Router {
  /** How to remove faults that stay active, by conversation. */
  const lasting = new Map<string, Remove>()
  const streams = new Slots(streamsEach)

  router.on('GET', '/api/conversations/:id/publishes', async (call) => {
    const [conversation, user] = await owned(call)
    if (!local) throw notEmbedded
    const leave = streams.take(user.id)
    if (!leave)
      throw new Problem(`unable to open another stream; you have ${streamsEach}. Close some tabs`, {
        status: 429,
        code: 'too_many',
      })
    call.response.on('close', leave)
    publishes.stream(channelOf(conversation), call.response)
  })

  return router.on('POST', '/api/conversations/:id/faults', async (call) => {
    const [conversation, user] = await owned(call)
    if (!local) throw notEmbedded
    const { kind, tab, connectionId, milliseconds, n, memory } = await readJson(call.request)
    const heal = () => {
      lasting.get(conversation.id)?.()
      lasting.delete(conversation.id)
    }
    switch (kind) {
      case 'lose':
        return void losePublish(local, conversation, { times: 1 })
      case 'every':
        heal()
        lasting.set(conversation.id, losePublish(local, conversation, { every: whole(n, 2, 100) }))
        return undefined
      case 'heal':
        return heal()
      case 'drop':
        return void lines.drop(text(tab), whole(milliseconds, 100, 120_000))
      case 'slow':
        return lines.slow(text(tab), whole(milliseconds, 0, 5000))
      case 'kill':
        return agent.kill()
      case 'restart':
        // Not awaited: the page notices because its connection drops.
        void local.faults
          .restart({ memory: memory !== false, downFor: 2000 })
          .catch((error: unknown) => console.error(`broker: ${messageOf(error)}`))
        return undefined
      case 'expire':
        return local.faults.expireToken({ match: { clientId: user.id, connectionId: text(connectionId) } })
      default:
        throw badRequest(
          'unable to inject this fault; kind must be lose, every, heal, drop, slow, kill, restart or expire',
        )
    }
  })
}

const notEmbedded = new Problem(
  'unable to inject faults into the Ably service; unset ABLY_API_KEY to use the embedded server',
  { status: 409, code: 'not_embedded' },
)

function losePublish(
  local: LocalAbly,
  conversation: Conversation,
  when: { times?: number; every?: number },
): Remove {
  const channel = channelOf(conversation)
  const answering =
    conversation.pattern === 'message-per-token' ? { channel, name: 'token' } : { channel, action: 'append' }
  const match = { ...answering, data: (value: string) => value.length > 0 }
  const ends = [
    local.faults.refuse({ match, ...when }),
    local.faults.delay({ on: 'ack', match, ...when, ms: lateNews }),
  ]
  return () => ends.forEach((end) => end())
}

function text(value: unknown): string {
  if (typeof value !== 'string' || !/^[\w!-]{1,64}$/.test(value))
    throw badRequest('unable to find the tab; send its name as `tab`')
  return value
}

function whole(value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw badRequest(`unable to use this number; send a whole number from ${min} to ${max}`)
  return value
}
