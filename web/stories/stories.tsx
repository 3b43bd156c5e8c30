// The story page: `?story=NAME` shows the app at the story's address over a query client that the story filled.
import '../app/base.css'
import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import '@fontsource-variable/source-serif-4/opsz.css'
import '@mantine/core/styles.layer.css'
import '@mantine/notifications/styles.layer.css'
import '@mantine/spotlight/styles.layer.css'
import { QueryClient } from '@tanstack/react-query'
import { createMemoryHistory, RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import { Providers } from '../app/Providers.tsx'
import { createAppRouter } from '../app/router.tsx'
import { knowledgeStories } from './knowledge.story.tsx'
import { placeStories } from './places.story.tsx'
import type { Story } from './story.ts'

const all: readonly Story[] = [...placeStories, ...knowledgeStories]

function storyClient(story: Story): QueryClient {
  const queryClient = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        retry: false,
        refetchOnWindowFocus: false,
        refetchInterval: false,
      },
    },
  })
  story.fill(queryClient)
  return queryClient
}

const root = document.getElementById('root')
const wanted = new URLSearchParams(window.location.search).get('story')
const story = all.find(({ name }) => name === wanted)
if (root && story) {
  const queryClient = storyClient(story)
  const router = createAppRouter(queryClient, createMemoryHistory({ initialEntries: [story.path] }))
  createRoot(root).render(
    <Providers queryClient={queryClient}>
      <RouterProvider router={router} />
    </Providers>,
  )
} else if (root) {
  createRoot(root).render(
    <ul>
      {all.map(({ name }) => (
        <li key={name}>
          <a href={`/?story=${name}`}>{name}</a>
        </li>
      ))}
    </ul>,
  )
}
