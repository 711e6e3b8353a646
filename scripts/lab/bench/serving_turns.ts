/**
 * The part of the group `serving` that compares throughputs: the same 64 clients ask each server for a moment, turn by turn,
 * so that a change of the machine's load meets all of them. What counts is the median of the ratios within a turn.
 * @module
 */
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

/** Throughputs, and ratios to the bare server with the lowest and the highest of a turn. */
export async function throughputsInTurns(options: TurnsOptions): Promise<Figures> {
  const { asked, bare, clients, stateDim, turns, seconds } = options;
  const threads = openClients();
  const perSecond: Record<string, number[]> = {};
  try {
    const servers = Object.entries({ bareHono: bare, ...asked });
    for (let turn = -WARM_UP; turn < turns; turn++) {
      // Nobody always comes after the same one.
      servers.push(servers.shift()!);
      for (const [name, server] of servers) {
        const { act } = await threads.run({ ...server, clients, stateDim, seconds, visit: false });
        if (turn >= 0) (perSecond[name] ??= []).push(act.length / seconds);
      }
    }
  } finally {
    threads.close();
  }
  return figuresOf(perSecond, clients);
}

function figuresOf({ bareHono, ...others }: Record<string, number[]>, clients: number): Figures {
  const figures: Figures = { [`bareHono${clients}ClientsPerSecond`]: median(bareHono!) };
  for (const [name, own] of Object.entries(others)) {
    const ratios = own.map((value, turn) => value / bareHono![turn]!);
    figures[`gateway${clients}ClientsPerSecond${name}`] = median(own);
    figures[`gatewayToBareHono${name}`] = median(ratios);
    figures[`gatewayToBareHono${name}Lowest`] = Math.min(...ratios);
    figures[`gatewayToBareHono${name}Highest`] = Math.max(...ratios);
  }
  return figures;
}
