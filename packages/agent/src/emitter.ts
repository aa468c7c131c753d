import { EventEmitter } from 'eventemitter3'

/** Events with isolated listeners: an error in one listener does not keep the others from being called. */
export class Emitter<Events extends { [Name in keyof Events]: (...args: never[]) => void }> {
  readonly #listeners = new EventEmitter()
  readonly #failed: (error: unknown) => void

  /** `failed` receives the errors of listeners. */
  constructor(failed: (error: unknown) => void = () => {}) {
    this.#failed = failed
  }

  /** Returns a function that removes the listener. */
  on<Name extends keyof Events & string>(name: Name, listener: Events[Name]): () => void {
    const isolated = (...args: Parameters<Events[Name]>) => {
      try {
        listener(...args)
      } catch (error) {
        this.#failed(error)
      }
    }
    this.#listeners.on(name, isolated)
    return () => void this.#listeners.off(name, isolated)
  }

  /** Returns whether anybody listens. */
  emit<Name extends keyof Events & string>(name: Name, ...args: Parameters<Events[Name]>): boolean {
    return this.#listeners.emit(name, ...args)
  }
}
