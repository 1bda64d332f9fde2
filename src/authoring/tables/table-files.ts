import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { isMissing } from "../../core/errors.ts";
import { didYouMean, type Mistake, oneOf } from "../../core/mistakes.ts";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import { parseYaml, type YamlText } from "../../core/yaml-text.ts";
import { type PinsFile, readPins } from "../pins/index.ts";
import { readText } from "../read-text.ts";
import { meantBelow } from "./policies-below.ts";
import { type TableName, type TableValues, tableNames, tableSchemas } from "./table-schemas.ts";

export type { TableName } from "./table-schemas.ts";

const schemaOf: { readonly [Name in TableName]: z.ZodType<TableValues[Name]> } = tableSchemas;

/** All tables as their authors wrote them, each by its own schema, with the way back to file and line. */
export interface Tables extends TableValues {
  readonly pins: ReadonlyMap<string, PinsFile>;
  /** Files that were read as empty because of their mistakes; what refers into them is not judged. */
  readonly broken: ReadonlySet<string>;
  /** A mistake at this place of this table. */
  mistake(table: TableName, steps: readonly PropertyKey[], told: Omit<Mistake, "file" | "line" | "path">, path: string): Mistake;
}

const empty: TableValues = {
  servers: { version: 1, servers: {} },
  tools: { version: 1, tools: {} },
  prompts: { version: 1, prompts: {} },
  resources: { version: 1, resources: {} },
  agents: { version: 1, agents: {} },
  roles: { version: 1, roles: {} },
  groups: { version: 1, groups: {} },
  operators: { version: 1, operators: {} },
  budgets: { version: 1, budgets: {} },
  approvals: { version: 1, approvals: {} },
  settings: { version: 1, settings: { timezone: "UTC" } },
  custom: { version: 1, custom: {} },
};

export interface TableReading {
  readonly tables: Tables;
  readonly mistakes: readonly Mistake[];
}

const FOLDER = "catalog";

export const fileOf = (table: TableName): string => `${FOLDER}/${table}.yaml`;
export const pinsFileOf = (server: string): string => `${FOLDER}/pins/${server}.json`;

/**
 * Reads every table and pins file below a policies folder. A table with mistakes is read as empty, so that the others are
 * still checked. Throws what the system says where there is no such folder at all.
 */
export async function readTableFiles(policiesDir: string): Promise<TableReading> {
  await readdir(policiesDir);
  const mistakes: Mistake[] = [];
  const texts = new Map<TableName, YamlText>();
  const values = { ...empty };
  const files = await filesIn(join(policiesDir, FOLDER), /\.ya?ml$/);
  for (const file of files) if (!tableNames.some((name) => file === `${name}.yaml`)) mistakes.push(unknownTable(file));
  for (const name of tableNames) {
    if (!files.includes(`${name}.yaml`)) {
      if (name === "servers") mistakes.push(await noServers(policiesDir));
      continue;
    }
    const text = parseYaml(fileOf(name), await readText(join(policiesDir, fileOf(name))));
    if (text.ok) {
      texts.set(name, text.value);
      mistakes.push(...readTable(name, text.value, values));
    } else mistakes.push(...text.error);
  }
  const pins = await readPinFiles(policiesDir, mistakes);
  const lineOf = (table: TableName, steps: readonly PropertyKey[]) => texts.get(table)?.line(steps);
  const tables: Tables = {
    ...values,
    pins,
    broken: new Set(mistakes.map((mistake) => mistake.file)),
    mistake: (table, steps, told, path) => placed(fileOf(table), path, told, lineOf(table, steps)),
  };
  return { tables, mistakes };
}

/** Every policies folder has this table: without it another folder was meant, or this one is still empty. */
async function noServers(policiesDir: string): Promise<Mistake> {
  const remedy = await meantBelow(policiesDir);
  const told = { file: fileOf("servers"), path: "", found: "no such file", wanted: "a table of servers" };
  return remedy === undefined ? told : { ...told, remedy };
}

function readTable<Name extends TableName>(name: Name, text: YamlText, values: Pick<TableValues, Name>): Mistake[] {
  const schema = schemaOf[name];
  const parsed = schema.safeParse(text.value);
  if (parsed.success) {
    values[name] = parsed.data;
    return [];
  }
  return mistakesOf(schema, text.value, parsed.error.issues).map(({ steps, path, ...told }) =>
    placed(fileOf(name), path, told, text.line(steps)),
  );
}

async function readPinFiles(policiesDir: string, mistakes: Mistake[]): Promise<ReadonlyMap<string, PinsFile>> {
  const pins = new Map<string, PinsFile>();
  for (const file of await filesIn(join(policiesDir, FOLDER, "pins"), /\.json$/)) {
    const server = file.slice(0, -".json".length);
    const name = pinsFileOf(server);
    const read = readPins(name, await readText(join(policiesDir, name)));
    if (!read.ok) mistakes.push(...read.error);
    else if (read.value.server === server) pins.set(server, read.value);
    else mistakes.push({ file: name, path: "server", found: `"${read.value.server}"`, wanted: `"${server}", as the file is named` });
  }
  return pins;
}

function unknownTable(file: string): Mistake {
  const remedy = didYouMean(
    file,
    tableNames.map((name) => `${name}.yaml`),
  );
  const told = {
    file: `${FOLDER}/${file}`,
    path: "",
    found: "a table of an unknown name",
    wanted: oneOf(tableNames.map((name) => `${name}.yaml`)),
  };
  return remedy === undefined ? told : { ...told, remedy };
}

function placed(file: string, path: string, told: Omit<Mistake, "file" | "line" | "path">, line: number | undefined): Mistake {
  const mistake = { file, path, found: told.found, wanted: told.wanted, ...(told.remedy === undefined ? {} : { remedy: told.remedy }) };
  return line === undefined ? mistake : { ...mistake, line };
}

async function filesIn(folder: string, pattern: RegExp): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => pattern.test(name)).sort();
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw cause;
  }
}
