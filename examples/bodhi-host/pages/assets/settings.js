/** Makes the API Tokens page change things: the server renders it, this calls the token routes. */

const byId = (id) => document.getElementById(id)
const tokensPath = byId('tokens').dataset.tokensPath

byId('generate').addEventListener('submit', async (event) => {
  event.preventDefault()
  const form = event.currentTarget
  const fields = new FormData(form)
  const name = fields.get('name').trim()
  const expiresIn = fields.get('expires_in')

  await attempt(async () => {
    const token = await call('POST', '', {
      ...(name && { name }),
      ...(expiresIn && { expires_in: Number(expiresIn) }),
      scopes: fields.getAll('scope'),
    })
    form.reset()
    showOnce(token.token)
    await refresh()
  })
})

byId('tokens').addEventListener('click', async (event) => {
  const button = event.target.closest('button[data-action]')
  if (!button) return
  const row = button.closest('tr')
  const { token: id, name, title } = row.dataset
  const place = [...row.querySelectorAll('button')].indexOf(button)

  await attempt(async () => {
    switch (button.dataset.action) {
      case 'rename': {
        const input = byId('rename').querySelector('input')
        input.value = name
        input.select()
        if ((await answerOf(byId('rename'))) !== 'rename') return
        await call('PATCH', `/${id}`, { name: input.value.trim() || null })
        break
      }
      case 'switch-off':
        await call('PATCH', `/${id}`, { status: 'inactive' })
        break
      case 'switch-on':
        await call('PATCH', `/${id}`, { status: 'active' })
        break
      case 'revoke':
        byId('revoke-name').textContent = title
        if ((await answerOf(byId('revoke'))) !== 'revoke') return
        await call('DELETE', `/${id}`)
        break
    }
    await refresh()
    say(`${title}: ${DONE[button.dataset.action]}.`)
    focusButton(id, place)
  })
})

const DONE = {
  rename: 'renamed',
  'switch-off': 'switched off',
  'switch-on': 'switched on',
  revoke: 'revoked',
}

byId('copy').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(byId('credential').value)
    byId('copied').textContent = 'Copied.'
  } catch {
    byId('credential').select()
    byId('copied').textContent = 'The browser refused. The token is selected: copy it yourself.'
  }
})

byId('done').addEventListener('click', () => byId('generated').close())

// An Escape must not lose a token that nobody has copied yet. Browsers that do not know `closedby` close a dialog
// at the second Escape whatever its cancel event says, so the key itself is stopped.
byId('generated').addEventListener('keydown', (event) => {
  if (event.key === 'Escape') event.preventDefault()
})

byId('generated').addEventListener('close', () => {
  byId('credential').value = ''
  byId('copied').textContent = ''
})

function showOnce(credential) {
  byId('credential').value = credential
  byId('generated').showModal()
  byId('copy').focus()
}

/** Opens a dialog and waits for the button that closes it; Escape is no button. */
function answerOf(dialog) {
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true })
  })
}

/** Renders the list anew. The server does it, so that names are escaped in one place only. */
async function refresh() {
  const response = await fetch(location.href, { headers: { accept: 'text/html' } })
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('tokens')
  if (!fresh) throw new Error('Your session is over. Please sign in again.')
  byId('tokens').replaceChildren(...fresh.childNodes)
}

/** The list is new: whoever works by keyboard goes on where they were. */
function focusButton(id, place) {
  const row = document.querySelector(`tr[data-token="${CSS.escape(id)}"]`)
  row?.querySelectorAll('button')[place]?.focus()
}

async function call(method, path, body) {
  const response = await fetch(`${tokensPath}${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (response.ok) return response.status === 204 ? null : response.json()
  if (response.status === 401) throw new Error('Your session is over. Please sign in again.')
  const { message } = await response.json().catch(() => ({}))
  throw new Error(message ?? `The host answered ${response.status}.`)
}

async function attempt(change) {
  say('')
  try {
    await change()
  } catch (error) {
    say(error instanceof TypeError ? 'The host cannot be reached.' : error.message, 'error')
  }
}

function say(text, kind = '') {
  const message = byId('message')
  message.textContent = text
  message.className = `message ${kind}`
  message.hidden = text === ''
}
