/** What is used of a database client: `pg`'s Pool and Client, PGlite, and most others have it. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** A row of a result, by column name. */
export type Columns = Record<string, unknown>

export async function select(client: PostgresClient, text: string, values: unknown[]): Promise<Columns[]> {
  return (await client.query(text, values)).rows as Columns[]
}
