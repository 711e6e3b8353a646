/**
 * Tokens of a gateway for tests, and questions with them.
 * @module
 */
import { join } from "node:path";
import { addToken, issueToken, type Scope } from "../tokens.ts";
import type { LiveGateway } from "./listening_gateway.ts";

/** Writes the tokens of {@link LiveGateway}. */
export async function makeTokens(folder: string) {
  const tokensFile = join(folder, "tokens.json");
  const make = async (name: string, scope: Scope, learners: string) => {
    const { secret, entry } = issueToken({ name, scopes: [scope], learners: [learners] });
    await addToken(tokensFile, entry);
    return secret;
  };
  const tokens = {
    admin: await make("admin", "admin", "*"),
    reader: await make("reader", "read", "*"),
    team: await make("team", "admin", "team-*"),
  };
  return { tokens, tokensFile };
}

/** Asks with one of the tokens. */
export function asker(url: string, tokens: LiveGateway["tokens"]): LiveGateway["ask"] {
  return async (method, path, body, as = "admin") => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${tokens[as]}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === "" ? undefined : JSON.parse(text),
      headers: response.headers,
    };
  };
}
