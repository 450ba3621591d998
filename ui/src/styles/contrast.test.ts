import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

/** WCAG 2.2 AA for text of normal size. */
const CONTRAST_MIN = 4.5
const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8')
const tokens = new Map(
  [...css.matchAll(/--([\w-]+):\s*(light-dark\((#\w+), (#\w+)\)|#\w+);/g)].map(
    ([, name = '', both = '', light, dark]) => [name, [light ?? both, dark ?? both] as const],
  ),
)

const TEXTS = ['text', 'text-soft', 'text-faint', 'accent', 'good', 'danger']
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map(level => `level-${level}`)
const GROUNDS = ['surface', 'raised', 'sunken', 'hover', 'ground']
const PAIRS = [
  ...[...TEXTS, ...LEVELS].flatMap(text => GROUNDS.map(ground => [text, ground] as const)),
  ['text', 'chosen'],
  ['text-soft', 'chosen'],
  ['text-faint', 'chosen'],
  ['accent', 'chosen'],
  ...LEVELS.map(level => [level, 'chosen'] as const),
  ['on-accent', 'accent-fill'],
  ['danger', 'danger-ground'],
  ['good', 'good-ground'],
  ['level-warn', 'warning-ground'],
  ['text', 'warning-ground'],
  ['text-faint', 'warning-ground'],
  ['text', 'mark'],
] as const

for (const [scheme, name] of ['light', 'dark'].entries())
  test(`every text is readable on every ground, ${name}`, () => {
    const poor = PAIRS.map(([text, ground]) => ({
      pair: `${text} on ${ground}`,
      contrast: contrast(color(text, scheme), color(ground, scheme)),
    })).filter(pair => pair.contrast < CONTRAST_MIN)
    assert.deepEqual(poor, [])
  })

function color(name: string, scheme: number): string {
  const found = tokens.get(name)?.[scheme]
  assert.ok(found, `--${name} is a colour`)
  return found
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return Math.round(((high + 0.05) / (low + 0.05)) * 100) / 100
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
