import type { JSX } from 'solid-js'
import { Section } from '../kit/section.tsx'
import { FirstLog } from './first-log.tsx'
import type { ProjectPageProps } from './project-page.ts'

/** How logs get into the project, and whether they do. */
export function SendPage(props: ProjectPageProps): JSX.Element {
  return (
    <Section page title="Send logs" about="Paste one of these, and see below whether it arrives.">
      <FirstLog project={props.project} />
    </Section>
  )
}
