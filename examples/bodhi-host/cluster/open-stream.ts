/** A stream of the model on one instance, and when it ended. */
import { MODEL_ID } from '../openai/model.ts'
import { INSTANCE_HEADER } from './proxy.ts'

export interface StreamEnd {
  /** From `performance.now()`. */
  readonly at: number
  /** The received text. */
  readonly text: string
}

/** Starts a long stream of the model, and waits until it has begun. */
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
