import type { Plugin } from 'vite'

const ASSIGNMENT = 't.innerHTML = html;'
const POLICY = `
const trustedTemplates = globalThis.trustedTypes
  ? globalThis.trustedTypes.createPolicy('logboy', { createHTML: html => html })
  : { createHTML: html => html };
`

/**
 * Lets Solid run under `require-trusted-types-for 'script'; trusted-types logboy`. Its `template()`
 * is the only place that assigns innerHTML, and what it assigns are literals of our own JSX, made
 * at build time; everything else stays forbidden. The build fails when Solid no longer looks so.
 */
export function trustedTemplates(): Plugin {
  let wrapped = 0
  return {
    name: 'logboy-trusted-templates',
    apply: 'build',
    transform(code, id) {
      if (id.split('?')[0]?.endsWith('/solid-js/web/dist/web.js') !== true) return null
      const parts = code.split(ASSIGNMENT)
      if (parts.length !== 2)
        this.error(`solid-js/web has ${parts.length - 1} template assignments`)
      wrapped++
      const body = parts.join('t.innerHTML = trustedTemplates.createHTML(html);')
      return { code: POLICY + body, map: null }
    },
    buildEnd(error) {
      if (error === undefined && wrapped === 0) this.error('solid-js/web was not part of the build')
      wrapped = 0
    },
  }
}
