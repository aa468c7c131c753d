import { ErrorCode, RejoinError, wrapError, type Wake } from '@rejoin/core/protocol'
import { answerPrompt, type AnswerPromptOptions } from './answerPrompt.ts'
import type { WakeSecrets } from './origin.ts'
import { promptOf } from './promptOf.ts'
import { readWake } from './readWake.ts'

export interface PromptRouteOptions
  extends Omit<AnswerPromptOptions, 'promptId' | 'channelName'>, WakeSecrets {
  /** Which wakes to answer. Default: all. */
  accept?: (wake: Wake) => boolean | Promise<boolean>
}

/** The context that servers such as Cloudflare Workers pass to a route. */
export interface RouteContext {
  waitUntil(work: Promise<unknown>): void
}

/**
 * A route for fetch-based servers: reads the wakes in a request and answers their prompts. With `waitUntil` it replies
 * at once (202), otherwise after answering (200, with the result for each prompt; 503 while another process has a
 * claim: that process may have died, so the caller should retry).
 */
export function promptRoute(
  options: PromptRouteOptions,
): (request: Request, context?: RouteContext) => Promise<Response> {
  const { key, secret, accept = () => true, ...rest } = options
  const secrets = { ...(key !== undefined && { key }), ...(secret !== undefined && { secret }) }
  const answer = async (wake: Wake) => {
    const { channelName } = wake
    const promptId = await promptOf(wake, options)
    if (promptId === undefined) return { channelName, status: 'not-found' }
    return { channelName, promptId, ...(await answerPrompt({ ...rest, channelName, promptId })) }
  }
  return async (request, context) => {
    try {
      const wakes: Wake[] = []
      for (const wake of await readWake(request, secrets)) if (await accept(wake)) wakes.push(wake)
      const work = Promise.all(wakes.map(answer))
      // Some frameworks pass a context without `waitUntil`.
      if (typeof context?.waitUntil !== 'function') return reply(await work)
      const reported = work.catch((error: unknown) =>
        options.onError?.(wrapError('answer a prompt', error, ErrorCode.CallbackFailed)),
      )
      context.waitUntil(reported)
      return new Response(null, { status: 202 })
    } catch (error) {
      return refusal(error)
    }
  }
}

function reply(outcomes: readonly { status: string }[]): Response {
  const claimed = outcomes.some(({ status }) => status === 'claimed')
  return Response.json(outcomes, claimed ? { status: 503, headers: { 'retry-after': '10' } } : {})
}

/** The reply to a failed request. */
export function refusal(error: unknown): Response {
  const code = error instanceof RejoinError ? error.code : undefined
  if (code === ErrorCode.NotAllowed) return new Response('Not allowed', { status: 401 })
  if (code === ErrorCode.BadMessage) return new Response('Not a wake', { status: 400 })
  // The status makes the caller retry.
  return new Response('Not answered', { status: 500 })
}
