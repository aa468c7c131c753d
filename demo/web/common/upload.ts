import type { UploadFile } from '@rejoin/core'

interface Uploaded {
  url: string
  id: string
}

/** Takes a file to the demo's server. `fetch` does not report upload progress. */
export function upload(
  conversationId: string,
  file: Blob,
  { signal, onProgress }: Parameters<UploadFile>[1],
): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const fail = (why: string) => reject(new Error(`unable to upload the file; ${why}`))
    request.open('POST', `/api/conversations/${conversationId}/files`)
    request.setRequestHeader('content-type', file.type || 'application/octet-stream')
    request.setRequestHeader('x-filename', encodeURIComponent('name' in file ? String(file.name) : 'file'))
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(total ? loaded / total : 0))
    request.addEventListener('load', () => {
      const answer = parsed(request.responseText)
      if (request.status === 200) resolve(answer as Uploaded)
      else if (answer.error?.message) reject(new Error(answer.error.message))
      else fail(`the server answered ${request.status}`)
    })
    request.addEventListener('error', () => fail("the demo's server cannot be reached. Try again"))
    request.addEventListener('abort', () => fail('it was given up'))
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
}

function parsed(text: string): { error?: { message?: string } } {
  try {
    return JSON.parse(text) as object
  } catch {
    return {}
  }
}
