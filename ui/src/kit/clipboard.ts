import { toast } from './toast.tsx'

/** Copies and says so. Pages without TLS have no clipboard: they use the older command. */
export async function copyText(text: string, what: string): Promise<void> {
  const copied = await writeClipboard(text)
  toast(copied ? `${what} copied` : 'The browser refused to copy')
}

async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'off-screen'
  document.body.append(area)
  area.select()
  const copied = document.execCommand('copy')
  area.remove()
  return copied
}
