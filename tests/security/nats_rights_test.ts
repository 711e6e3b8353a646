/** What each service may do on NATS, tried out on a real server with the committed configuration. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, type NatsConnection, nkeyAuthenticator } from "@nats-io/transport-node";
import { createUser } from "@nats-io/nkeys";
import { consumerName, jobSubject, openNatsBus, STREAMS } from "@cugro/bus";
import {
  ACT_QUEUE,
  ACT_SUBJECTS,
  actSubject,
  HAND_IN_SUBJECTS,
  handInSubject,
  JOB_KINDS,
  type JobKind,
  kindsOfService,
} from "@cugro/protocol";
import { natsUsers } from "../../infra/permissions.ts";
import { SERVICE_NAMES, type ServiceName, WORKER } from "../../services/services.ts";
import { type Confined, startConfined } from "./confined.ts";

const jobId = "a".repeat(64);
const api = (call: string) => `$JS.API.${call}`;
const next = (kind: JobKind) => api(`CONSUMER.MSG.NEXT.${STREAMS.jobs}.${consumerName(kind)}`);
const infoOf = (kind: JobKind) => api(`CONSUMER.INFO.${STREAMS.jobs}.${consumerName(kind)}`);
const ack = (kind: JobKind) => `$JS.ACK.${STREAMS.jobs}.${consumerName(kind)}.1.1.1.1.0`;

const eventsOf = (kind: JobKind) =>
  ["finished", "failed"].map((end) => `events.job.${end}.${kind.replace(".", "-")}`);
const progressOf = (kind: JobKind) => `progress.${kind.replace(".", "-")}.${jobId}`;

/** Subjects that somebody might like to publish to. */
const SUBJECTS: string[] = [
  ...JOB_KINDS.flatMap((kind) => [next(kind), infoOf(kind), ack(kind), jobSubject(kind, jobId)]),
  ...Object.values(STREAMS).flatMap((stream) =>
    ["INFO", "CREATE", "UPDATE", "DELETE", "PURGE", "MSG.GET", "MSG.DELETE", "SNAPSHOT", "LEADER.STEPDOWN"]
      .map((call) => api(`STREAM.${call}.${stream}`))
  ),
  ...JOB_KINDS.flatMap((kind) => {
    const path = `${STREAMS.jobs}.${consumerName(kind)}`;
    return [
      api(`CONSUMER.DURABLE.CREATE.${path}`),
      api(`CONSUMER.CREATE.${path}.x`),
      api(`CONSUMER.DELETE.${path}`),
    ];
  }),
  api("STREAM.CREATE.OTHER"),
  api("STREAM.NAMES"),
  api("ACCOUNT.PURGE.CUGRO"),
  "events.job.finished",
  ...JOB_KINDS.flatMap((kind) => [...eventsOf(kind), progressOf(kind)]),
  "events.version.published",
  "events.task.accepted",
  "incoming.hint",
  "incoming.fast",
  `progress.${jobId}`,
  "_INBOX_gateway.forged",
  "$SYS.REQ.SERVER.PING",
  "act.team-a",
  "evaluations.wanted",
  "evaluations.hand-in.team-a",
  "evaluations.other",
  "anything",
];
const info = Object.values(STREAMS).map((stream) => api(`STREAM.INFO.${stream}`));

/** Written down here a second time, on purpose: a right that slips into the table of rights fails a test. */
const MAY_PUBLISH: Record<ServiceName, string[]> = {
  gateway: [...info, ...JOB_KINDS.map(infoOf), api("STREAM.MSG.GET.EVENTS"), "incoming.hint"],
  coordinator: [
    ...info,
    ...JOB_KINDS.flatMap((kind) => [
      infoOf(kind),
      jobSubject(kind, jobId),
      api(`CONSUMER.DURABLE.CREATE.${STREAMS.jobs}.${consumerName(kind)}`),
    ]),
    ...Object.values(STREAMS).map((stream) => api(`STREAM.CREATE.${stream}`)),
    ...["EVENTS", "INCOMING"].map((stream) => api(`STREAM.UPDATE.${stream}`)),
    "events.version.published",
    "events.task.accepted",
  ],
  ...Object.fromEntries(
    ["dataset-import", "state-generation", "behavior-generation", "critic-training", "policy-evaluation"].map(
      (service) => [
        service,
        [
          ...info,
          ...kindsOfService(service).flatMap((kind) => [
            ...[next(kind), infoOf(kind), ack(kind)],
            ...[...eventsOf(kind), progressOf(kind)],
          ]),
        ],
      ],
    ),
  ) as Record<Exclude<ServiceName, "gateway" | "coordinator">, string[]>,
};
const MAY_HEAR: Partial<Record<ServiceName, string[]>> = {
  gateway: ["events.>", "progress.>", "act.*", "evaluations.wanted", "evaluations.hand-in.*"],
  coordinator: ["events.>", "incoming.>"],
};
const LISTENABLE = [
  "events.>",
  "progress.>",
  "incoming.>",
  "jobs.>",
  "act.*",
  "evaluations.wanted",
  "evaluations.hand-in.*",
  "evaluations.>",
  ">",
  "$JS.>",
  "$SYS.>",
  ...SERVICE_NAMES.map((service) => `_INBOX_${service}.>`),
];

