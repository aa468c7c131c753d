/** What a request line asks for. Unlike `URL`, this reads any text that a client may send. */
export interface Target {
  /** The path, still encoded: `/channels/a%20b/messages`. */
  path: string
  query: URLSearchParams
}

export function readTarget(url: string | undefined): Target {
  const text = (url ?? '/').replace(/#.*$/s, '')
  const mark = text.indexOf('?')
  const before = mark < 0 ? text : text.slice(0, mark)
  const path = before.replace(/^https?:\/\/[^/]*/i, '')
  return { path: path === '' ? '/' : path, query: new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1)) }
}
