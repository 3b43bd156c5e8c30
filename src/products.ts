// The manifests of this installation. The only file that names all products.
import { core } from '#core/core-product.ts'
import type { Product } from '#core/product.ts'
import { knowledge } from '#knowledge/product.ts'
import { trust } from '#trust/product.ts'

export const products: readonly Product[] = [core, knowledge, trust]
