import type { LocalAbly } from '@rejoin/local-ably'
import { readJson, type Router } from './http.ts'
import type { Lines } from './lines.ts'
import { badRequest, Problem } from './problem.ts'
import type { Call } from './http.ts'
import type { Conversation } from './store.ts'
import { channelOf } from './tokens.ts'

interface Parts {
  local: LocalAbly | undefined
  lines: Lines
  owned(call: Call): Promise<Conversation>
}

/** Milliseconds after which the agent hears that a publish was refused: long enough to see the hole. */
const lateNews = 2500

/** What the panel "Break it" asks for. */
export function addFaults(router: Router, { local, lines, owned }: Parts): Router {
  return router.on('POST', '/api/conversations/:id/faults', async (call) => {
    const conversation = await owned(call)
    if (!local)
      throw new Problem('unable to break the Ably service; unset ABLY_API_KEY to use the embedded server', {
        status: 409,
        code: 'not_embedded',
      })
    const { kind, tab, milliseconds } = await readJson(call.request)
    switch (kind) {
      case 'lose':
        return losePublish(local, conversation)
      case 'drop':
        lines.drop(text(tab), whole(milliseconds, 100, 120_000))
        return undefined
      default:
        throw badRequest('unable to break this; kind must be lose or drop')
    }
  })
}

function losePublish(local: LocalAbly, conversation: Conversation): void {
  const channel = channelOf(conversation)
  const answering =
    conversation.pattern === 'message-per-token'
      ? { channel, name: 'token' }
      : { channel, action: 'append' }
  const match = { ...answering, data: (value: string) => value.length > 0 }
  local.faults.refuse({ match, times: 1 })
  local.faults.delay({ on: 'ack', match, times: 1, ms: lateNews })
}

function text(value: unknown): string {
  if (typeof value !== 'string' || !/^[\w-]{1,64}$/.test(value)) throw badRequest('unable to find your tab; name it')
  return value
}

function whole(value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw badRequest(`unable to do this for so long; give ${min} to ${max} milliseconds`)
  return value
}
