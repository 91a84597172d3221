/** What the page loads, named by its content and compressed once. */

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { pageStyle } from './page-style.ts'

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

/** The element, as the build has bundled it, and the style of the page around it. */
export async function loadAssets(): Promise<{ readonly script: Asset; readonly style: Asset }> {
  // By the package's own name: the same file, whether this runs from the sources or from what is published.
  const bundle = await readFile(fileURLToPath(import.meta.resolve('fastify-api-tokens/ui/element')))
  const [script, style] = await Promise.all([
    assetOf('element', 'js', 'text/javascript; charset=utf-8', bundle),
    assetOf('page', 'css', 'text/css; charset=utf-8', Buffer.from(pageStyle)),
  ])
  return { script, style }
}

async function assetOf(stem: string, extension: string, type: string, content: Buffer): Promise<Asset> {
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 16)
  const [br, gz] = await Promise.all([promisify(brotliCompress)(content), promisify(gzip)(content)])
  const forms: readonly Encoded[] = [
    { encoding: 'br', content: br },
    { encoding: 'gzip', content: gz },
  ]
  return {
    name: `${stem}-${digest}.${extension}`,
    type,
    encodedFor: (acceptEncoding = '') =>
      forms.find(({ encoding }) => takes(acceptEncoding, String(encoding))) ?? {
        encoding: undefined,
        content,
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
