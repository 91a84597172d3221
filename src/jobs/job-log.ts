/** The log of code that runs outside of requests, where an exception of the logger would end the process. */

export interface JobLog {
  info(details: object, message: string): void
  info(message: string): void
  warn(details: object, message: string): void
  warn(message: string): void
  error(details: object, message: string): void
  error(message: string): void
}

/** A log that never throws. The logged value may be anything, such as an object with a getter that throws. */
export function jobLog(log: JobLog): JobLog {
  return { info: writer(log, 'info'), warn: writer(log, 'warn'), error: writer(log, 'error') }
}

function writer(log: JobLog, level: 'info' | 'warn' | 'error') {
  return (...line: [details: object, message: string] | [message: string]) => {
    try {
      if (line.length === 1) log[level](line[0])
      else log[level](...line)
    } catch {
      tryToWrite(() => log[level](`${line.at(-1)} (the details cannot be logged)`))
    }
  }
}

/** If the log cannot be written at all, there is no place to report it. */
function tryToWrite(write: () => void): void {
  try {
    write()
  } catch {}
}
