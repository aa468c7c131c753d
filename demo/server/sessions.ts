import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Problem } from './problem.ts'
import type { Store, User } from './store.ts'

const cookieName = 'rejoin_session'
const lifetime = 30 * 24 * 60 * 60 * 1000

/**
 * Identifies users by a cookie that scripts cannot read. The session is in the database, so signing out ends it at once,
 * also for copies of the cookie.
 */
export class Sessions {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async find(request: IncomingMessage): Promise<User | undefined> {
    const token = readCookie(request)
    return token === undefined ? undefined : this.#store.userOfSession(hash(token))
  }

  async user(request: IncomingMessage): Promise<User> {
    const user = await this.find(request)
    if (!user) throw new Problem('unable to identify you; sign in first', { status: 401, code: 'signed_out' })
    return user
  }

  /** Names the session, to revoke its tokens. The cookie cannot be derived from it. */
  nameOf(request: IncomingMessage): string {
    return hash(`session ${readCookie(request) ?? ''}`)
  }

  async signIn(request: IncomingMessage, response: ServerResponse, name?: string): Promise<User> {
    const user = { id: `u-${randomBytes(8).toString('hex')}`, name: name || guestName() }
    const token = randomBytes(32).toString('base64url')
    await this.#store.addUser(user)
    await this.#store.addSession(hash(token), user.id, Date.now() + lifetime)
    response.setHeader('set-cookie', cookie(request, token, lifetime))
    return user
  }

  async signOut(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = readCookie(request)
    if (token) await this.#store.removeSession(hash(token))
    response.setHeader('set-cookie', cookie(request, '', 0))
  }
}

function readCookie(request: IncomingMessage): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(/;\s*/)
  return pairs.find((pair) => pair.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1) || undefined
}

function cookie(request: IncomingMessage, value: string, maxAge: number): string {
  const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : ''
  return `${cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${Math.floor(maxAge / 1000)}${secure}`
}

const hash = (token: string) => createHash('sha256').update(token).digest('base64url')

const colours = ['Amber', 'Coral', 'Indigo', 'Jade', 'Olive', 'Pearl', 'Ruby', 'Teal']
const birds = ['Finch', 'Heron', 'Lark', 'Martin', 'Plover', 'Robin', 'Swift', 'Wren']

function guestName(): string {
  const pick = (list: string[]) => list[randomBytes(1)[0]! % list.length]!
  return `${pick(colours)} ${pick(birds)}`
}
