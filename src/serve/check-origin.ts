import { ApiError } from './api-error.ts'

const loopbackNames = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i

/**
 * Keeps web pages of strangers away from a server on the user's own machine: a page that had its name point here
 * (DNS rebinding) shows in `Host`, one that posts blindly shows in `Sec-Fetch-Site`.
 *
 * @throws ApiError 403.
 */
export function checkOrigin(
  request: Request,
  rule: { loopbackOnly: boolean; corsOrigins: readonly string[] },
): void {
  const host = request.headers.get('host')
  if (rule.loopbackOnly && host !== null && !loopbackNames.test(host))
    throw new ApiError(
      403,
      `This server answers to localhost only, not to '${host}'; start it with --host.`,
      {
        code: 'host_not_allowed',
      },
    )
  const origin = request.headers.get('origin') ?? ''
  const crossSite = request.headers.get('sec-fetch-site') === 'cross-site'
  if (crossSite && request.method === 'POST' && !rule.corsOrigins.includes(origin))
    throw new ApiError(
      403,
      `Pages of '${origin}' may not call this server; start it with --cors ${origin}.`,
      {
        code: 'origin_not_allowed',
      },
    )
}
