import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { Compressed, encodingFor } from '../server/compression.ts'

test('the smallest encoding that a browser takes, and none for what is compressed already', () => {
  expect(encodingFor('gzip, deflate, br, zstd', 'text/javascript; charset=utf-8')).toBe('br')
  expect(encodingFor('gzip;q=0.5, br;q=0', 'text/css')).toBe('gzip')
  expect(encodingFor('identity', 'text/css')).toBeUndefined()
  expect(encodingFor(undefined, 'text/css')).toBeUndefined()
  expect(encodingFor('br', 'font/woff2')).toBeUndefined()
  expect(encodingFor('br', 'image/svg+xml')).toBe('br')
})

test('a file is compressed once for each of its versions', async () => {
  const compressed = new Compressed()
  let reads = 0
  const read = () => Promise.resolve(Buffer.from(`version ${++reads}`))
  const first = await compressed.get('/a.js', 1, 'br', read)
  expect(await compressed.get('/a.js', 1, 'br', read)).toBe(first)
  expect(brotliDecompressSync(first).toString()).toBe('version 1')
  expect(brotliDecompressSync(await compressed.get('/a.js', 2, 'br', read)).toString()).toBe('version 2')
  expect(gunzipSync(await compressed.get('/a.js', 2, 'gzip', read)).toString()).toBe('version 3')
})
