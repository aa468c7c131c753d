import { afterAll, afterEach, beforeAll, describe, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import type { Row, Session } from '../../src/index.ts'
import { Wire } from '../wire/wire.ts'
import type { Framework, ViewName, ViewProps } from './host.ts'
import { Host, page, StillObserver } from './host.ts'
import { scenarios } from './scenarios.ts'
import type { StageOptions } from './stage.ts'
import { Stage } from './stage.ts'

export type Serve = (view: ViewName, props: ViewProps, session: Session | undefined) => Promise<string>

/** A server's session: made, and never connected. None for a view that makes its own. */
export const served = (wire: Wire, view: ViewName, rows?: readonly Row[]): Session | undefined =>
  view === 'FromRows' ? undefined : offline(wire, rows)

/** A server's session: made, and never connected. */
export function offline(wire: Wire, initialRows?: readonly Row[]): Session {
  if (initialRows) return createSession({ channelName: wire.channelName(), initialRows })
  return createSession({ client: wire.client({ autoConnect: false }), channelName: wire.channelName() })
}

/** Runs every scenario in this process, whose environment is a page without layout. */
export function runHere(name: string, framework: Framework, serve: Serve, strict = false): void {
  describe(name, () => {
    let wire: Wire
    let stage: Stage
    beforeAll(async () => {
      wire = await Wire.start({ connectionStateTtl: 60_000 })
      Object.assign(globalThis, { IntersectionObserver: StillObserver })
      const host = (page.host ??= new Host(framework, wire.server.clientOptions))
      host.clientOptions = wire.server.clientOptions
      const options: StageOptions = {
        layout: false,
        strict,
        serve: (view, props, rows) => serve(view, props, served(wire, view, rows)),
      }
      stage = new Stage(wire, async (task, argument) => task(host, argument), options)
    })
    afterEach(() => stage.finish())
    afterAll(() => wire.close())
    for (const scenario of scenarios) test(scenario.name, () => scenario.run(stage))
  })
}
