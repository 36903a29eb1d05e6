/** Models and data sets by their name on the hub. */
export { type DatasetName, parseDatasetName } from './dataset-name.ts'
export { type HubName, parseHubName } from './hub-name.ts'
export { type DownloadProgress, resolveModelFolder, type ResolveOptions } from './resolve-model-folder.ts'
export { type ResolvedDataset, resolveDataset } from './resolve-dataset.ts'
export { type HubSettings, hubSettings } from './settings.ts'
