// Sets the colour scheme before the first paint, so that a dark room never sees a white flash.
// A file of its own because the content security policy allows no inline script.
;(() => {
  const kept = window.localStorage.getItem('panoply-color-scheme')
  const dark =
    kept === 'dark' || (kept !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
})()
