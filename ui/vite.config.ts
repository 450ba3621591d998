import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import solid from 'vite-plugin-solid'
import { trustedTemplates } from './trusted-templates.ts'

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** `vite build` writes ui/dist, which the server serves; `vite` alone talks to a server on 4000. */
export default defineConfig({
  root: folder('.'),
  plugins: [solid(), trustedTemplates()],
  build: {
    outDir: folder('dist'),
    emptyOutDir: true,
    target: 'es2023',
    // The first with light-dark(), so that colour pairs stay pairs.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // The polyfill and inlined files would need exceptions in the content security policy.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: {
    proxy: { '/api': { target: 'http://127.0.0.1:4000', ws: true } },
  },
})
