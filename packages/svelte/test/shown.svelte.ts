import type { Session } from '@rejoin/core'
import type { ViewProps } from '../../core/test/bindings/host.ts'

/** What is shown, changed from outside. */
export class Shown {
  props = $state.raw<ViewProps>({})
  session = $state.raw<Session | undefined>()

  constructor(props: ViewProps, session: Session | undefined) {
    this.props = props
    this.session = session
  }
}
