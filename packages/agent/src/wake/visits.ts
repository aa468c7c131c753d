import type { RealtimeChannel, RealtimeClient } from 'ably'

interface Visit {
  readonly promptIds: Set<string>
  /** The channel was attached only for this visit. */
  readonly attached: boolean
}

const visits = new WeakMap<RealtimeClient, Map<string, Visit>>()

/**
 * Runs `answer`, unless this client is answering the prompt already. After the last visit, detaches a channel that it
 * attached.
 */
export async function visit<T>(
  client: RealtimeClient,
  channel: RealtimeChannel,
  promptId: string,
  answer: () => Promise<T>,
): Promise<T | undefined> {
  const ours = visits.get(client) ?? new Map<string, Visit>()
  visits.set(client, ours)
  const attached = channel.state !== 'attached' && channel.state !== 'attaching'
  const here = ours.get(channel.name) ?? { promptIds: new Set(), attached }
  if (here.promptIds.has(promptId)) return undefined
  ours.set(channel.name, here)
  here.promptIds.add(promptId)
  try {
    return await answer()
  } finally {
    here.promptIds.delete(promptId)
    if (here.promptIds.size === 0) {
      ours.delete(channel.name)
      if (here.attached && client.connection.state === 'connected') await channel.detach().catch(() => {})
    }
  }
}
