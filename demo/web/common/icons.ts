/** Paths of 24 by 24 outlines. */
export const icons = {
  clip: 'm20 11-8.500 8.500a5 5 0 0 1-7-7L13 4a3.300 3.300 0 0 1 4.700 4.700l-8.500 8.500a1.700 1.700 0 0 1-2.400-2.400L14.500 7',
  file: 'M7 4h7l4 4v12H7zM14 4v4h4',
  arrowUp: 'M12 19V5M5.500 11.500 12 5l6.500 6.500',
  check: 'm5 12.500 4.500 4.500L19 7',
  back: 'm15 6-6 6 6 6',
  chevron: 'm9 6 6 6-6 6',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h10v10H9zM15 9V5H5v10h4',
  external: 'M14 5h5v5M19 5l-8 8M11 6H6v12h12v-5',
  down: 'M12 5v14M5.500 12.500 12 19l6.500-6.500',
  leave: 'M14 5H6v14h8M11 12h9M16.500 8.500 20 12l-3.500 3.500',
  menu: 'M4 7h16M4 12h16M4 17h10',
  pencil: 'm5 19 1-4L16 5l3 3L9 18z',
  pin: 'M12 21s-6-5.300-6-11a6 6 0 0 1 12 0c0 5.700-6 11-6 11zM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  play: 'M8 5.500v13l10-6.500z',
  retry: 'M20 11a8 8 0 1 0-2.300 6.300M20 5v6h-6',
  source: 'm9 8-4 4 4 4M15 8l4 4-4 4',
  stop: 'M8 8h8v8H8z',
  tool: 'M14.500 6.500a4 4 0 0 0 5 5L12 19a2.800 2.800 0 0 1-4-4z',
  trash: 'M5 7h14M10 7V4.500h4V7M7 7l1 13h8l1-13M10.500 11v5M13.500 11v5',
  warning: 'M12 4 3 19.500h18zM12 10v4.500M12 17.200v.100',
  zap: 'M13 3 5 14h6l-1 7 8-11h-6z',
} as const

export type IconName = keyof typeof icons
