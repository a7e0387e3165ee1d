/** The body of an answer, of the shape that the trial knows it to have. */
export async function jsonOf<Body>(response: Response | Promise<Response>): Promise<Body> {
  return JSON.parse(await (await response).text())
}
