import { Component, type ReactNode } from 'react'
import { unshown } from '../common/problem.ts'

/** One message: its failure is its own. */
export class Row extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    return <li>{this.state.failed ? <p className="notice">{unshown}</p> : this.props.children}</li>
  }
}
