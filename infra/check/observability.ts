/**
 * Dashboards and alerts ask for metrics that exist, with labels that they have.
 * @module
 */
import { createMetrics } from "@cugro/telemetry";
import { dashboardQueries } from "../render/dashboard.ts";
import { readDocuments, type Value } from "./documents.ts";

/** Faults of the dashboard's and the alerts' queries. */
export async function checkQueries(): Promise<string[]> {
  const known = await knownMetrics();
  const rules = (readDocuments("prometheus/alerts.yaml")[0]!.value.groups as Value[]).flatMap(({ rules }) =>
    rules as Value[]
  );
  const faults = rules.filter(({ alert, expr, annotations }) => !(alert && expr && annotations?.summary))
    .map(({ alert }) => `alert ${alert} must have a name, an expression and a summary`);
  const queries = [...rules.map(({ expr }) => expr as string), ...dashboardQueries()];
  for (const query of queries) {
    for (const [metric] of query.matchAll(/\bcugro_[a-z_]+/g)) {
      const base = metric.replace(/_(bucket|sum|count)$/, "");
      if (!known.has(metric) && !known.has(base)) faults.push(`there is no metric ${metric}: ${query}`);
    }
    if (!isBalanced(query)) faults.push(`unbalanced brackets: ${query}`);
  }
  const asked = queries.join(" ");
  faults.push(
    ...[...known].filter((metric) => !asked.includes(metric) && !UNASKED.has(metric)).map((metric) =>
      `nothing shows ${metric}`
    ),
  );
  return faults.map((fault) => `infra: ${fault}`);
}

/** Totals behind a rate that is shown. */
const UNASKED = new Set(["cugro_pseudo_samples_total"]);

async function knownMetrics(): Promise<Set<string>> {
  const { text } = await createMetrics("check").expose();
  return new Set([...text.matchAll(/^# TYPE (cugro_\w+)/gm)].map(([, name]) => name!));
}

function isBalanced(query: string): boolean {
  const open: string[] = [];
  for (const character of query.replaceAll(/"[^"]*"/g, "")) {
    if ("([{".includes(character)) open.push(")]}"["([{".indexOf(character)]!);
    else if (")]}".includes(character) && open.pop() !== character) return false;
  }
  return open.length === 0;
}
