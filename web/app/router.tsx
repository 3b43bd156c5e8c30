// Every address of the app. Screens are loaded when first visited; the signed-in part asks who you are before it shows anything.
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouterHistory,
  redirect,
} from '@tanstack/react-router'
import { ApiProblem } from './api-call.ts'
import { NotFound } from './NotFound.tsx'
import { queries } from './queries.ts'
import { RouteProblem } from './RouteProblem.tsx'
import { Shell } from './Shell.tsx'
import * as search from './search-parameters.ts'

interface RouterContext {
  queryClient: QueryClient
  onProblem: (error: unknown) => void
}

const root = createRootRouteWithContext<RouterContext>()({ notFoundComponent: NotFound })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: search.entrySearch,
  component: lazyRouteComponent(() => import('./SignIn.tsx'), 'SignIn'),
})
const signUp = createRoute({
  getParentRoute: () => root,
  path: '/sign-up',
  validateSearch: search.entrySearch,
  component: lazyRouteComponent(() => import('./SignUp.tsx'), 'SignUp'),
})
const checkMail = createRoute({
  getParentRoute: () => root,
  path: '/check-mail',
  validateSearch: search.entrySearch,
  component: lazyRouteComponent(() => import('./CheckMail.tsx'), 'CheckMail'),
})
const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: '/forgot-password',
  validateSearch: search.entrySearch,
  component: lazyRouteComponent(() => import('./ForgotPassword.tsx'), 'ForgotPassword'),
})
const resetPassword = createRoute({
  getParentRoute: () => root,
  path: '/reset-password',
  validateSearch: search.entrySearch,
  component: lazyRouteComponent(() => import('./ResetPassword.tsx'), 'ResetPassword'),
})
const verify = createRoute({
  getParentRoute: () => root,
  path: '/verify',
  validateSearch: search.entrySearch,
  component: lazyRouteComponent(() => import('./Verify.tsx'), 'Verify'),
})

const certificate = createRoute({
  getParentRoute: () => root,
  path: '/certificates/$id',
  component: lazyRouteComponent(() => import('./Certificate.tsx'), 'Certificate'),
})

