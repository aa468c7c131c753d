import { longestFile, type Files } from './files.ts'
import { readBody, type Call, type Router } from './http.ts'
import type { Limits } from './limits.ts'
import { isShown, mediaTypeOf } from './mediaType.ts'
import { badRequest, notFound } from './problem.ts'
import type { Conversation, User } from './store.ts'

interface Parts {
  files: Files
  limits: Limits
  owned(call: Call): Promise<[Conversation, User]>
}

/** The endpoints that take and give the files of prompts. */
export function addFiles(router: Router, { files, limits, owned }: Parts): Router {
  return router
    .on('POST', '/api/conversations/:id/files', async (call) => {
      const [{ id: conversationId }, { id: ownerId }] = await owned(call)
      limits.take(`upload ${ownerId}`, 30)
      const { 'content-type': said, 'x-filename': filename } = call.request.headers
      const data = await readBody(call.request, longestFile)
      if (data.length === 0) throw badRequest('unable to keep this file; it is empty')
      const mediaType = mediaTypeOf(said, data)
      const name = nameOf(filename)
      const id = await files.add({ conversationId, ownerId, mediaType, name, data })
      return { id, url: `/api/conversations/${conversationId}/files/${id}` }
    })
    .on('GET', '/api/conversations/:id/files/:file', async (call) => {
      const [{ id }] = await owned(call)
      const file = await files.read(id, call.params.file!)
      if (!file) throw notFound('file')
      const disposition = isShown(file.mediaType) ? 'inline' : 'attachment'
      call.response.writeHead(200, {
        'content-type': file.mediaType,
        'content-length': file.data.length,
        'content-disposition': `${disposition}; filename*=UTF-8''${encoded(file.name)}`,
        // The file of an id never changes.
        'cache-control': 'private, max-age=86400, immutable',
        // A file that is opened by itself may run nothing.
        'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      })
      call.response.end(file.data)
    })
}

function nameOf(header: string | string[] | undefined): string {
  let name = ''
  try {
    name = decodeURIComponent(String(header ?? ''))
  } catch {
    // A name that cannot be read is no reason to refuse the file.
  }
  // No control characters, no paths.
  return (
    name
      .replace(/[\p{Cc}\p{Cs}]/gu, '')
      .split(/[\\/]/)
      .at(-1)!
      .slice(0, 200) || 'file'
  )
}

/** Encoded as RFC 8187 says. */
const encoded = (name: string) =>
  encodeURIComponent(name).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
