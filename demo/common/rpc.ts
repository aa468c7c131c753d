/** Calls between the server and the agent's process, over Node's own channel between parent and child. */
export interface Endpoint {
  send(message: unknown): void
  listen(receive: (message: unknown) => void): void
}

type Functions = Record<string, (...args: never[]) => unknown>

interface Request {
  call: number
  name: string
  args: unknown[]
}

interface Reply {
  reply: number
  value?: unknown
  error?: string
}

export interface Rpc<Remote extends Functions> {
  call<Name extends keyof Remote & string>(
    name: Name,
    ...args: Parameters<Remote[Name]>
  ): Promise<Awaited<ReturnType<Remote[Name]>>>
  /** Fails what is still waiting for an answer. */
  close(reason: string): void
}

export function createRpc<Remote extends Functions>(endpoint: Endpoint, own: Functions): Rpc<Remote> {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let calls = 0
  let closed: string | undefined

  async function answer({ call, name, args }: Request) {
    try {
      const value = await (own[name] as ((...args: unknown[]) => unknown) | undefined)?.(...args)
      endpoint.send({ reply: call, value } satisfies Reply)
    } catch (error) {
      endpoint.send({
        reply: call,
        error: error instanceof Error ? error.message : String(error),
      } satisfies Reply)
    }
  }

  endpoint.listen((message) => {
    const { call, reply, value, error } = message as Partial<Request & Reply>
    if (call !== undefined) void answer(message as Request)
    else if (reply !== undefined) {
      const promise = waiting.get(reply)
      waiting.delete(reply)
      if (error === undefined) promise?.resolve(value as never)
      else promise?.reject(new Error(error))
    }
  })

  return {
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        if (closed !== undefined) return reject(new Error(closed))
        const call = ++calls
        waiting.set(call, { resolve, reject })
        endpoint.send({ call, name, args } satisfies Request)
      }),
    close: (reason) => {
      closed = reason
      for (const { reject } of waiting.values()) reject(new Error(reason))
      waiting.clear()
    },
  }
}
