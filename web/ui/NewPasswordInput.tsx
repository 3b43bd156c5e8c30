// A password that is being chosen: says what is asked of it, and how many characters are still to go.
import { PasswordInput } from '@mantine/core'
import { t } from '../app/t.ts'

export function NewPasswordInput({
  label,
  minimumLength,
  value,
  onChange,
  autoFocus = false,
}: {
  label: string
  minimumLength: number
  value: string
  onChange: (value: string) => void
  autoFocus?: boolean
}) {
  const missing = minimumLength - [...value].length
  return (
    <PasswordInput
      label={label}
      description={t('signUp.passwordHelp', { count: minimumLength })}
      name="password"
      autoComplete="new-password"
      required
      withAsterisk={false}
      autoFocus={autoFocus}
      error={value !== '' && missing > 0 ? t('signUp.passwordMissing', { count: missing }) : undefined}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      visibilityToggleButtonProps={{ 'aria-label': t('field.showPassword') }}
    />
  )
}
