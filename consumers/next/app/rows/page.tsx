import type { Row } from '@rejoin/core'
import { RowsChat } from './chat'

/** As a database would answer. */
const loadRows = async (): Promise<Row[]> => [
  { id: 'p1', role: 'user', text: 'An old question', createdAt: 1 },
  { id: 'r1', role: 'assistant', text: 'An old answer', promptId: 'p1', createdAt: 2 },
]

export const dynamic = 'force-dynamic'

export default async function Page() {
  return <RowsChat rows={await loadRows()} />
}
