/** What this installation offers to people who are not signed in, asked once. */
import { type Accessor, createRoot, createSignal } from 'solid-js'
import { PASSWORD_LENGTH_MIN, type SignInOptions } from '#proto/people.ts'
import { readSignInOptions } from '../api/sessions.ts'

/** Until the server has answered. */
const UNKNOWN: SignInOptions = {
  sign_up: 'invitation',
  reset: 'printed',
  password_length_min: PASSWORD_LENGTH_MIN,
}

const [options, setOptions] = createRoot(() => createSignal<SignInOptions>(UNKNOWN))
let asked = false

export function signInOptions(): Accessor<SignInOptions> {
  if (!asked) {
    asked = true
    readSignInOptions().then(setOptions, () => {
      asked = false
    })
  }
  return options
}

/** The next question is asked anew: the first account closes the door behind it. */
export function forgetSignInOptions(): void {
  asked = false
}
