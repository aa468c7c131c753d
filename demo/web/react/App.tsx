import { useCallback, useEffect, useState } from 'react'
import {
  call,
  createConversation,
  getConfig,
  listConversations,
  whoAmI,
  type Config,
  type Conversation,
  type Pattern,
  type User,
} from '../shared/api.ts'
import { go, readRoute } from '../shared/route.ts'
import { Chat } from './Chat.tsx'
import { Sidebar } from './Sidebar.tsx'

interface Home {
  config: Config
  user: User
  conversations: Conversation[]
}

/** Who is here, which conversation is open, and what is around it. */
export function App() {
  const [home, setHome] = useState<Home>()
  const [problem, setProblem] = useState<string>()
  const [id, setId] = useState(() => readRoute().conversation)
  const [drawer, setDrawer] = useState<'list' | 'panel'>()

  useEffect(() => {
    const read = () => setId(readRoute().conversation)
    addEventListener('popstate', read)
    return () => removeEventListener('popstate', read)
  }, [])

  useEffect(() => {
    let left = false
    start().then(
      (result) => !left && setHome(result),
      (error: Error) => !left && setProblem(error.message),
    )
    return () => void (left = true)
  }, [])

  const refresh = useCallback(async () => {
    const conversations = await listConversations()
    setHome((before) => before && { ...before, conversations })
  }, [])

  const guarded = useCallback((work: () => Promise<void>) => {
    setProblem(undefined)
    setDrawer(undefined)
    work().catch((error: Error) => setProblem(error.message))
  }, [])

  const open = useCallback((conversation: string) => {
    setDrawer(undefined)
    go({ ...readRoute(), conversation })
  }, [])

  if (!home)
    return (
      <div className="app">
        <main className="main">{problem && <Problem text={problem} />}</main>
      </div>
    )

  const { config, user, conversations } = home
  const current = conversations.find((conversation) => conversation.id === id)

  async function create(pattern: Pattern) {
    const conversation = await createConversation(pattern)
    await refresh()
    open(conversation.id)
  }

  async function choosePattern(pattern: Pattern) {
    const latest = conversations.find((conversation) => conversation.pattern === pattern)
    if (latest) open(latest.id)
    else await create(pattern)
  }

  async function signOut() {
    await call('DELETE', '/session')
    location.assign(`/${readRoute().front}/`)
  }

  return (
    <div className="app">
      <Sidebar
        open={drawer === 'list'}
        user={user}
        current={current}
        conversations={conversations}
        onOpen={open}
        onNew={(pattern) => guarded(() => create(pattern))}
        onPattern={(pattern) => guarded(() => choosePattern(pattern))}
        onSignOut={() => guarded(signOut)}
        onClose={() => setDrawer(undefined)}
      />
      {current ? (
        <Chat
          key={current.id}
          conversation={current}
          config={config}
          panelOpen={drawer === 'panel'}
          problem={problem}
          onDrawer={setDrawer}
          onChanged={() => void refresh().catch(() => {})}
        />
      ) : (
        <main className="main">
          <Problem text={problem ?? 'unable to open this conversation; it does not exist, or it belongs to someone else'} />
        </main>
      )}
      <div className="scrim" data-open={drawer !== undefined} onClick={() => setDrawer(undefined)} />
    </div>
  )
}

let starting: Promise<Home> | undefined

/** The last conversation opens by itself; the first time, a new one, and only one, however often this is called. */
const start = () => (starting ??= startOnce())

async function startOnce(): Promise<Home> {
  const [config, user] = await Promise.all([getConfig(), whoAmI()])
  const conversations = await listConversations()
  const route = readRoute()
  if (route.conversation === '') {
    if (conversations.length === 0) conversations.push(await createConversation('message-per-response'))
    go({ ...route, conversation: conversations[0]!.id }, true)
  }
  return { config, user, conversations }
}

function Problem({ text }: { text: string }) {
  return (
    <div className="notice" role="alert">
      <span>{text}</span>
      <button type="button" onClick={() => location.assign(`/${readRoute().front}/`)}>
        Start again
      </button>
    </div>
  )
}
