/** A publish of the agent, as the embedded server saw it. */
export interface Publish {
  id: string
  at: number
  /** `create`, `append`, `update`, or the message's name. */
  what: string
  characters: number
  /** `waiting`: the agent has not heard yet. */
  fate: 'waiting' | 'stored' | 'refused'
  fateAt?: number
}

/** Reads what the agent publishes in a conversation, live. Returns how to stop. */
export function watchPublishes(
  conversation: string,
  onChange: (publishes: ReadonlyMap<string, Publish>) => void,
): () => void {
  const publishes = new Map<string, Publish>()
  let source: EventSource | undefined
  // Browsers keep six connections to a server, for all tabs together: a tab that nobody sees holds none.
  const follow = () => {
    const visible = document.visibilityState === 'visible'
    if (!visible) source?.close()
    if (!visible || (source && source.readyState !== EventSource.CLOSED)) return
    source = new EventSource(`/api/conversations/${conversation}/publishes`)
    source.onmessage = ({ data }) => {
      const publish = JSON.parse(data as string) as Publish
      publishes.set(publish.id, publish)
      if (publishes.size > 2000) publishes.delete(publishes.keys().next().value!)
      onChange(publishes)
    }
  }
  follow()
  document.addEventListener('visibilitychange', follow)
  return () => {
    document.removeEventListener('visibilitychange', follow)
    source?.close()
  }
}