function login({ nats, seedOf }: Confined, user: string): Promise<NatsConnection> {
  const authenticator = nkeyAuthenticator(new TextEncoder().encode(seedOf(user)));
  return connect({
    servers: nats.url,
    authenticator,
    inboxPrefix: `_INBOX_${user}`,
    reconnect: false,
    noAsyncTraces: true,
  });
}

/** Which of the subjects the server lets this user publish to: it answers a violation before the next pong. */
async function publishable(servers: Confined, user: string, subjects: string[]): Promise<string[]> {
  const connection = await login(servers, user);
  const refused = new Set<string>();
  const watching = (async () => {
    for await (const status of connection.status()) {
      if (status.type !== "error") continue;
      const subject = (status.error as Error & { subject?: string }).subject;
      if (subject) refused.add(subject);
    }
  })();
  for (const subject of subjects) {
    // No payload that JetStream could act upon, no reply: only the right to say it is looked at.
    connection.publish(subject, "?");
    await connection.flush();
  }
  await connection.close();
  await watching;
  return subjects.filter((subject) => !refused.has(subject));
}

async function receivableSubjects(servers: Confined, user: string, subjects = LISTENABLE): Promise<string[]> {
  const connection = await login(servers, user);
  const allowed: string[] = [];
  for (const subject of subjects) {
    let refused = false;
    const subscription = connection.subscribe(subject, {
      callback: (error) => void (refused ||= error !== null),
    });
    await connection.flush();
    if (!refused) allowed.push(subject);
    if (!subscription.isClosed()) subscription.unsubscribe();
  }
  await connection.close();
  return allowed;
}

/** What JetStream holds, for before and after. */
async function stateOf(servers: Confined): Promise<unknown> {
  const connection = await login(servers, "operator");
  const states = [];
  for (const stream of Object.values(STREAMS)) {
    const answer = (await connection.request(api(`STREAM.INFO.${stream}`), "")).json<
      Record<string, unknown>
    >();
    const { messages, consumer_count } = answer.state as Record<string, number>;
    states.push({ config: answer.config, created: answer.created, messages, consumer_count });
  }
  await connection.close();
  return states;
}

