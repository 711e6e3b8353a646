/**
 * The head of the page: navigation, whether the view is up to date, and whose token it is.
 * @module
 */
import { openDialog } from "../acts/open_act.ts";
import { route } from "../state/route.ts";
import { leave, token } from "../state/page_session.ts";
import { connection } from "../state/stream.ts";
import { nextTheme, theme } from "../state/theme.ts";

const CONNECTIONS = {
  connecting: "connecting …",
  live: "live",
  lost: "connection lost: trying again",
} as const;

export function Head() {
  const { name = "", scopes = [] } = token.value ?? {};
  return (
    <header class="head">
      <a class="brand" href="#/learners">CuGRO</a>
      <nav aria-label="Main">
        <a href="#/learners" aria-current={route.value.view === "learners" ? "page" : undefined}>Learners</a>
        <a href="#/compare" aria-current={route.value.view === "compare" ? "page" : undefined}>Compare</a>
        <a href="/docs">API</a>
      </nav>
      <span class={`connection ${connection.value}`} role="status">{CONNECTIONS[connection.value]}</span>
      <span class="who" title={`This token may ${scopes.join(", ")}`}>{name}</span>
      <button type="button" class="small" aria-label={`Light or dark: ${theme.value}`} onClick={nextTheme}>
        {theme.value}
      </button>
      <button
        type="button"
        class="small"
        aria-label="Keys"
        onClick={() => (openDialog.value = { kind: "keys" })}
      >
        ?
      </button>
      <button type="button" class="small" onClick={() => leave()}>Leave</button>
    </header>
  );
}
