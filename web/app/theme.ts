// The look as Mantine understands it: type, colours and component defaults. Plain tokens live in base.css.
// Must stay true: one accent, radius 6, no shadow except on what floats, sizes 12/14/16/20/28.
import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core'
import { t } from './t.ts'

const verdigris: MantineColorsTuple = [
  '#EDF6F3',
  '#D5EAE4',
  '#B0D8CC',
  '#83C6B3',
  '#4FB8A2',
  '#2F9882',
  '#1F7A68',
  '#186555',
  '#125044',
  '#0B3A31',
]
const amber: MantineColorsTuple = [
  '#FBF4E6',
  '#F4E3BF',
  '#EACD8F',
  '#E0B760',
  '#D3A043',
  '#C58D2C',
  '#B7791F',
  '#8F5D14',
  '#6E4710',
  '#4D310A',
]
const vermilion: MantineColorsTuple = [
  '#FBEDEA',
  '#F5D3CC',
  '#EDB0A5',
  '#EF8F7E',
  '#E77560',
  '#D5573F',
  '#C2412D',
  '#A03422',
  '#7D281A',
  '#5A1C12',
]
const slate: MantineColorsTuple = [
  '#EFF1F5',
  '#DADFE8',
  '#BCC5D4',
  '#9CABC1',
  '#7F90AB',
  '#657693',
  '#51607A',
  '#414D63',
  '#323B4C',
  '#232A36',
]
const gray: MantineColorsTuple = [
  '#FAF9F6',
  '#F3F1EC',
  '#E8E5DE',
  '#DAD6CD',
  '#C4BFB4',
  '#8F8B82',
  '#6F6C65',
  '#55534E',
  '#3A3936',
  '#232220',
]
const dark: MantineColorsTuple = [
  '#E8E6E1',
  '#CFCDC9',
  '#A6A8AB',
  '#8A8E94',
  '#3A3E45',
  '#262A2F',
  '#1A1D21',
  '#121417',
  '#0D0F11',
  '#08090A',
]

/** What stands on paper without a ground of its own: the words carry the colour, in light and dark as our tokens say. */
const onPaper: Readonly<Record<string, string>> = {
  verdigris: 'var(--accent)',
  vermilion: 'var(--failed-text)',
}

const variantColors: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input)
  const own = onPaper[input.color ?? input.theme.primaryColor]
  if (own === undefined || (input.variant !== 'subtle' && input.variant !== 'outline')) return colors
  return { ...colors, color: own, border: input.variant === 'outline' ? `1px solid ${own}` : colors.border }
}

const small = { defaultProps: { size: 'sm' } }

export const theme = createTheme({
  primaryColor: 'verdigris',
  primaryShade: { light: 6, dark: 4 },
  autoContrast: true,
  variantColorResolver: variantColors,
  white: '#FFFFFF',
  black: '#16181D',
  colors: { verdigris, amber, vermilion, slate, gray, dark },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: '600' },
  fontSizes: { xs: '0.75rem', sm: '0.875rem', md: '1rem', lg: '1.25rem', xl: '1.75rem' },
  radius: { xs: '3px', sm: '4px', md: '6px', lg: '6px', xl: '6px' },
  defaultRadius: 'md',
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Text: small,
    Button: small,
    TextInput: small,
    PasswordInput: small,
    NumberInput: small,
    Textarea: small,
    Select: small,
    NativeSelect: small,
    MultiSelect: small,
    TagsInput: small,
    Checkbox: small,
    Switch: small,
    Radio: small,
    SegmentedControl: small,
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 32 } },
    Tooltip: { defaultProps: { openDelay: 400, transitionProps: { duration: 120 }, withArrow: false } },
    Menu: { defaultProps: { shadow: 'md', transitionProps: { duration: 120 } } },
    Modal: {
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.35 },
        transitionProps: { duration: 160 },
        closeButtonProps: { 'aria-label': t('dialog.close') },
      },
    },
    Drawer: { defaultProps: { transitionProps: { duration: 160 } } },
    Popover: { defaultProps: { shadow: 'md', transitionProps: { duration: 120 } } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': t('notice.close') } } },
    Skeleton: { defaultProps: { radius: 'sm' } },
  },
})

/** Points Mantine's own colours at our tokens, so that light and dark follow one list. */
export const cssVariables: CSSVariablesResolver = () => {
  const shared = {
    '--mantine-color-text': 'var(--ink)',
    '--mantine-color-body': 'var(--paper)',
    '--mantine-color-dimmed': 'var(--quiet)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-hover': 'var(--hover)',
    '--mantine-color-default-color': 'var(--ink)',
    '--mantine-color-default-border': 'var(--edge)',
    '--mantine-color-placeholder': 'var(--quiet)',
    '--mantine-color-anchor': 'var(--accent)',
    '--mantine-color-error': 'var(--failed)',
  }
  return { variables: {}, light: shared, dark: shared }
}
