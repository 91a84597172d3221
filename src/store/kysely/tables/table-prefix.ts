/** Adds a host's prefix to the names of the plugin's tables and indexes: those that begin with `api_token`. */

import {
  type IdentifierNode,
  type KyselyPlugin,
  OperationNodeTransformer,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryResult,
  type RootOperationNode,
  type UnknownRow,
} from 'kysely'
import { InvalidOption } from '../../../errors.ts'

export class TablePrefixPlugin implements KyselyPlugin {
  readonly #transformer: OperationNodeTransformer

  constructor(prefix: string) {
    if (!/^[a-z][a-z0-9_]{0,23}$/.test(prefix) || prefix.startsWith('api_token')) {
      throw new InvalidOption(
        'store: tablePrefix must be 1 to 24 of a-z, 0-9 and _, begin with a letter, and not with api_token',
      )
    }
    this.#transformer = new PrefixTransformer(prefix)
  }

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    return this.#transformer.transformNode(node)
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return result
  }
}

class PrefixTransformer extends OperationNodeTransformer {
  readonly #prefix: string

  constructor(prefix: string) {
    super()
    this.#prefix = prefix
  }

  protected override transformIdentifier(node: IdentifierNode): IdentifierNode {
    return node.name.startsWith('api_token') ? { ...node, name: `${this.#prefix}${node.name}` } : node
  }
}
