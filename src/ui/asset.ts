/** What the page loads: named by its content, and compressed by the build. */

import { gunzipSync } from 'node:zlib'
import { packedScript, packedStyle } from './page-assets.ts'

interface Encoded {
  /** The value of `Content-Encoding`; none for the plain content. */
  readonly encoding: 'br' | 'gzip' | undefined
  readonly content: Buffer
}

export interface Asset {
  /** `element-3f9a….js`: another content is another name, so that caches may keep it for ever. */
  readonly name: string
  readonly type: string
  /** The smallest form that the request's `Accept-Encoding` takes (RFC 9110 §12.5.3). */
  encodedFor(acceptEncoding: string | undefined): Encoded
}

/** As the build writes it, in base64. */
interface PackedAsset {
  readonly name: string
  readonly br: string
  readonly gzip: string
}

/** The element, as the build has bundled it. */
export const scriptAsset: Asset = unpack(packedScript, 'text/javascript; charset=utf-8')

/** The style of the page around it. */
export const styleAsset: Asset = unpack(packedStyle, 'text/css; charset=utf-8')

function unpack(packed: PackedAsset, type: string): Asset {
  const br: Encoded = { encoding: 'br', content: Buffer.from(packed.br, 'base64') }
  const gzip: Encoded = { encoding: 'gzip', content: Buffer.from(packed.gzip, 'base64') }
  // Hardly a client takes neither, and then it is unpacked once.
  let plain: Encoded | undefined
  return {
    name: packed.name,
    type,
    encodedFor: (acceptEncoding = '') => {
      if (takes(acceptEncoding, 'br')) return br
      if (takes(acceptEncoding, 'gzip')) return gzip
      plain ??= { encoding: undefined, content: gunzipSync(gzip.content) }
      return plain
    },
  }
}

/** Whether an encoding is named, and not with a weight of zero. */
function takes(acceptEncoding: string, encoding: string): boolean {
  return acceptEncoding.split(',').some((item) => {
    const [name = '', weight = 'q=1'] = item.split(';').map((part) => part.trim().toLowerCase())
    return name === encoding && !/^q=0(\.0*)?$/.test(weight)
  })
}
