import {
  call,
  createConversation,
  deleteConversation,
  getHome,
  listConversations,
  renameConversation,
  type Pattern,
  type Home,
} from '../api.ts'
import { Activity } from '../activity.ts'
import { connect, type Libraries } from '../connect.ts'
import { h } from '../dom.ts'
import { resendWhenBack } from '../resend.ts'
import { go, readRoute } from '../route.ts'
import { Title } from '../title.ts'
import { warmFonts } from '../warmFonts.ts'
import type { Mount } from '../stage.ts'
import '../style/index.css'
import { Dock } from './dock.ts'
import { Drawers } from './drawers.ts'
import { Panel } from './panel.ts'
import { Sidebar } from './sidebar.ts'

/** Everything around the conversation: the same for every front end. */
export async function startShell(mount: Mount, libraries: Libraries): Promise<void> {
  const app = document.getElementById('app')!
  try {
    const shell = new Shell(app, mount, libraries, await load())
    addEventListener('popstate', () => shell.show())
    shell.show()
    warmFonts()
  } catch (error) {
    const { message } = error as Error
    app.replaceChildren(h('main', { class: 'main' }, problem('The chat cannot start', message)))
  }
}

/** The last conversation opens by itself; the first time, a new one. */
async function load(): Promise<Home> {
  const route = readRoute()
  const home = await getHome(route.conversation)
  if (route.conversation === '') go({ ...route, conversation: home.conversations[0]!.id }, true)
  return home
}

class Shell {
  readonly #mount: Mount
  readonly #libraries: Libraries
  readonly #home: Home
  readonly #sidebar: Sidebar
  readonly #front = h('div', { class: 'stage' })
  readonly #dock: Dock
  readonly #main: HTMLElement
  readonly #panel: Panel
  readonly #drawers: Drawers
  #shown: string | undefined
  #title: Title | undefined
  #leave = () => {}

  constructor(app: HTMLElement, mount: Mount, libraries: Libraries, home: Home) {
    this.#mount = mount
    this.#libraries = libraries
    this.#home = home
    this.#sidebar = new Sidebar({
      user: home.user,
      open: (conversation) => go({ ...readRoute(), conversation }),
      create: (pattern) => this.#create(pattern),
      remove: (id) => this.#remove(id),
      rename: (id, title) => this.#rename(id, title),
      choosePattern: (pattern) => this.#choosePattern(pattern),
      signOut: () => this.#signOut(),
      close: () => this.#drawers.close(),
    })
    this.#dock = new Dock(home.config)
    this.#main = h('main', { class: 'main' }, this.#front, this.#dock.element)
    this.#panel = new Panel(home.config, {
      breakIt: () => {
        this.#drawers.close()
        this.#dock.breakIt()
      },
      compare: () => {
        this.#drawers.close()
        this.#dock.compare()
      },
      close: () => this.#drawers.close(),
      joinLate: () => this.show(true),
    })
    this.#drawers = new Drawers(this.#main, { list: this.#sidebar.element, panel: this.#panel.element })
    app.replaceChildren(this.#sidebar.element, this.#main, this.#panel.element, this.#drawers.scrim)
    app.className = 'app'
    // The button that jumps to the end goes: the keyboard scrolls on from there.
    this.#front.addEventListener('click', ({ target }) => {
      if (!(target as Element).matches('.latest')) return
      this.#front.querySelector<HTMLElement>('.scroll')?.focus({ preventScroll: true })
    })
  }

  /** Shows the conversation of the address; `again`: joins it anew even if it shows already, like a late device. */
  show(again = false): void {
    const { conversation: id } = readRoute()
    this.#drawers.close()
    const { config, user, conversations } = this.#home
    const conversation = conversations.find((one) => one.id === id)
    this.#sidebar.update(conversations, conversation)
    if (id === this.#shown && !again) return
    this.#leave()
    this.#leave = () => {}
    this.#shown = id
    if (!conversation) {
      this.#panel.show(undefined)
      this.#dock.show(undefined)
      this.#front.replaceChildren(
        problem('This conversation cannot be opened', 'It does not exist, or it belongs to someone else.'),
      )
      return
    }
    const connection = connect(conversation, config, this.#libraries)
    const activity = new Activity(connection.session)
    const title = new Title(connection.session, conversation)
    this.#title = title
    const stopResending = resendWhenBack(connection.session)
    title.subscribe(() => this.#called(id, title.get()))
    this.#panel.show({ conversation, connection })
    this.#dock.show({ conversation, connection })
    this.#front.replaceChildren()
    const unmount = this.#mount(this.#front, {
      connection,
      conversation,
      title,
      config,
      user,
      activity,
      openDrawer: (drawer) => this.#drawers.open(drawer),
    })
    this.#leave = () => {
      unmount()
      this.#dock.show(undefined)
      stopResending()
      activity.close()
      title.close()
      connection.close()
    }
  }

  /** The list calls the conversation that shows as its heading does. */
  #called(id: string, title: string): void {
    const { conversations } = this.#home
    if (conversations.every((one) => one.id !== id || one.title === title)) return
    this.#home.conversations = conversations.map((one) => (one.id === id ? { ...one, title } : one))
    this.#list()
  }

  async #refresh(): Promise<void> {
    this.#home.conversations = await listConversations()
    this.#list()
  }

  #list(): void {
    const { conversations } = this.#home
    this.#sidebar.update(
      conversations,
      conversations.find(({ id }) => id === this.#shown),
    )
  }

  async #create(pattern: Pattern): Promise<void> {
    const conversation = await createConversation(pattern)
    await this.#refresh()
    go({ ...readRoute(), conversation: conversation.id })
  }

  async #remove(id: string): Promise<void> {
    await deleteConversation(id)
    await this.#refresh()
    if (id !== this.#shown) return
    const next = this.#home.conversations[0]
    if (next) go({ ...readRoute(), conversation: next.id })
    else await this.#create('message-per-response')
  }

  async #rename(id: string, title: string): Promise<void> {
    await renameConversation(id, title)
    if (id === this.#shown) this.#title?.rename(title)
    await this.#refresh()
  }

  async #choosePattern(pattern: Pattern): Promise<void> {
    const latest = this.#home.conversations.find((conversation) => conversation.pattern === pattern)
    if (latest) go({ ...readRoute(), conversation: latest.id })
    else await this.#create(pattern)
  }

  async #signOut(): Promise<void> {
    this.#leave()
    await call('DELETE', '/session')
    location.assign(`/${readRoute().front}/`)
  }
}

/** A page that says what stands in the way. */
function problem(title: string, text: string): HTMLElement {
  const again = () => location.assign(`/${readRoute().front}/`)
  return h(
    'section',
    { class: 'problem' },
    h('h1', {}, title),
    h('p', { role: 'alert' }, text),
    h('button', { type: 'button', class: 'button first', onclick: again }, 'Start again'),
  )
}
