/** A model or a data set on the hub, at a branch, a tag or a commit. */
export interface HubName {
  /** `organization/model`. */
  readonly model: string
  readonly revision: string
  /** By default a model. */
  readonly kind?: 'dataset'
}

/** How a person calls it. */
export function kindOf({ kind }: HubName): string {
  return kind === 'dataset' ? 'data set' : 'model'
}

/** The parts of `organization/model` or `organization/model@revision`, where the revision is `main` by default; undefined for all else. */
export function parseHubName(text: string): HubName | undefined {
  const match = /^([a-z0-9][\w.-]*\/[a-z0-9_][\w.-]*)(?:@(\w[\w./-]*))?$/i.exec(text)
  const [, model, revision = 'main'] = match ?? []
  // The same names that the hub itself refuses, among them every one that would lead out of the cache.
  if (model === undefined || model.length > 96 || /\.\.|--|[.-](?:\/|$)/.test(model)) return undefined
  if (/\.\.|\/\/|\/$/.test(revision)) return undefined
  return { model, revision }
}
