export default {
  /** The host of an address as it travels; throws if there can be none of this name. */
  toASCII: (host: string) => new URL(`http://${host}`).hostname,
  toUnicode: (host: string) => host,
}
