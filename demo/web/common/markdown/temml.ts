import temml from 'temml'

// What extends it, one file for each package of TeX, looks for it there.
Object.assign(globalThis, { temml })

export default temml
