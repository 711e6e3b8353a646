/**
 * Dashboards and alerts ask for metrics that exist, with labels that they have, scraped where services listen.
 * @module
 */
import { createMetrics } from "@cugro/telemetry/metrics";
import { parser } from "@prometheus-io/lezer-promql";
import { HTTP_PORT } from "../../services/services.ts";
import { dashboardQueries } from "../render/grafana_dashboard.ts";
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
  faults.push(...queries.flatMap((query) => faultsOfQuery(query, known)));
  const asked = queries.join(" ");
  faults.push(
    ...[...known].filter((metric) => !asked.includes(metric) && !UNASKED.has(metric)).map((metric) =>
      `nothing shows ${metric}`
    ),
  );
  return faults.map((fault) => `infra: ${fault}`);
}

/** Faults of one query in PromQL. @param known names of the metrics that there are */
export function faultsOfQuery(query: string, known: ReadonlySet<string>): string[] {
  const faults = [...query.matchAll(/\bcugro_[a-z_]+/g)].flatMap(([metric]) => {
    const base = metric.replace(/_(bucket|sum|count)$/, "");
    return known.has(metric) || known.has(base) ? [] : `there is no metric ${metric}: ${query}`;
  });
  // Grafana fills its variable in before Prometheus sees the query.
  const filled = query.replaceAll("$__rate_interval", "5m");
  parser.parse(filled).iterate({
    enter({ type, from }) {
      if (type.isError) faults.push(`no PromQL from its character ${from + 1} on: ${filled}`);
    },
  });
  return faults;
}

/** Faults of what Prometheus scrapes in compose: the names are rendered, the port is not. */
export function checkScraping(): string[] {
  const jobs = readDocuments("prometheus/prometheus.yaml")[0]!.value.scrape_configs as Value[];
  const ports = jobs.filter(({ job_name }) => job_name === "cugro")
    .flatMap(({ dns_sd_configs }) => (dns_sd_configs as Value[]).map(({ port }) => port));
  return ports.length > 0 && ports.every((port) => port === HTTP_PORT) ? [] : [
    `infra/prometheus/prometheus.yaml: services must be scraped at port ${HTTP_PORT}: ${ports.join(", ")}`,
  ];
}

/** Totals behind a rate that is shown. */
const UNASKED = new Set(["cugro_pseudo_samples_total"]);

async function knownMetrics(): Promise<Set<string>> {
  const { text } = await createMetrics("check").expose();
  return new Set([...text.matchAll(/^# TYPE (cugro_\w+)/gm)].map(([, name]) => name!));
}
