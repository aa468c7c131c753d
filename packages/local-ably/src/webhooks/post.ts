import type { Body } from './envelope.ts'

/** Milliseconds until a request times out. */
const patience = 15_000

/** The outcome of a request. */
export interface Outcome {
  status: number | undefined
  /** A line for the log. */
  text: string
}

/** Posts to an endpoint. Never rejects. */
export async function post(url: string, { headers, content }: Body, signal: AbortSignal): Promise<Outcome> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: new Uint8Array(content),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
    })
    await answer.body?.cancel()
    return { status: answer.status, text: `POST ${url} ${answer.status}` }
  } catch (error) {
    return { status: undefined, text: `POST ${url} failed; ${reasonOf(error)}` }
  }
}

export const isDone = ({ status }: Outcome): boolean => status !== undefined && status >= 200 && status < 300

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
