import type { InspectorElement } from '@rejoin/inspector'

/** A publish of the agent, as the embedded server saw it. */
type Publish = Parameters<InspectorElement['publish']>[0]

/** Tells what the agent publishes in a conversation, live. Returns how to stop. */
export function watchPublishes(conversation: string, tell: (publish: Publish) => void): () => void {
  let source: EventSource | undefined
  // Browsers keep six connections to a server, for all tabs together, so a hidden tab holds none.
  const follow = () => {
    const visible = document.visibilityState === 'visible'
    if (!visible) source?.close()
    if (!visible || (source && source.readyState !== EventSource.CLOSED)) return
    source = new EventSource(`/api/conversations/${conversation}/publishes`)
    source.onmessage = ({ data }) => tell(JSON.parse(data as string) as Publish)
  }
  follow()
  document.addEventListener('visibilitychange', follow)
  return () => {
    document.removeEventListener('visibilitychange', follow)
    source?.close()
  }
}
