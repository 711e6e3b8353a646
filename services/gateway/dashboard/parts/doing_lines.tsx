/**
 * What is done, as a command and as a request.
 * @module
 */
import { commandOf, curlOf, type Doing } from "../state/command_lines.ts";
import { CopyLine } from "./copy.tsx";

/** The command, where there is one, and curl. */
export function DoingLines({ doing }: { doing: Doing }) {
  const command = commandOf(doing, location.origin);
  return (
    <div class="doing">
      {command !== undefined && <CopyLine label="command" text={command} />}
      <CopyLine label="curl" text={curlOf(doing, location.origin)} />
    </div>
  );
}
