import type { OfferOutcome, ProjectOffer, ProjectRequest } from '#actors/project/project.ts'
import type { Ref } from '#runtime/index.ts'

/**
 * Offers batches to a project and waits for the outcome; 'full' = there is no room, and nothing was
 * taken. The caller keeps the memory of the batches until this settles: there is no time limit, for
 * what was given up could still be written.
 */
export function offerTo(
  project: Ref<ProjectRequest>,
  offer: Omit<ProjectOffer, 'type' | 'reply'>,
): Promise<OfferOutcome | 'full'> {
  return new Promise(resolve => {
    if (!project.offer({ type: 'offer', ...offer, reply: resolve })) resolve('full')
  })
}
