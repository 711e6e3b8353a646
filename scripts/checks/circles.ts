/**
 * Circles of values: files that need each other while they are loaded. Part of `deno task layers`.
 *
 * Between rooms the layer table allows none; inside a room files import each other by relative path, so only those are
 * followed. Imports of types alone, and those made at run time, do not count.
 * @module
 */
import { dirname, join, normalize } from "node:path";
import ts from "typescript";

/** Relative paths that a file imports values from. */
function importsOf(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier) || isTypeOnly(statement)) return [];
    const { text: target } = moduleSpecifier;
    return target.startsWith(".") ? [normalize(join(dirname(path), target))] : [];
  });
}

function isTypeOnly(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly;
  const clause = statement.importClause;
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const { namedBindings } = clause;
  return !clause.name && namedBindings !== undefined && ts.isNamedImports(namedBindings) &&
    namedBindings.elements.length > 0 && namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly);
}

/**
 * One circle for each group of files that need each other, as `a -> b -> a`.
 *
 * @param read the text of each file
 */
export function circles(files: readonly string[], read: (path: string) => string): string[] {
  const edges = new Map(files.map((file) => [file, importsOf(file, read(file))]));
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, trail: string[]): void => {
    const at = trail.indexOf(file);
    if (at >= 0) return void found.push([...trail.slice(at), file].join(" -> "));
    if (done.has(file)) return;
    for (const next of edges.get(file) ?? []) walk(next, [...trail, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  return found;
}
