// Runs the bundle in an engine that has what Hermes and React Native have, and no global more.
import { readFileSync } from 'node:fs'
import vm from 'node:vm'
import { createAgent } from '@rejoin/agent'
import { startLocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'

const server = await startLocalAbly({ port: 0 })
const agentClient = new Realtime({ ...server.clientOptions, clientId: 'agent' })
const agent = createAgent({ client: agentClient, channelName: 'ai:phone' })
await agent.onPrompt(async (prompt, response) => {
  for (const word of ['You ', 'said: ', prompt.text]) response.append(word)
})

/** As the polyfill that React Native brings: no `reason`, no `throwIfAborted`, no `any` and `timeout`. */
class AbortSignal {
  aborted = false
  listeners = new Set()
  addEventListener(_, listener) {
    this.listeners.add(listener)
  }
  removeEventListener(_, listener) {
    this.listeners.delete(listener)
  }
}
class AbortController {
  signal = new AbortSignal()
  abort() {
    if (this.signal.aborted) return
    this.signal.aborted = true
    for (const listener of this.signal.listeners) listener({ type: 'abort' })
  }
}

/** As much of it as Ably needs. */
class XMLHttpRequest {
  readyState = 0
  status = 0
  statusText = ''
  headers = {}
  open(method, url) {
    Object.assign(this, { method, url })
  }
  setRequestHeader(name, value) {
    this.headers[name] = value
  }
  getResponseHeader(name) {
    return this.answered?.get(name) ?? null
  }
  getAllResponseHeaders() {
    return [...(this.answered ?? [])].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  }
  abort() {
    this.onabort?.({})
  }
  async send(body) {
    const { method, url, headers } = this
    try {
      const answer = await fetch(url, { method, headers, body: body ?? undefined })
      Object.assign(this, { status: answer.status, statusText: answer.statusText, answered: answer.headers })
      this.response = this.responseText = await answer.text()
    } catch (error) {
      return this.onerror?.(error)
    }
    for (this.readyState = 2; this.readyState <= 4; this.readyState++) {
      this.onreadystatechange?.({})
      if (this.readyState === 4) break
    }
    this.onload?.({})
  }
}

// A new context has the language alone. These are React Native's.
const globals = {
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  clearImmediate,
  queueMicrotask,
  console,
  WebSocket,
  XMLHttpRequest,
  fetch,
  Blob,
  AbortController,
  AbortSignal,
  requestAnimationFrame: (callback) => setTimeout(() => callback(performance.now()), 16),
  cancelAnimationFrame: clearTimeout,
  performance: { now: () => performance.now() },
  navigator: { product: 'ReactNative' },
}
const phone = vm.createContext(globals)
phone.utf8 = (text) => [...new TextEncoder().encode(text)]
vm.runInContext(
  `globalThis.global = globalThis.window = globalThis.self = globalThis
   globalThis.TextEncoder = class {
     encode = (text) => Uint8Array.from(utf8(text))
   }`,
  phone,
)
// What V8 has and Hermes has not.
vm.runInContext(
  `delete Array.fromAsync; delete Promise.withResolvers; delete Object.groupBy; delete Map.groupBy
   delete globalThis.Iterator; delete Intl.Segmenter; delete globalThis.FinalizationRegistry
   for (const name of ['union', 'intersection', 'difference']) delete Set.prototype[name]`,
  phone,
)
for (const name of [
  'crypto',
  'MessageChannel',
  'DOMException',
  'structuredClone',
  'document',
  'TextDecoder',
  'process',
])
  if (vm.runInContext(`typeof ${name}`, phone) !== 'undefined') throw new Error(`the engine has ${name}`)

let bringBack = () => {}
phone.network = (is) => {
  bringBack()
  if (!is) bringBack = server.faults.drop({ match: { clientId: 'ann' }, refuseFor: 60_000 })
}
vm.runInContext(readFileSync('dist/app.js', 'utf8'), phone)
const { port, endpoint, key, tls } = server.clientOptions
const options = { port, endpoint, key, tls, clientId: 'ann', useBinaryProtocol: false }
const answers = await phone.chat(options, 'ai:phone')
const wanted = ['How are you?', 'And now?'].map((text) => ({
  text: `You said: ${text}`,
  verified: true,
  hasGap: false,
  segments: 1,
}))
if (JSON.stringify(answers) !== JSON.stringify(wanted))
  throw new Error(`unable to chat on a phone; the answers are ${JSON.stringify(answers)}`)
console.log(
  'seen: a chat bundled by Metro, in an engine without crypto, MessageChannel, DOMException and structuredClone',
)
if (!phone.bindings.includes('useResponse')) throw new Error('unable to find the hooks in the bundle')
await agent.close()
process.exit()
