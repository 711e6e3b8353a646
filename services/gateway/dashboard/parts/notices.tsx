/**
 * What is legal in a dataset and implausible.
 * @module
 */
import type { Task } from "@cugro/client";

/** A line each. */
export function Notices({ notices }: { notices: Task["notices"] }) {
  if (notices.length === 0) return null;
  return (
    <ul class="notices">
      {notices.map(({ code, field, message, advice }, index) => (
        <li key={index} class="user-text">
          <code>{code}</code> {field !== undefined && <b>{field}:</b>} {message}. Advice: {advice}
        </li>
      ))}
    </ul>
  );
}
