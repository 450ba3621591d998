import type { JSX } from 'solid-js'
import { Field } from '../kit/field.tsx'
import type { FieldBinding } from '../kit/form.ts'
import { signInOptions } from './sign-in-options.ts'

/** Where somebody chooses a password. */
export function NewPassword(
  props: FieldBinding & { readonly label: string; readonly autofocus?: boolean },
): JSX.Element {
  const options = signInOptions()
  return (
    <Field
      type="password"
      autocomplete="new-password"
      hint={`At least ${options().password_length_min} characters; a few words are best.`}
      {...props}
    />
  )
}
