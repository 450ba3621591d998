/** The contract of saved views: what people come back to, for themselves or for their project. */
import type { SavedView } from '#proto/people.ts'

export interface NewSavedView {
  readonly id: string
  readonly projectId: string
  readonly name: string
  readonly address: string
  readonly shared: boolean
  readonly createdBy: string | null
  readonly atUs: number
}

export interface SavedViewChange extends Pick<NewSavedView, 'name' | 'address' | 'shared'> {
  /** Of the state that was read. */
  readonly version: number
  readonly atUs: number
}

/** `reader`: an account, who sees its own and those that are shared; null = only those. */
export interface SavedViews {
  list(projectId: string, reader: string | null): Promise<readonly SavedView[]>
  find(projectId: string, id: string, reader: string | null): Promise<SavedView | null>
  create(view: NewSavedView): Promise<SavedView>
  /** 'stale' = somebody changed it since. */
  update(
    projectId: string,
    id: string,
    change: SavedViewChange,
  ): Promise<SavedView | 'stale' | 'unknown'>
  remove(projectId: string, id: string): Promise<boolean>
}
