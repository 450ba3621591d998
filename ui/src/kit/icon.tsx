import type { JSX } from 'solid-js'

const PATHS = {
  'arrow-up': 'M12 19V5M6 11l6-6 6 6',
  bars: 'M5 20V10M12 20V4M19 20v-7',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  'chevron-down': 'M6 9l6 6 6-6',
  'chevron-up': 'M6 15l6-6 6 6',
  clock: 'M12 7v5l3 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  filter: 'M4 5h16l-6 7.5V19l-4-2v-4.5z',
  'filter-in': 'M12 6v12M6 12h12',
  folder: 'M3.5 6.5h6l2 2.5h9v10h-17z',
  help: 'M9.2 9a2.9 2.9 0 0 1 5.6.9c0 2-2.8 2.4-2.8 4.1M12 17.4v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7L12 17',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5l12 7.5-12 7.5z',
  plus: 'M12 5v14M5 12h14',
  refresh: 'M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6',
  screen: 'M3 5h18v11H3zM9 20h6M12 16v4',
  search: 'M20 20l-4.2-4.2M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0z',
  'sign-out': 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  user: 'M5 20c.6-4 3.4-6 7-6s6.4 2 7 6M16 7.5a4 4 0 1 1-8 0 4 4 0 0 1 8 0z',
  warning: 'M12 4l9.5 16.5h-19zM12 10v4.5M12 17.5v.1',
  'zoom-out': 'M20 20l-4.2-4.2M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM8 11h6',
} as const

export type IconName = keyof typeof PATHS

/** A line drawing in the colour of its text; says nothing to screen readers. */
export function Icon(props: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[props.name]} />
    </svg>
  )
}

export function Logo(): JSX.Element {
  return (
    <svg class="logo-mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect class="logo-ground" width="32" height="32" rx="8" />
      <path class="logo-stem" d="M9 8v16" />
      <path class="logo-lines" d="M15 10.5h8M15 17h5" />
      <path class="logo-alarm" d="M15 23.5h8" />
    </svg>
  )
}
