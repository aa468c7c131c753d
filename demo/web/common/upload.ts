import type { UploadFile } from '@rejoin/core'

/** Takes a file to the demo's server. `fetch` does not report upload progress. */
export function upload(
  conversationId: string,
  file: Blob,
  { signal, onProgress }: Parameters<UploadFile>[1],
): Promise<{ url: string; id: string }> {
  const { promise, resolve, reject } = deferred<{ url: string; id: string }>()
  const request = new XMLHttpRequest()
  request.open('POST', `/api/conversations/${conversationId}/files`)
  request.setRequestHeader('content-type', file.type || 'application/octet-stream')
  request.setRequestHeader('x-filename', encodeURIComponent('name' in file ? String(file.name) : 'file'))
  request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(total ? loaded / total : 0))
  request.addEventListener('load', () => {
    const answer = parsed(request.responseText)
    if (request.status === 200) resolve(answer as { url: string; id: string })
    else
      reject(
        new Error(
          answer.error?.message ?? `unable to upload the file; the server answered ${request.status}`,
        ),
      )
  })
  request.addEventListener('error', () =>
    reject(new Error("unable to upload the file; the demo's server cannot be reached. Try again")),
  )
  request.addEventListener('abort', () => reject(new Error('unable to upload the file; it was given up')))
  signal.addEventListener('abort', () => request.abort(), { once: true })
  request.send(file)
  return promise
}

/** `Promise.withResolvers` is younger than some browsers. */
function deferred<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: Error) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

function parsed(text: string): { error?: { message?: string } } {
  try {
    return JSON.parse(text) as object
  } catch {
    return {}
  }
}
