/**
 * The session: the bearer token, kept while this tab is open, and what it may do.
 * @module
 */
import { computed, signal } from "@preact/signals";
import { createClient, GatewayError, type TokenView } from "@cugro/client";
import { fetchWithUploads } from "./upload_progress.ts";

const STORED = "cugro.token";
/** As `deno task cluster` prints it: `<address>/#token=...`, with a place of the page behind it if need be. */
const IN_ADDRESS = /^#token=([^&]*)(?:&to=(.*))?$/;

const secret = signal<string | undefined>(undefined);
/** The token's rights; undefined until they are loaded, or without a token. */
export const token = signal<TokenView | undefined>(undefined);
/** Why a token is asked for; empty where there has been none. */
export const askedBecause = signal<string | undefined>(undefined);

/** The gateway that the page came from. Everything is asked through it. */
export const client = computed(() =>
  createClient({ url: location.origin, token: secret.value ?? "", fetch: fetchWithUploads })
);

/** Takes the token from the address, where it does not stay, or from this tab's memory. */
export function openSession(): void {
  const found = IN_ADDRESS.exec(location.hash);
  if (found) {
    history.replaceState(null, "", `${location.pathname}#${decoded(found[2] ?? "/")}`);
    return void enter(decoded(found[1]!));
  }
  const stored = sessionStorage.getItem(STORED);
  if (stored === null) askedBecause.value = "";
  else void enter(stored);
}

/** Shows a token. @returns whether the gateway knows it */
export async function enter(shown: string): Promise<boolean> {
  secret.value = shown.trim();
  try {
    token.value = await client.value.token();
    sessionStorage.setItem(STORED, secret.value);
    askedBecause.value = undefined;
    return true;
  } catch (error) {
    // A gateway that is down proves nothing about the token.
    if (error instanceof GatewayError && error.status === 401) leave("The gateway does not know this token.");
    else askedBecause.value = `The gateway cannot be reached: ${sentenceOf(error)}`;
    return false;
  }
}

/** Forgets the token. @param why shown where another is asked for */
export function leave(why = ""): void {
  sessionStorage.removeItem(STORED);
  secret.value = undefined;
  token.value = undefined;
  askedBecause.value = why;
}

/** Whether the token may do what needs this scope. */
export function may(scope: TokenView["scopes"][number]): boolean {
  return token.value?.scopes.includes(scope) ?? false;
}

/** An error as a sentence. A token that is no longer known ends the session. */
export function sentenceOf(error: unknown): string {
  if (error instanceof GatewayError) {
    if (error.status === 401 && token.value) leave("The gateway no longer knows this token.");
    return error.detail;
  }
  if (error instanceof TypeError) return "the gateway does not answer";
  return error instanceof Error ? error.message : String(error);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
