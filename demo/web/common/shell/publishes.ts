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

/** The last ones, and how many there have been. */
export interface Publishes {
  recent: ReadonlyMap<string, Publish>
  total: number
  refused: number
}

/** Reads what the agent publishes in a conversation, live. Returns how to stop. */
export function watchPublishes(conversation: string, onChange: (publishes: Publishes) => void): () => void {
  const recent = new Map<string, Publish>()
  let total = 0
  let refused = 0
  let source: EventSource | undefined
  // Browsers keep six connections to a server, for all tabs together, so a hidden tab holds none.
  const follow = () => {
    const visible = document.visibilityState === 'visible'
    if (!visible) source?.close()
    if (!visible || (source && source.readyState !== EventSource.CLOSED)) return
    source = new EventSource(`/api/conversations/${conversation}/publishes`)
    source.onmessage = ({ data }) => {
      const publish = JSON.parse(data as string) as Publish
      const before = recent.get(publish.id)
      if (!before) total++
      if (publish.fate === 'refused' && before?.fate !== 'refused') refused++
      recent.set(publish.id, publish)
      if (recent.size > 2000) recent.delete(recent.keys().next().value!)
      onChange({ recent, total, refused })
    }
  }
  follow()
  document.addEventListener('visibilitychange', follow)
  return () => {
    document.removeEventListener('visibilitychange', follow)
    source?.close()
  }
}
