import type { JSX } from 'solid-js'

const PATHS = {
  'arrow-left': 'M19 12H5M11 6l-6 6 6 6',
  'arrow-right': 'M5 12h14M13 6l6 6-6 6',
  'arrow-up': 'M12 19V5M6 11l6-6 6 6',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.500l1.5 1.5h-15zM10 20.500h4',
  'bell-off': 'M6 16.5V11a6 6 0 0 1 9.500-4.900M18 11v5.500l1.500 1.500h-15M10 20.500h4M4 4l16 16',
  bars: 'M5 20V10M12 20V4M19 20v-7',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  'chevron-down': 'M6 9l6 6 6-6',
  'chevron-up': 'M6 15l6-6 6 6',
  clock: 'M12 7v5l3 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  filter: 'M4 5h16l-6 7.5V19l-4-2v-4.5z',
  'filter-in': 'M12 6v12M6 12h12',
  gauge: 'M4 18a9 9 0 1 1 16 0M12 14l4-5M11.5 15.5a1.5 1.5 0 1 0 1 0z',
  folder: 'M3.5 6.5h6l2 2.5h9v10h-17z',
  help: 'M9.2 9a2.9 2.9 0 0 1 5.6.9c0 2-2.8 2.4-2.8 4.1M12 17.4v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z',
  inbox: 'M4 13l2.5-8h11L20 13v6H4zM4 13h5a3 3 0 0 0 6 0h5',
  key: 'M12 15a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM10.8 12.2L19 4M15.5 7.5l3 3M13 10l2 2',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7L12 17',
  list: 'M8 6h12M8 12h12M8 18h12M4 6h.1M4 12h.1M4 18h.1',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  minus: 'M5 12h14',
  more: 'M5 12h.1M12 12h.1M19 12h.1',
  columns: 'M4 5h16v14H4zM10 5v14M15 5v14',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  expand: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  star: 'M12 4l2.5 5.2 5.6.8-4 4 .9 5.7-5-2.7-5 2.7.9-5.7-4-4 5.6-.8z',
  pin: 'M9 4h6l-1 6 3 3H7l3-3zM12 13v7',
  history: 'M4 12a8 8 0 1 0 2.5-5.8M4 5v4h4M12 8v4.5l3 2',
  pattern: 'M4 7h6M14 7h6M4 12h3M11 12h9M4 17h9M17 17h3',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5l12 7.5-12 7.5z',
  plus: 'M12 5v14M5 12h14',
  refresh: 'M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6',
  screen: 'M3 5h18v11H3zM9 20h6M12 16v4',
  search: 'M20 20l-4.2-4.2M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0z',
  send: 'M21 3L3 10.5l7 3.5 3.5 7zM10 14l5-5',
  server: 'M4 4h16v7H4zM4 13h16v7H4zM7.5 7.5h.1M7.5 16.5h.1',
  shield: 'M12 3l8 3v6c0 4.5-3.4 7.8-8 9-4.6-1.2-8-4.5-8-9V6z',
  'sign-out': 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9',
  sliders:
    'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM9 14.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  user: 'M5 20c.6-4 3.4-6 7-6s6.4 2 7 6M16 7.5a4 4 0 1 1-8 0 4 4 0 0 1 8 0z',
  users:
    'M3 19c.5-3.5 2.7-5 5.5-5s5 1.5 5.5 5M11.5 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM15 5.2a3 3 0 0 1 0 5.6M17 14.300c2 .6 3.3 2.1 3.7 4.7',
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