const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  validateSearch: search.appSearch,
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(queries.me())
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) {
        throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } })
      }
      throw error
    }
  },
})
const home = createRoute({
  getParentRoute: () => app,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/knowledge', replace: true })
  },
})
const library = createRoute({
  getParentRoute: () => app,
  path: '/knowledge',
  validateSearch: search.librarySearch,
  // Asked for together with the list, so that nothing moves when it comes.
  loader: ({ context }) => void context.queryClient.prefetchQuery(queries.guide()),
  component: lazyRouteComponent(() => import('../knowledge/Library.tsx'), 'Library'),
})
const reader = createRoute({
  getParentRoute: () => app,
  path: '/knowledge/documents/$documentId',
  validateSearch: search.readerSearch,
  component: lazyRouteComponent(() => import('../knowledge/Reader.tsx'), 'Reader'),
})
const snips = createRoute({
  getParentRoute: () => app,
  path: '/knowledge/snips',
  validateSearch: search.snipsSearch,
  component: lazyRouteComponent(() => import('../knowledge/Snips.tsx'), 'Snips'),
})
const find = createRoute({
  getParentRoute: () => app,
  path: '/search',
  validateSearch: search.findSearch,
  component: lazyRouteComponent(() => import('../knowledge/Search.tsx'), 'Search'),
})
const trust = createRoute({
  getParentRoute: () => app,
  path: '/trust',
  validateSearch: search.claimsSearch,
  component: lazyRouteComponent(() => import('../trust/Claims.tsx'), 'Claims'),
})
const claim = createRoute({
  getParentRoute: () => app,
  path: '/trust/claims/$claimId',
  component: lazyRouteComponent(() => import('../trust/ClaimPage.tsx'), 'ClaimPage'),
})
const audit = createRoute({
  getParentRoute: () => app,
  path: '/trust/audit',
  validateSearch: search.auditSearch,
  component: lazyRouteComponent(() => import('../trust/AuditLog.tsx'), 'AuditLog'),
})
const settings = createRoute({
  getParentRoute: () => app,
  path: '/settings',
  beforeLoad: () => {
    throw redirect({ to: '/settings/people', replace: true })
  },
})
const destroyed = createRoute({
  getParentRoute: () => app,
  path: '/trust/destroyed',
  component: lazyRouteComponent(() => import('../trust/Destroyed.tsx'), 'Destroyed'),
})
const people = createRoute({
  getParentRoute: () => app,
  path: '/settings/people',
  component: lazyRouteComponent(() => import('../settings/People.tsx'), 'People'),
})
const password = createRoute({
  getParentRoute: () => app,
  path: '/settings/password',
  component: lazyRouteComponent(() => import('../settings/OwnPassword.tsx'), 'OwnPassword'),
})
const sessions = createRoute({
  getParentRoute: () => app,
  path: '/settings/sessions',
  component: lazyRouteComponent(() => import('../settings/Sessions.tsx'), 'Sessions'),
})
const apiKeys = createRoute({
  getParentRoute: () => app,
  path: '/settings/api-keys',
  component: lazyRouteComponent(() => import('../settings/ApiKeys.tsx'), 'ApiKeys'),
})
const webhooks = createRoute({
  getParentRoute: () => app,
  path: '/settings/webhooks',
  component: lazyRouteComponent(() => import('../settings/Webhooks.tsx'), 'Webhooks'),
})
const webhook = createRoute({
  getParentRoute: () => app,
  path: '/settings/webhooks/$webhookId',
  component: lazyRouteComponent(() => import('../settings/WebhookPage.tsx'), 'WebhookPage'),
})
const organisation = createRoute({
  getParentRoute: () => app,
  path: '/settings/organisation',
  component: lazyRouteComponent(() => import('../settings/OrganisationSettings.tsx'), 'OrganisationSettings'),
})
const outbox = createRoute({
  getParentRoute: () => app,
  path: '/settings/outbox',
  component: lazyRouteComponent(() => import('../settings/Outbox.tsx'), 'Outbox'),
})
const activity = createRoute({
  getParentRoute: () => app,
  path: '/activity',
  component: lazyRouteComponent(() => import('../settings/ActivityList.tsx'), 'ActivityList'),
})

const notifications = createRoute({
  getParentRoute: () => app,
  path: '/notifications',
  validateSearch: search.notificationSearch,
  component: lazyRouteComponent(() => import('../notifications/Notifications.tsx'), 'Notifications'),
})

const routeTree = root.addChildren([
  signIn,
  signUp,
  checkMail,
  forgotPassword,
  resetPassword,
  verify,
  certificate,
  app.addChildren([
    home,
    library,
    reader,
    snips,
    find,
    trust,
    claim,
    audit,
    destroyed,
    settings,
    people,
    password,
    sessions,
    apiKeys,
    webhooks,
    webhook,
    organisation,
    outbox,
    activity,
    notifications,
  ]),
])

/** The router over a query client; stories give their own history. */
export function createAppRouter(queryClient: QueryClient, history?: RouterHistory) {
  const router = createRouter({
    routeTree,
    context: { queryClient, onProblem },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    scrollToTopSelectors: ['#main'],
    defaultErrorComponent: RouteProblem,
    ...(history ? { history } : {}),
  })
  // A session that ended while the page was open leads to sign-in and back to the same place.
  function onProblem(error: unknown) {
    const ended = error instanceof ApiProblem && error.status === 401
    const { href, pathname } = router.state.location
    if (!ended || pathname.startsWith('/sign-')) return
    queryClient.removeQueries({ queryKey: queries.me().queryKey })
    void router.navigate({ to: '/sign-in', search: { next: href } })
  }
  return router
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
