/** A stream of the model on one instance, and when it ended. */
import { MODEL_ID } from '../openai/model.ts'
import { INSTANCE_HEADER } from './proxy.ts'

export interface StreamEnd {
  /** As `performance.now()` tells it. */
  readonly at: number
  /** All that came. */
  readonly text: string
}

/** Begins a long answer of the model; it flows when this returns. */
export async function openStream(
  origin: string,
  instance: number,
  credential: string,
): Promise<{ readonly end: Promise<StreamEnd> }> {
  const answer = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${credential}`,
      'content-type': 'application/json',
      [INSTANCE_HEADER]: String(instance),
    },
    body: JSON.stringify({
      model: MODEL_ID,
      stream: true,
      messages: [{ role: 'user', content: 'Count to 1000' }],
    }),
  })
  if (answer.status !== 200) throw new Error(`No stream on instance ${instance}: ${answer.status}`)
  return { end: answer.text().then((text) => ({ at: performance.now(), text })) }
}
