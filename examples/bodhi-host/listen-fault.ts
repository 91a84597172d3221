/** Explains why the host, or its built-in provider, cannot listen. */
import { SettingsError } from './settings.ts'

/** The variables with host and port, and their values. */
interface Place {
  readonly portVariable: 'PORT' | 'OIDC_PORT'
  readonly port: number
  readonly host: string
}

/** Makes an error with advice for errors of an address. Other errors are returned unchanged. */
export function listenFault(error: unknown, { portVariable, port, host }: Place): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return fault(
        `${portVariable}: another program listens on ${host}:${port}. Stop it, or set ${portVariable} to another port; 0 takes any free port`,
      )
    case 'EACCES':
      return fault(
        `${portVariable}: this user may not listen on port ${port}. Set ${portVariable} to one above 1023`,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return fault(`HOST: this machine has no address ${host}`)
    default:
      return error
  }
}

function fault(problem: string): Error {
  return new SettingsError([problem])
}
