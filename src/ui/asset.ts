/** The scripts and the style of the pages, named by a hash of their content and compressed by the build. */

import { gunzipSync } from 'node:zlib'
import { packedScript, packedStyle } from './page-assets.ts'

interface Encoded {
  /** The value of `Content-Encoding`; `undefined` for the plain content. */
  readonly encoding: 'br' | 'gzip' | undefined
  readonly content: Buffer
}

export interface Asset {
  /** `element-3f9a….js`: the name changes with the content, so that caches never need to revalidate it. */
  readonly name: string
  readonly type: string
  /** The smallest encoding that the request's `Accept-Encoding` allows (RFC 9110 §12.5.3). */
  encodedFor(acceptEncoding: string | undefined): Encoded
}

/** The format that the build writes: base64. */
interface PackedAsset {
  readonly name: string
  readonly br: string
  readonly gzip: string
}

/** The bundled element of the API Tokens page. */
export const scriptAsset: Asset = unpackScript(packedScript)

/** The style of the document around an element. */
export const styleAsset: Asset = unpack(packedStyle, 'text/css; charset=utf-8')

/** The script of a page, as the build wrote it. */
export function unpackScript(packed: PackedAsset): Asset {
  return unpack(packed, 'text/javascript; charset=utf-8')
}

function unpack(packed: PackedAsset, type: string): Asset {
  const br: Encoded = { encoding: 'br', content: Buffer.from(packed.br, 'base64') }
  const gzip: Encoded = { encoding: 'gzip', content: Buffer.from(packed.gzip, 'base64') }
  // Almost every client accepts one of the two encodings. The plain form is made on first use.
  let plain: Encoded | undefined
  return {
    name: packed.name,
    type,
    encodedFor: (acceptEncoding = '') => {
      if (accepts(acceptEncoding, 'br')) return br
      if (accepts(acceptEncoding, 'gzip')) return gzip
      plain ??= { encoding: undefined, content: gunzipSync(gzip.content) }
      return plain
    },
  }
}

/** Whether an encoding is named with a weight above zero. */
function accepts(acceptEncoding: string, encoding: string): boolean {
  return acceptEncoding.split(',').some((item) => {
    const [name = '', weight = 'q=1'] = item.split(';').map((part) => part.trim().toLowerCase())
    return name === encoding && !/^q=0(\.0*)?$/.test(weight)
  })
}
