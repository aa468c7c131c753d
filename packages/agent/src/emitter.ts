import { ErrorCode, quoted, RejoinError } from '@rejoin/core/protocol'
import { EventEmitter } from 'eventemitter3'

/** Events with isolated listeners: an error in one listener does not keep the others from being called. */
export class Emitter<Events extends { [Name in keyof Events]: (...args: never[]) => void }> {
  readonly #listeners = new EventEmitter()
  readonly #names: readonly string[]
  readonly #failed: (error: unknown) => void

  /** `failed` receives the errors of listeners. */
  constructor(names: readonly (keyof Events & string)[], failed: (error: unknown) => void = () => {}) {
    this.#names = names
    this.#failed = failed
  }

  /**
   * Returns a function that removes the listener.
   * @throws RejoinError `invalid_argument` for an event that does not exist.
   */
  on<Name extends keyof Events & string>(name: Name, listener: Events[Name]): () => void {
    if (!this.#names.includes(name) || typeof listener !== 'function')
      throw new RejoinError(
        ErrorCode.InvalidArgument,
        `unable to listen to ${quoted(name)}; pass one of ${this.#names.join(', ')}, and a function`,
      )
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
