/**
 * The address of the page as a person opens it.
 * @module
 */

/** With a token, which the page takes out of it. @param place of the page, as `/learners/mine` */
export function addressOfPage(url: string, token: string, place?: string): string {
  return `${url}/#token=${token}${place === undefined ? "" : `&to=${encodeURIComponent(place)}`}`;
}
