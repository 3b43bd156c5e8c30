// What every screen stands in: look, queries, notices. Hands the page's style nonce to whatever writes a <style>.
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { cssVariables, theme } from './theme.ts'

const schemeManager = localStorageColorSchemeManager({ key: 'panoply-color-scheme' })

function styleNonce(): string {
  return document.querySelector('meta[name="csp-nonce"]')?.getAttribute('content') ?? ''
}

// The scroll lock under drawers writes its own <style> and looks for the nonce here.
Object.defineProperty(globalThis, '__webpack_nonce__', { get: styleNonce, configurable: true })

export function Providers({ queryClient, children }: { queryClient: QueryClient; children: ReactNode }) {
  return (
    <QueryClientProvider client={queryClient}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        colorSchemeManager={schemeManager}
        defaultColorScheme="auto"
        getStyleNonce={styleNonce}
      >
        <Notifications position="bottom-right" autoClose={5000} limit={3} />
        {children}
      </MantineProvider>
    </QueryClientProvider>
  )
}
