/** Why a new password cannot be taken, as far as the page knows; common ones the server knows. */
export function passwordProblem(password: string, lengthMin: number): string | null {
  if (password === '') return 'choose a password'
  // As the server counts: characters that people see, not the units of the string.
  const missing = lengthMin - Array.from(password).length
  return missing > 0 ? `${missing} more character${missing === 1 ? '' : 's'}, please` : null
}
