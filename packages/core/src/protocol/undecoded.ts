/** Why the data of a message that arrived with an encoding cannot be read: Ably removes those that it could undo. */
export function undecoded(encoding: string): string {
  return encoding.includes('cipher')
    ? 'it is encrypted; open the channel with its key: `channelOptions: { cipher: { key } }`'
    : `its data is still encoded as "${encoding}"`
}
