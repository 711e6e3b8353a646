/**
 * The part of the group `serving` that compares throughputs: the same 64 clients ask each server for a moment, turn by turn,
 * so that a change of the machine's load meets all of them. What counts is the median of the ratios within a turn. On a busy
 * machine those of computing time, which servers and clients take together for an answer, say more: they spread less.
 * @module
 */
import process from "node:process";
import type { ClientsTask } from "../experiments/act_clients.ts";
import { openClients } from "../experiments/run_clients.ts";
import { type Figures, median } from "./measure.ts";

/** Turns that are not counted: the clients' code and connections are new, and so is the servers' code. */
const WARM_UP = 1;

/** What takes part: where each is asked, and the name of its figures; the others are compared with `bare`. */
export interface TurnsOptions {
  asked: Record<string, Pick<ClientsTask, "url" | "token" | "learner">>;
  bare: Pick<ClientsTask, "url" | "token" | "learner">;
  clients: number;
  stateDim: number;
  turns: number;
  /** Of one server in one turn. */
  seconds: number;
}

/** What one server came to in one turn. */
interface Turn {
  perSecond: number;
  /** Answers for a second of computing time. */
  perComputed: number;
}

/** Throughputs, and ratios to the bare server with the lowest and the highest of a turn. */
export async function throughputsInTurns(options: TurnsOptions): Promise<Figures> {
  const { asked, bare, clients, stateDim, turns, seconds } = options;
  const threads = openClients();
  const seen: Record<string, Turn[]> = {};
  try {
    const servers = Object.entries({ bareHono: bare, ...asked });
    for (let turn = -WARM_UP; turn < turns; turn++) {
      // Nobody always comes after the same one.
      servers.push(servers.shift()!);
      for (const [name, server] of servers) {
        const before = process.cpuUsage();
        const { act } = await threads.run({ ...server, clients, stateDim, seconds, visit: false });
        const { user, system } = process.cpuUsage(before);
        const own = { perSecond: act.length / seconds, perComputed: act.length / (user + system) * 1e6 };
        if (turn >= 0) (seen[name] ??= []).push(own);
      }
    }
  } finally {
    threads.close();
  }
  return figuresOf(seen, clients);
}

function figuresOf({ bareHono, ...others }: Record<string, Turn[]>, clients: number): Figures {
  const bare = bareHono!;
  const figures: Figures = {
    [`bareHono${clients}ClientsPerSecond`]: median(bare.map(({ perSecond }) => perSecond)),
  };
  for (const [name, own] of Object.entries(others)) {
    const ratios = own.map(({ perSecond }, turn) => perSecond / bare[turn]!.perSecond);
    const computed = own.map(({ perComputed }, turn) => perComputed / bare[turn]!.perComputed);
    figures[`gateway${clients}ClientsPerSecond${name}`] = median(own.map(({ perSecond }) => perSecond));
    figures[`gatewayToBareHono${name}`] = median(ratios);
    figures[`gatewayToBareHono${name}Lowest`] = Math.min(...ratios);
    figures[`gatewayToBareHono${name}Highest`] = Math.max(...ratios);
    figures[`gatewayToBareHono${name}Computed`] = median(computed);
  }
  return figures;
}
