// The browser has the list of all named characters; the package of this name would bring another, of 14 KiB.

const area = document.createElement('textarea')

/** The characters of a reference such as `&copy;`; anything else stays as it is. */
export function decodeHTMLStrict(reference: string): string {
  if (!/^&[a-z][a-z0-9]*;$/i.test(reference)) return reference
  // The content of a text area never becomes an element.
  area.innerHTML = reference
  const { value } = area
  // Some names are known without a semicolon, too: then one that begins so is another.
  return value.length > 1 && value.endsWith(';') ? reference : value
}
