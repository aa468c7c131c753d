import * as Ably from 'ably'
import { afterAll, beforeAll, it } from 'vitest'
import { Bench } from '../../test/agentBench.ts'
let bench: Bench
beforeAll(async () => { bench = await Bench.start({ namespaces: [{ id: 'ai', mutableMessages: true }, { id: 'plain' }] }) })
afterAll(() => bench.close())
const all = ['subscribe', 'publish', 'presence', 'history', 'message-update-own']
const within = <T,>(p: Promise<T>) => Promise.race([p.then((v) => ['ok', v && JSON.stringify(v).slice(0, 200)], (e) => ['rejects', e.code, e.message]), new Promise((r) => setTimeout(r, 1500, 'PENDING'))])
it.each([...all, 'nothing', 'immutable'])('lacks %s', async (lack) => {
  for (const pattern of ['message-per-response', 'message-per-token'] as const) {
    const channelName = (lack === 'immutable' ? 'plain:' : 'ai:') + `p-${lack}-${pattern}`
    const capability = { [channelName]: all.filter((one) => one !== lack) }
    const rest = new Ably.Rest({ ...bench.server.clientOptions })
    const tokenDetails = await rest.auth.requestToken({ clientId: 'agent', capability: JSON.stringify(capability) })
    const client = bench.client({ key: undefined as never, tokenDetails, authCallback: (_, cb) => cb(null, tokenDetails), echoMessages: false })
    const agent = bench.agent({ client, channelName, pattern })
    const errors: string[] = []
    agent.on('error', (e) => errors.push(`${e.code}: ${e.message}`))
    agent.onPrompt(async (p, r) => { r.append('hello '); await r.flush(); r.append('you') })
    console.log(lack, pattern, 'ready', await within(agent.ready), client.channels.get(channelName).modes)
    const user = bench.client({ clientId: 'ann' }).channels.get(channelName)
    await user.publish('user-input', { promptId: 'q', text: 'x' })
    await new Promise((r) => setTimeout(r, 300))
    const r = agent.respond(); r.append('One '); await within(r.flush()); r.append('two')
    console.log(lack, pattern, 'end', await within(r.end()))
    console.log(lack, pattern, 'errors', errors)
  }
}, 20000)
