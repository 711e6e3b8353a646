/**
 * The placeholder while something is being fetched, or where it cannot be.
 * @module
 */

export function NothingYet({ fault, what }: { fault: string | undefined; what: string }) {
  if (fault !== undefined) return <p class="fault" role="alert">{what} cannot be shown: {fault}</p>;
  return <p class="empty" role="status">Asking the gateway for {what} …</p>;
}
