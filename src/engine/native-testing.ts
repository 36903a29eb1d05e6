import { buildNativeLibrary, loadNativeLibrary } from './native-library.ts'

/** Builds the native library for a test. Why it cannot be used here, said once; undefined where it can. */
export async function nativeHindrance(): Promise<string | undefined> {
  try {
    await buildNativeLibrary()
    await loadNativeLibrary()
    return undefined
  } catch (error) {
    const { message } = error as Error
    console.warn(`skipped: ${message}`)
    return message
  }
}
