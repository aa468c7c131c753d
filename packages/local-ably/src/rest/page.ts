import type { ServerResponse } from 'node:http'
import type { App } from '../app.ts'
import type { Connections } from '../connection/connections.ts'
import type { Log } from '../log.ts'
import { logLine } from '../logLine.ts'
import type { Route } from './router.ts'
import { statusOf } from '../status.ts'

/** A page that shows channels, connections and traffic. */
export function pageRoutes(apps: ReadonlyMap<string, App>, connections: Connections, log: Log): Route[] {
  return [
    ['GET', '/', () => ({ status: 200, body: html, type: 'text/html; charset=utf-8' })],
    ['GET', '/status', () => ({ status: 200, body: statusOf(apps, connections) })],
    ['GET', '/events', () => ({ status: 200, stream: (response) => streamEvents(response, log) })],
  ]
}

/** Streams log events to the page until the browser goes. */
function streamEvents(response: ServerResponse, log: Log): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.write(': listening\n\n')
  const stop = log.listen((event) => {
    // A browser that does not read must not fill the memory.
    if (response.writableLength > 1_000_000) return
    const { kind, text = '' } = event
    response.write(`data: ${JSON.stringify({ kind, text, line: logLine(event) })}\n\n`)
  })
  response.on('close', stop)
}

const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>local-ably</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
  body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; }
  h1 { font-size: 1.25rem; margin: 0; }
  h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
  th { font-weight: 600; }
  #log { font: 12px/1.6 ui-monospace, monospace; height: 40vh; overflow: auto; border: 1px solid #8884; padding: .5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
  .muted { opacity: .65; }
  label { margin-left: 1rem; font-weight: 400; }
</style>
<h1>local-ably <span class="muted" id="where"></span></h1>
<h2>Channels</h2>
<table><thead><tr><th>Name</th><th>App</th><th>Subscribers</th><th>Messages</th><th>Present</th></tr></thead><tbody id="channels"></tbody></table>
<h2>Connections</h2>
<table><thead><tr><th>Id</th><th>App</th><th>Client</th><th>State</th><th>Channels</th></tr></thead><tbody id="connections"></tbody></table>
<h2>Traffic <label><input type="checkbox" id="all"> protocol frames too</label></h2>
<div id="log" role="log" tabindex="0" aria-label="Traffic"></div>
<script>
  const byId = (id) => document.getElementById(id)
  byId('where').textContent = location.host
  const row = (cells) => {
    const tr = document.createElement('tr')
    for (const cell of cells) tr.append(Object.assign(document.createElement('td'), { textContent: cell }))
    return tr
  }
  const fill = (id, rows, none) => byId(id).replaceChildren(...(rows.length ? rows.map(row) : [row([none])]))
  async function refresh() {
    try {
      const { channels, connections } = await (await fetch('/status')).json()
      fill('channels', channels.map((c) => [c.name, c.app, c.subscribers, c.messages, c.members.join(', ')]), 'none yet')
      fill('connections', connections.map((c) => [c.id, c.app, c.clientId ?? '', c.connected ? 'connected' : 'away', c.channels.join(', ')]), 'none yet')
    } catch {}
  }
  refresh()
  setInterval(refresh, 1000)
  const carriers = ['MESSAGE', 'PRESENCE', 'ANNOTATION']
  new EventSource('/events').onmessage = ({ data }) => {
    const event = JSON.parse(data)
    if (!byId('all').checked && (event.kind === 'in' || event.kind === 'out') && !(event.kind === 'in' && carriers.includes(event.text.split(' ')[0]))) return
    const log = byId('log')
    const stuck = log.scrollTop + log.clientHeight > log.scrollHeight - 20
    log.append(event.line + '\\n')
    while (log.childNodes.length > 500) log.firstChild.remove()
    if (stuck) log.scrollTop = log.scrollHeight
  }
</script>
</html>
`
