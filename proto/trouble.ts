/** What an installation does without at present, in words for whoever relies on it. */
export const TROUBLES = ['log-away', 'hints-away'] as const
export type Trouble = (typeof TROUBLES)[number]

export const TROUBLE_TEXTS: Readonly<Record<Trouble, string>> = {
  'log-away': 'the log does not answer: what arrives is shown once it is back, nothing is lost',
  'hints-away':
    'Redis is away: revoked keys and other changes take effect by polling, within a second',
}
