import { openTab } from '../../packages/react/test/joinedPage.tsx'
import type { JoinedPage } from '../../packages/react/test/joinedPage.tsx'

declare global {
  interface Window {
    joined: Promise<JoinedPage>
  }
}

const { key, endpoint, port, channel, name } = Object.fromEntries(new URLSearchParams(location.search))
window.joined = openTab(name!, channel!, { key, endpoint, port: Number(port), tls: false })
