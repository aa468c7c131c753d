import { Chat } from './chat'

// A server component: it renders the client part with the server's snapshot.
export default function Page() {
  return <Chat />
}
