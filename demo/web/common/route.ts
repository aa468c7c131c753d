export const fronts = ['react', 'vue', 'script'] as const
export type Front = (typeof fronts)[number]

export interface Route {
  front: Front
  /** Empty: none chosen yet. */
  conversation: string
}

/** Every conversation has an address of its own: /react/<conversation>. */
export function readRoute(path = location.pathname): Route {
  const [, front, conversation] = path.split('/')
  return { front: fronts.find((name) => name === front) ?? 'react', conversation: conversation ?? '' }
}

export const pathOf = ({ front, conversation }: Route) => `/${front}/${conversation}`

export function go(route: Route, replace = false): void {
  if (replace) history.replaceState(null, '', pathOf(route))
  else history.pushState(null, '', pathOf(route))
  dispatchEvent(new PopStateEvent('popstate'))
}
