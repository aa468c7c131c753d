/** The parser wants it for hosts in other scripts: with `mdurl.ts`, it sees none. */
export default { toASCII: (host: string): string => host, toUnicode: (host: string): string => host }
