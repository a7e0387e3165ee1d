/** What Fastify alone can do here: a validated JSON echo. Prints its address. */
import Fastify from 'fastify'

const body = {
  type: 'object',
  required: ['version', 'input'],
  properties: { version: { type: 'string' }, input: { type: 'object', additionalProperties: true } },
}
const app = Fastify()
app.post('/', { schema: { body, response: { 200: body } } }, async (request) => request.body)
process.stdout.write(`listening on ${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
