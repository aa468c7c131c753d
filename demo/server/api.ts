import { randomBytes } from 'node:crypto'
import { cleanText } from '@rejoin/postgres'
import { addressOf } from './address.ts'
import { readJson, Router, type Call } from './http.ts'
import type { AgentProcess } from './agents.ts'
import type { Limits } from './limits.ts'
import { badRequest, messageOf, notFound, Problem } from './problem.ts'
import type { Sessions } from './sessions.ts'
import { channelOf, type Conversation, type Pattern, type Store, type User } from './store.ts'
import type { Tokens } from './tokens.ts'

interface Parts {
  store: Store
  sessions: Sessions
  tokens: Tokens
  limits: Limits
  agent: AgentProcess
  /** The number of your own proxies in front of the demo. */
  proxies: number
  /** The settings that pages may see. */
  config: object
}

/** The most conversations one user may have. */
const mostConversations = 200

const patterns: readonly string[] = ['message-per-response', 'message-per-token'] satisfies Pattern[]

/** The API, except for the faults. */
export function createApi({ store, sessions, tokens, limits, agent, proxies, config }: Parts): Router {
  const owned = async (call: Call): Promise<[Conversation, User]> => ownedBy(store, sessions, limits, call)

  async function signIn({ request, response }: Call, name?: unknown): Promise<User> {
    const known = await sessions.find(request)
    if (known) return known
    limits.take(`sign-in ${addressOf(request, proxies)}`, 60)
    if (name !== undefined && (typeof name !== 'string' || !/^[\p{L}\p{N} '.-]{1,40}$/u.test(name)))
      throw badRequest('unable to use this name; use up to 40 letters, digits and spaces')
    return sessions.signIn(request, response, name)
  }

  async function create(user: User, pattern: unknown): Promise<Conversation> {
    limits.take(`create ${user.id}`, 30)
    if ((await store.countConversations(user.id)) >= mostConversations)
      throw new Problem(
        `unable to start another conversation; you have ${mostConversations}. Delete one first`,
        { status: 409, code: 'too_many' },
      )
    if (typeof pattern !== 'string' || !patterns.includes(pattern))
      throw badRequest(`unable to create the conversation; pattern must be one of ${patterns.join(', ')}`)
    const conversation = newConversation(user.id, pattern as Pattern)
    await store.addConversation(conversation)
    return conversation
  }

  return (
    new Router(proxies)
      .on('GET', '/api/config', () => config)

      // All that a page begins with, in one answer. A user without conversations gets one.
      .on('POST', '/api/home', async (call) => {
        const { conversation } = await readJson(call.request)
        const user = await signIn(call)
        const conversations = await store.conversationsOf(user.id)
        if (conversations.length === 0 && conversation === '')
          conversations.push(await create(user, 'message-per-response'))
        return { config, user, conversations: conversations.map(shown) }
      })

      .on('GET', '/api/session', ({ request }) => sessions.user(request))
      // Keeps an existing session; otherwise signs in a guest.
      .on('POST', '/api/session', async (call) => signIn(call, (await readJson(call.request)).name))
      .on('DELETE', '/api/session', async ({ request, response }) => {
        // Not awaited: signing out must not depend on Ably. `revoke` reports failures itself.
        if (await sessions.find(request)) void tokens.revoke({ session: sessions.nameOf(request) })
        await sessions.signOut(request, response)
      })

      .on('GET', '/api/conversations', async ({ request }) =>
        (await store.conversationsOf((await sessions.user(request)).id)).map(shown),
      )
      .on('POST', '/api/conversations', async ({ request }) => {
        const user = await sessions.user(request)
        const { pattern } = await readJson(request)
        return shown(await create(user, pattern))
      })
      .on('GET', '/api/conversations/:id', async (call) => shown((await owned(call))[0]))
      .on('PATCH', '/api/conversations/:id', async (call) => {
        const [{ id }] = await owned(call)
        const { title } = await readJson(call.request)
        if (typeof title !== 'string' || title.trim() === '' || title.length > 80)
          throw badRequest('unable to rename the conversation; title must be a text of 1 to 80 characters')
        await store.renameConversation(id, cleanText(title.trim()))
        return shown((await store.conversation(id))!)
      })
      .on('DELETE', '/api/conversations/:id', async (call) => {
        const [conversation] = await owned(call)
        // First the agent, so that it does not write rows of a conversation that no longer exists.
        await agent
          .close(conversation.id)
          .catch((error: unknown) => console.error(`agent: ${messageOf(error)}`))
        await store.removeConversation(conversation.id)
        await tokens.revoke({ channel: channelOf(conversation) })
      })

      .on('GET', '/api/conversations/:id/token', async (call) => {
        const [conversation, user] = await owned(call)
        const { id, pattern } = conversation
        // A conversation can be read without an agent; the page shows that the agent is offline.
        await agent
          .open({ id, channel: channelOf(conversation), pattern })
          .catch((error: unknown) => console.error(`agent: ${messageOf(error)}`))
        return {
          token: await tokens.sign(user, conversation, sessions.nameOf(call.request)),
          channel: channelOf(conversation),
        }
      })
      .on('GET', '/api/conversations/:id/rows', async (call) => {
        const [conversation] = await owned(call)
        const { searchParams } = call.url
        const limit = Number(searchParams.get('limit') ?? 20)
        if (!Number.isInteger(limit) || limit < 1 || limit > 100)
          throw badRequest('unable to read messages; limit must be a whole number from 1 to 100')
        return store.messages.page(conversation.id, {
          limit,
          cursor: searchParams.get('cursor') ?? undefined,
        })
      })
  )
}

/** Another user's conversation is answered like one that does not exist. */
export async function ownedBy(
  store: Store,
  sessions: Sessions,
  limits: Limits,
  { request, params }: Call,
): Promise<[Conversation, User]> {
  const user = await sessions.user(request)
  limits.take(`use ${user.id}`, 240)
  const conversation = await store.conversation(params.id ?? '')
  if (conversation?.ownerId !== user.id) throw notFound('conversation')
  return [conversation, user]
}

function newConversation(ownerId: string, pattern: Pattern): Conversation {
  const now = Date.now()
  const id = randomBytes(12).toString('hex')
  return { id, ownerId, pattern, title: '', named: false, createdAt: now, updatedAt: now }
}

const shown = ({ id, pattern, title, named, updatedAt }: Conversation) => ({
  id,
  pattern,
  title,
  named,
  updatedAt,
})
