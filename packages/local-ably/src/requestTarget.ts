/** The target of a request line. Unlike `URL`, it can be read from any text. */
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
