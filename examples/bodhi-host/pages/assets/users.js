/** The script of the users page. The server renders the page; this calls the routes under `/bodhi/v1/users`. */

const byId = (id) => document.getElementById(id)
const LAST_SAID = 'bodhi-users-said'
const DONE = { deactivate: 'deactivated', reactivate: 'active again', remove: 'removed' }

say(sessionStorage.getItem(LAST_SAID) ?? '')
sessionStorage.removeItem(LAST_SAID)

document.querySelector('.people').addEventListener('click', async (event) => {
  const button = event.target.closest('button[data-action]')
  if (!button) return
  const { user: id, name } = button.closest('li').dataset
  const { action } = button.dataset
  if (action === 'remove' && !(await confirmed(name))) return
  try {
    await call(id, action)
    // The page is loaded again, because only the server renders the list and escapes names.
    sessionStorage.setItem(LAST_SAID, `${name} is ${DONE[action]}.`)
    location.reload()
  } catch (error) {
    say(error instanceof TypeError ? 'The host cannot be reached.' : error.message, 'error')
  }
})

/** Asks for confirmation. Escape means no. */
function confirmed(name) {
  const dialog = byId('remove')
  byId('remove-name').textContent = name
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'remove'), { once: true })
  })
}

async function call(id, action) {
  const url = `/bodhi/v1/users/${encodeURIComponent(id)}`
  const response =
    action === 'remove'
      ? await fetch(url, { method: 'DELETE' })
      : await fetch(`${url}/${action}`, { method: 'POST' })
  if (response.ok) return
  const { message } = await response.json().catch(() => ({}))
  throw new Error(message ?? `The host answered ${response.status}.`)
}

function say(text, kind = '') {
  byId('message').textContent = text
  byId('message').className = `message ${kind}`
}