Deno.test("every service may say and hear on NATS what it needs, and nothing else", async (test) => {
  const servers = await startConfined();
  const first = await servers.openBus("coordinator", "create");
  await first.close();
  const before = await stateOf(servers);
  for (const service of SERVICE_NAMES) {
    await test.step(service, async () => {
      const may = new Set(MAY_PUBLISH[service]);
      const forbidden = SUBJECTS.filter((subject) => !may.has(subject));
      assertEquals(await publishable(servers, service, forbidden), [], "may say what it must not");
      assertEquals(
        (await publishable(servers, service, info)).sort(),
        [...info].sort(),
        "may not look at streams",
      );
      assertEquals(
        (await receivableSubjects(servers, service)).sort(),
        [...MAY_HEAR[service] ?? [], `_INBOX_${service}.>`].sort(),
      );
    });
  }
  await test.step("what was refused has changed nothing", async () => {
    assertEquals(await stateOf(servers), before);
  });
  await test.step("what is allowed goes through", async () => {
    for (const service of SERVICE_NAMES) {
      const may = SUBJECTS.filter((subject) => MAY_PUBLISH[service].includes(subject));
      assertEquals(may.length, MAY_PUBLISH[service].length, "every right is tried");
      assertEquals(await publishable(servers, service, may), may, service);
    }
  });
  await test.step("the process for the jobs of all services may say what all workers may, and hears itself alone", async () => {
    const all = SERVICE_NAMES.filter((service) => kindsOfService(service).length > 0)
      .flatMap((service) => MAY_PUBLISH[service]);
    const may = SUBJECTS.filter((subject) => all.includes(subject));
    assertEquals(await publishable(servers, WORKER, SUBJECTS), may);
    assertEquals(await receivableSubjects(servers, WORKER), []);
  });
  await test.step("MinIO's user says what came in, and nothing else", async () => {
    assertEquals(await publishable(servers, "minio", SUBJECTS), ["incoming.fast"]);
  });
  await test.step("the observer hears events and progress, reads what it missed, and says nothing else", async () => {
    const reading = [api("STREAM.INFO.EVENTS"), api("STREAM.MSG.GET.EVENTS")];
    assertEquals((await publishable(servers, "observer", SUBJECTS)).sort(), reading.sort());
    assertEquals(
      (await receivableSubjects(servers, "observer", [...LISTENABLE, "_INBOX_observer.>"])).sort(),
      ["events.>", "progress.>", "_INBOX_observer.>"].sort(),
    );
  });
  await test.step("the robot asks gateways to act and hears their answer, and nobody else may do either", async () => {
    assertEquals(await publishable(servers, "robot", SUBJECTS), ["act.team-a"]);
    assertEquals(await receivableSubjects(servers, "robot", [...LISTENABLE, "_INBOX_robot.>"]), [
      "_INBOX_robot.>",
    ]);
    const gateway = await servers.openBus("gateway");
    const stop = await gateway.answer({
      subject: ACT_SUBJECTS,
      queue: ACT_QUEUE,
      answer: ({ subject }) => Promise.resolve({ body: `for ${subject}` }),
    });
    const robot = await login(servers, "robot");
    assertEquals((await robot.request(actSubject("team-a"), "{}")).string(), "for act.team-a");
    const observer = await login(servers, "observer");
    await assertRejects(() => observer.request(actSubject("team-a"), "{}"), Error, "Permissions Violation");
    const worker = await servers.openBus("critic-training");
    const answer = {
      subject: ACT_SUBJECTS,
      queue: ACT_QUEUE,
      answer: () => Promise.resolve({ body: "forged" }),
    };
    await assertRejects(() => worker.answer(answer), Error, "does not let this service answer act.*");
    await stop();
    await assertRejects(() => robot.request(actSubject("team-a"), "{}"), Error, "no responders");
    for (const one of [gateway, worker, robot, observer]) await one.close();
  });
  await test.step("the evaluator asks what is wanted, acts and hands in, hears its own answers alone, and does nothing else", async () => {
    const own = ["act.team-a", "evaluations.wanted", "evaluations.hand-in.team-a"];
    assertEquals(await publishable(servers, "evaluator", SUBJECTS), own);
    const inbox = "_INBOX_evaluator.>";
    assertEquals(await receivableSubjects(servers, "evaluator", [...LISTENABLE, inbox, "_INBOX_robot.>"]), [
      inbox,
    ]);
    const gateway = await servers.openBus("gateway");
    const answer = () => Promise.resolve({ body: "yes" });
    const stop = await gateway.answer({ subject: HAND_IN_SUBJECTS, queue: ACT_QUEUE, answer });
    const evaluator = await login(servers, "evaluator");
    assertEquals((await evaluator.request(handInSubject("team-a"), "{}")).string(), "yes");
    for (const user of ["observer", "robot"]) {
      const other = await login(servers, user);
      await assertRejects(() => other.request(handInSubject("team-a"), "{}"), Error, "Permissions Violation");
      await other.close();
    }
    await stop();
    for (const one of [gateway, evaluator]) await one.close();
  });
  await test.step("nobody gets in without a key, or with a foreign one", async () => {
    // Through the bus: the client's own transport lets a refused login kill the process now and then.
    const open = { servers: [servers.nats.url], name: "gateway" };
    const stranger = new TextDecoder().decode(createUser().getSeed());
    for (const login of [{}, { seed: stranger }]) {
      await assertRejects(() => openNatsBus({ ...open, ...login }), Error, "Cannot connect");
    }
  });
  assert(Object.keys(natsUsers()).length === SERVICE_NAMES.length + 7);
  await servers.stop();
});
