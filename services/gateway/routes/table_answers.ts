/**
 * Numbers as tables: the same answer as JSON, CSV or Parquet, as `?format=` or the header Accept asks.
 * @module
 */
import { MEDIA_TYPES, type Table, TABLE_FORMATS, type TableFormat, writeTable } from "@cugro/tables";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { accepts } from "hono/accepts";

const FORMATS = ["json", ...TABLE_FORMATS] as const satisfies readonly ("json" | TableFormat)[];
/** Without what a type says of itself. */
const plain = (type: string) => type.split(";")[0]!;
const BY_TYPE = new Map<string, typeof FORMATS[number]>([
  ["application/json", "json"],
  ...TABLE_FORMATS.map((format) => [plain(MEDIA_TYPES[format]), format] as const),
]);

/** `?format=` of routes that give tables. */
export const formatQuery = z.object({
  format: z.enum(FORMATS).optional().openapi({
    description:
      "`csv` or `parquet`: a flat table; without it the header Accept decides (text/csv, application/vnd.apache.parquet)",
  }),
});

/** The answer of such a route, for `responses`. */
export function tableResponse<T>(schema: T, description: string) {
  return {
    description,
    content: {
      "application/json": { schema },
      "text/csv": { schema: z.string() },
      "application/vnd.apache.parquet": { schema: z.string().openapi({ format: "binary" }) },
    },
    headers: z.object({ vary: z.string().openapi({ description: "Accept" }) }),
  };
}

/** Which format is asked for: the address says more than a header that a program sends by itself. */
export function formatOf(context: Context, { format }: z.infer<typeof formatQuery>): typeof FORMATS[number] {
  context.header("vary", "Accept", { append: true });
  if (format !== undefined) return format;
  const type = accepts(context, {
    header: "Accept",
    supports: [...BY_TYPE.keys()],
    default: "application/json",
  });
  return BY_TYPE.get(type)!;
}

/** A table as a file that is called `name`. */
export async function tableFile(
  table: Table,
  format: TableFormat,
  name: string,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; headers: Record<string, string> }> {
  return {
    bytes: await writeTable(table, format),
    headers: {
      "content-type": MEDIA_TYPES[format],
      "content-disposition": `attachment; filename="${name}.${format}"`,
    },
  };
}
