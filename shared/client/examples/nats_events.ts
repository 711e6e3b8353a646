/**
 * Prints events from NATS, from the oldest kept one on; continues where it stopped.
 *
 * `nats_events.ts nats://HOST:PORT PLACE_FILE [SEED_FILE]`, under Deno or Node. Reads by place in the journal, so nothing is missed
 * and nothing is kept on the server. A local cluster needs no seed.
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import type { CloudEvent } from "@cugro/protocol";
import { connect, type NatsConnection, nkeyAuthenticator } from "@nats-io/transport-node";

/** How far this program has read, and of which journal: a broker that lost its disk begins again at 1. */
interface Place {
  stream: string;
  after: number;
}

/** Without a sign of news the journal is looked at this often, should it have been lost. */
const LOOK_MS = 30_000;
const [servers = "nats://localhost:4222", placeFile = "observer.place", seedFile] = process.argv.slice(2);

async function ask<T>(connection: NatsConnection, subject: string, body: object = {}): Promise<T> {
  return (await connection.request(`$JS.API.STREAM.${subject}.EVENTS`, JSON.stringify(body))).json<T>();
}

/** Prints what is there behind a place. @returns how far it has read */
async function readOn(connection: NatsConnection, kept: Place | undefined): Promise<Place> {
  const { created } = await ask<{ created: string }>(connection, "INFO");
  const place = kept?.stream === created ? kept : { stream: created, after: 0 };
  while (true) {
    // The first event behind this place; numbers of events that have expired are passed over.
    const { message } = await ask<{ message?: { seq: number; data: string } }>(connection, "MSG.GET", {
      ...{ seq: place.after + 1, next_by_subj: "events.>" },
    });
    if (!message) return place;
    const event = JSON.parse(Buffer.from(message.data, "base64").toString("utf8")) as CloudEvent;
    console.log(event.type, event.subject, JSON.stringify(event.data));
    place.after = message.seq;
    writeFileSync(placeFile, JSON.stringify(place));
  }
}

const connection = await connect({
  ...{ servers, inboxPrefix: "_INBOX_observer", maxReconnectAttempts: -1 },
  ...seedFile === undefined ? {} : { authenticator: nkeyAuthenticator(readFileSync(seedFile)) },
});
let place: Place | undefined = existsSync(placeFile)
  ? JSON.parse(readFileSync(placeFile, "utf8"))
  : undefined;
let wake = () => {};
connection.subscribe("events.>", { callback: () => wake() });
while (!connection.isClosed()) {
  const news = new Promise<void>((resolve) => wake = resolve);
  try {
    place = await readOn(connection, place);
  } catch (error) {
    console.error("The journal cannot be read now:", error);
  }
  await Promise.race([news, new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref())]);
}
