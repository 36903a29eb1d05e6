import type { ModelExtension } from '../models/extension.ts'
import type { Model } from '../models/model.ts'

/** What an adapter is to a model: parameters of its own around layers of the model, whose own parameters are no longer trained. */
export type Adapter = (model: Model) => ModelExtension

/** The model with the adapter on it, over the same values; what is added starts from the seed. */
export function adapt(model: Model, adapter: Adapter, seed = 0): Model {
  return model.extended(adapter(model), seed)
}
