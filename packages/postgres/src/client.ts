/** The part of a database client that the store uses. `pg`'s Pool and Client and PGlite fit as they are. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** A row of a query's result, by column name. */
export type Columns = Record<string, unknown>

export async function select(client: PostgresClient, text: string, values: unknown[]): Promise<Columns[]> {
  return (await client.query(text, values)).rows as Columns[]
}
