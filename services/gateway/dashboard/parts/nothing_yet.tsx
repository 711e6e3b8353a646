/**
 * What stands where something is still being asked, or cannot be told.
 * @module
 */

export function NothingYet({ fault, what }: { fault: string | undefined; what: string }) {
  if (fault !== undefined) return <p class="fault" role="alert">{what} cannot be shown: {fault}</p>;
  return <p class="empty" role="status">Asking the gateway for {what} …</p>;
}
