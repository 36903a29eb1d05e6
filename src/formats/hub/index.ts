/** Models by their name on the hub. */
export { type HubName, parseHubName } from './hub-name.ts'
export { type DownloadProgress, resolveModelFolder, type ResolveOptions } from './resolve-model-folder.ts'
export { type HubSettings, hubSettings } from './settings.ts'
