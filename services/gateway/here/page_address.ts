/**
 * The address of the page as a person opens it.
 * @module
 */

/**
 * The address of the page as a person opens it, with a token, which the page takes out of it.
 *
 * @param url of the gateway
 * @param token its secret
 * @param place of the page, as `/learners/mine`
 * @returns to be shown to that person alone
 */
export function addressOfPage(url: string, token: string, place?: string): string {
  return `${url}/#token=${token}${place === undefined ? "" : `&to=${encodeURIComponent(place)}`}`;
}
