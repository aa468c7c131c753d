/** As a database would answer. The page gets it with the HTML. */
export const load = () => ({
  rows: [
    { id: 'p1', role: 'user', text: 'An old question', createdAt: 1 },
    { id: 'r1', role: 'assistant', text: 'An old answer', promptId: 'p1', createdAt: 2 },
  ],
})
