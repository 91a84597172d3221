/** Reads a JWT without verifying it. The result may only be used to choose how to verify the JWT, or to refuse it. */

type Members = Readonly<Record<string, unknown>>

/** The header (RFC 7515 §4); `undefined` if it is not a JSON object. */
export function unverifiedHeader(jwt: string): Members | undefined {
  return partOf(jwt, 0)
}

/** The claims (RFC 7519 §4); `undefined` if they are not a JSON object. */
export function unverifiedClaims(jwt: string): Members | undefined {
  return partOf(jwt, 1)
}

/** RFC 7515 §4.1.9: `typ` is a media type without regard to case, and `application/` may be omitted. */
export function mediaTypeOf(typ: unknown): string | undefined {
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined
}

function partOf(jwt: string, index: number): Members | undefined {
  try {
    const part: unknown = JSON.parse(Buffer.from(jwt.split('.')[index] ?? '', 'base64url').toString())
    // A JSON object has string keys; arrays and null are no parts of a JWT.
    return typeof part === 'object' && part !== null && !Array.isArray(part) ? (part as Members) : undefined
  } catch {
    return undefined
  }
}
