// What a phone tells: whether the app is in front.
const listeners = new Set()

export const AppState = {
  currentState: 'active',
  addEventListener(_, listener) {
    listeners.add(listener)
    return { remove: () => listeners.delete(listener) }
  },
  /** A person leaves the app, or comes back. */
  become(state) {
    AppState.currentState = state
    for (const listener of listeners) listener(state)
  },
}
export const Platform = { OS: 'ios' }
export const NativeModules = {}
