/**
 * The Grafana dashboard, from a table of panels: one line a panel here is 40 lines of JSON there.
 * @module
 */
import { type Panel, ROWS } from "./dashboard_panels.ts";

/** Every PromQL expression of the dashboard. */
export function dashboardQueries(): string[] {
  return ROWS.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(([query]) => query)));
}

/** The dashboard as Grafana's JSON. */
export function renderDashboard(): string {
  let id = 0;
  let y = 0;
  const panels: unknown[] = [];
  for (const row of ROWS) {
    panels.push({
      id: ++id,
      type: "row",
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y: y++, w: 24, h: 1 },
    });
    let x = 0;
    for (const panel of row.panels) {
      if (x + panel.width > 24) [x, y] = [0, y + 8];
      panels.push(describe(panel, ++id, { x, y, w: panel.width, h: 8 }));
      x += panel.width;
    }
    y += 8;
  }
  return JSON.stringify({ ...FRAME, panels }, null, 2) + "\n";
}

const DATASOURCE = { type: "prometheus", uid: "prometheus" };
const FRAME = {
  uid: "cugro",
  title: "CuGRO",
  tags: ["cugro"],
  schemaVersion: 41,
  timezone: "browser",
  refresh: "10s",
  time: { from: "now-1h", to: "now" },
  templating: {
    list: [{
      name: "learner",
      type: "query",
      label: "Learner",
      datasource: DATASOURCE,
      query: { query: "label_values(cugro_learner_tasks, learner)", refId: "learner" },
      includeAll: true,
      multi: true,
      allValue: ".*",
      current: { text: "All", value: "$__all" },
      refresh: 2,
    }],
  },
};

function describe(panel: Panel, id: number, gridPos: Record<"x" | "y" | "w" | "h", number>) {
  const type = panel.type ?? "timeseries";
  const custom = type === "timeseries" ? { drawStyle: "line", fillOpacity: 10, spanNulls: true } : {};
  return {
    id,
    type,
    title: panel.title,
    description: panel.description,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: { unit: panel.unit ?? "short", custom }, overrides: [] },
    options: type === "timeseries"
      ? { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } }
      : { reduceOptions: { calcs: ["lastNotNull"] }, textMode: "value_and_name" },
    targets: panel.queries.map(([expr, legendFormat], i) => ({
      refId: String.fromCharCode(65 + i),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  };
}
