/** The sync create of hello-world that the trials send. */
export const helloRequest = {
  headers: { 'Content-Type': 'application/json', Prefer: 'wait' },
  body: JSON.stringify({
    version: '5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa',
    input: { text: 'Alice' },
  }),
}
