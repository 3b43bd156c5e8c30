// How far somebody is with their first steps, and putting them away or opening them again.
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { changeGuide } from '../app/api.gen.ts'
import { queries } from '../app/queries.ts'
import { t } from '../app/t.ts'
import { stepsOf } from './step-places.ts'

export function useGuide() {
  const guide = useQuery(queries.guide())
  const steps = stepsOf(guide.data)
  const taken = steps.filter(({ isTaken }) => isTaken).length
  const isOver = taken === steps.length
  const isDismissed = guide.data?.isDismissed ?? false
  return { steps, taken, isOver, isDismissed, isOpen: !isOver && !isDismissed, isAsking: guide.isPending }
}

export function useChangeGuide() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (isDismissed: boolean) => changeGuide({ body: { isDismissed } }),
    onSuccess: (guide) => {
      queryClient.setQueryData(queries.guide().queryKey, guide)
      if (guide.isDismissed) notifications.show({ message: t('guide.wasPutAway') })
    },
  })
}
