/** Who writes the batches: told once per batch, and to servers. */
export const SDK_NAME = '@logboy/sdk'
export const SDK_VERSION = '0.1.0'
