// Everything a page needs: no bundler, no framework.
const { clientOptions, channelName } = JSON.parse(document.getElementById('options').textContent)
const client = new (window.Ably ?? Rejoin).Realtime(clientOptions)
const session = Rejoin.createSession({ client, channelName })
const list = document.getElementById('messages')
const shown = new Map()

function row({ id, role }) {
  if (shown.has(id)) return shown.get(id)
  const line = list.appendChild(document.createElement('li'))
  const text = line.appendChild(document.createTextNode(''))
  shown.set(id, line)
  const show = () => {
    text.data = role === 'user' ? session.getPrompt(id).text : session.getResponse(id).text
    line.dataset.status = session.getResponse(id)?.status ?? 'sent'
  }
  if (role === 'assistant') session.subscribeResponse(id, show)
  show()
  return line
}

session.subscribe(() => list.replaceChildren(...session.getSnapshot().messages.map(row)))
document.querySelector('form').onsubmit = (event) => {
  event.preventDefault()
  session.sendMessage({ text: event.target.elements.prompt.value })
  event.target.reset()
}
