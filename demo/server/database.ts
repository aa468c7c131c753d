import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, Problem } from './problem.ts'

export type Row = Record<string, unknown>

export interface Queries {
  query(text: string, values?: unknown[]): Promise<Row[]>
}

/** PostgreSQL: a server, or the embedded PGlite. The rest of the demo does not know which. */
export interface Database extends Queries {
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export async function openDatabase(options: { url?: string; folder: string }): Promise<Database> {
  return options.url ? openServer(options.url) : openEmbedded(options.folder)
}

async function openServer(url: string): Promise<Database> {
  const { Pool } = (await import('pg')).default
  const pool = new Pool({
    connectionString: url,
    max: 8,
    connectionTimeoutMillis: 5000,
    query_timeout: 10_000,
  })
  // The pool replaces idle connections that break; without a listener, the error would end the process.
  pool.on('error', (error) => console.error(`database: ${messageOf(error)}`))
  try {
    await pool.query('select 1')
  } catch (cause) {
    await pool.end()
    const shown = new URL(url)
    if (shown.password) shown.password = '***'
    throw new Problem(
      `unable to reach the database at ${shown.href}; ${messageOf(cause)}. Start it, correct DATABASE_URL, or unset it to use the embedded database`,
      { cause },
    )
  }
  return {
    query: async (text, values) => (await pool.query(text, values)).rows,
    transaction: async (work) => {
      const client = await pool.connect()
      try {
        await client.query('begin')
        const result = await work({ query: async (text, values) => (await client.query(text, values)).rows })
        await client.query('commit')
        client.release()
        return result
      } catch (error) {
        // If the rollback fails too, the pool must discard the connection.
        const broken = await client.query('rollback').then(
          () => false,
          () => true,
        )
        client.release(broken)
        throw error
      }
    },
    close: () => pool.end(),
  }
}

async function openEmbedded(folder: string): Promise<Database> {
  const unlock = await lock(folder)
  try {
    const { PGlite } = await import('@electric-sql/pglite')
    const db = await PGlite.create(join(folder, 'pg'))
    return {
      query: async (text, values) => (await db.query<Row>(text, values)).rows,
      transaction: (work) =>
        db.transaction((tx) =>
          work({ query: async (text, values) => (await tx.query<Row>(text, values)).rows }),
        ),
      close: async () => {
        await db.close()
        await unlock()
      },
    }
  } catch (cause) {
    await unlock()
    throw new Problem(
      `unable to open the embedded database in ${folder}; ${messageOf(cause)}. Delete the folder, or set DEMO_DATA to another one`,
      { cause },
    )
  }
}

/** Locks the folder: two processes in one data folder would corrupt it. */
async function lock(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'lock')
  try {
    await mkdir(folder, { recursive: true })
    for (let attempt = 0; ; attempt++) {
      try {
        const handle = await open(file, 'wx')
        await handle.writeFile(String(process.pid))
        await handle.close()
        return () => rm(file, { force: true })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 0) throw error
        const owner = Number(await readFile(file, 'utf8'))
        if (isAlive(owner))
          throw new Problem(
            `unable to open the embedded database in ${folder}; another demo (process ${owner}) uses it. Stop that one, or set DEMO_DATA to another folder`,
          )
        await rm(file, { force: true })
      }
    }
  } catch (cause) {
    if (cause instanceof Problem) throw cause
    throw new Problem(
      `unable to use the data folder ${folder}; ${messageOf(cause)}. Set DEMO_DATA to a folder that can be written`,
      { cause },
    )
  }
}

function isAlive(pid: number): boolean {
  if (!pid || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
