/**
 * Asks for a token.
 * @module
 */
import { useState } from "preact/hooks";
import { CopyLine } from "../parts/copy.tsx";
import { enter } from "../state/page_session.ts";

export function TokenView({ because }: { because: string }) {
  const [shown, setShown] = useState("");
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    if (!await enter(shown)) setBusy(false);
  };
  return (
    <main id="content" class="token">
      <h1>CuGRO</h1>
      <p>Policies that keep learning, and what they remember.</p>
      <form onSubmit={(event) => void submit(event)}>
        {because !== "" && <p class="fault" role="alert">{because}</p>}
        <label class="field">
          <span>Token</span>
          <input
            type="password"
            value={shown}
            required
            autocomplete="off"
            onInput={(event) => setShown(event.currentTarget.value)}
          />
        </label>
        <div class="buttons">
          <button type="submit" class="primary" disabled={isBusy}>Look</button>
        </div>
      </form>
      <p class="note">
        It stays in this tab until that is closed. <code>deno task cluster</code>{" "}
        prints an address with a token in it; an operator makes others:
      </p>
      <CopyLine
        label="command"
        text="deno task cugro token create --name NAME --scopes read --learners '*' --file FILE"
      />
    </main>
  );
}
