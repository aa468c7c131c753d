import { ErrorCode, PartialJson, RejoinError } from '@rejoin/core/protocol'

/** A schema of zod, valibot, arktype and others: https://standardschema.dev */
export interface StandardSchema<T = unknown> {
  readonly '~standard': {
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>
    readonly types?: { readonly output: T } | undefined
  }
}

type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }

export interface ObjectOptions<T> {
  /** Checks the whole object at its end. */
  schema?: StandardSchema<T>
  /** Id of the part. Default: a generated one. */
  id?: string
}

/** How much an object must grow before it is published again: a fraction of its length, and a minimum. */
const GROWTH = 16
const LEAST = 24

/** A structured value that readers see while a model writes it. */
export class ObjectWriter<T> {
  readonly #show: (value: unknown) => void
  readonly #schema: StandardSchema<T> | undefined
  readonly #json = new PartialJson()
  #length = 0
  #shownLength = 0

  constructor(show: (value: unknown) => void, schema?: StandardSchema<T>) {
    this.#show = show
    this.#schema = schema
  }

  /**
   * Adds JSON text as the model writes it. Readers see the complete values so far, updated whenever the text has grown
   * by a sixteenth, so the published total stays proportional to the object's length.
   */
  append(text: string): void {
    this.#json.push(text)
    this.#length += text.length
    const grown = this.#length - this.#shownLength
    if (this.#json.error || grown < Math.max(LEAST, this.#length / GROWTH)) return
    const { value } = this.#json
    if (value === undefined) return
    this.#shownLength = this.#length
    this.#show(value)
  }

  /**
   * Publishes the whole object and resolves to it.
   * @throws RejoinError `model_failed` if its text is not JSON, is cut short, or does not match the schema.
   */
  async end(): Promise<T> {
    if (!this.#json.complete)
      throw failed(this.#json.error ? 'what the model wrote is no JSON' : 'it ended before it was whole')
    const { value } = this.#json
    this.#show(value)
    const result = await this.#schema?.['~standard'].validate(value)
    if (result?.issues) throw failed(result.issues.map(({ message }) => message).join('; '))
    return result ? result.value : (value as T)
  }
}

function failed(why: string): RejoinError {
  return new RejoinError(ErrorCode.ModelFailed, `unable to complete the object; ${why}. Ask the model again`)
}
