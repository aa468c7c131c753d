/** Addresses come from models: only those that lead to the web become links. */
export function safeAddress(address: string): string | undefined {
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol) ? address : undefined
}

export function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host.replace(/^www\./, '') : ''
}

/** As `safeAddress`, for links in a text: those that write a letter too. */
export function linkAddress(address: string): string | undefined {
  return address.startsWith('mailto:') ? address : safeAddress(address)
}
