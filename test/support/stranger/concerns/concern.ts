import { type StrangerServer, toolId } from "../company.ts";
import type { Trade } from "../tools.ts";
import { snake } from "../words.ts";

/** One package with all that belongs to it: its rules, tests, cases, and what it reads from the tables. */
export interface Concern {
  readonly name: string;
  readonly rego: string;
  readonly tests: string;
  /** Golden cases in the short form; `as` is a caller of `callersOf`. */
  readonly cases: readonly Readonly<Record<string, unknown>>[];
  /** Members of `custom`: lists and tables, joined with those of the others. */
  readonly custom?: Readonly<Record<string, readonly string[] | Readonly<Record<string, unknown>>>>;
  /** A shift of settings, under the name of the package. */
  readonly shift?: unknown;
  readonly budgets?: Readonly<Record<string, unknown>>;
}

export interface Served {
  readonly name: string;
  readonly server: StrangerServer;
  readonly id: (trade: Trade) => string;
}

export type Template = (served: Served) => Concern;

export function served(word: string, server: StrangerServer): Served {
  return { name: `${word}_${snake(server.id)}`, server, id: (trade) => toolId(server, trade) };
}

/** The package with its METADATA. */
export function module(name: string, title: string, servers: readonly string[], kinds: readonly string[], rules: string): string {
  const [head, ...more] = [`# title: ${title}`, "# custom:", `#   servers: ${JSON.stringify(servers)}`, `#   kinds: [${kinds.join(", ")}]`];
  return `# METADATA\n${[head, ...more].join("\n")}\npackage policy.${name}\n\n${rules.trim()}\n`;
}

/** Its tests, in a package beside it. */
export function testModule(name: string, tests: string): string {
  return `package policy.${name}_test\n\nimport data.policy.${name}\n\n${tests.trim()}\n`;
}

/** Who asks in the cases of a server: somebody of its department, its head, the head through a kiosk, a job alone. */
export const callers = {
  staff: ({ department }: StrangerServer) => `${department.id}-arbeit`,
  head: ({ department }: StrangerServer) => `${department.id}-leitung`,
  kiosk: ({ department }: StrangerServer) => `${department.id}-kiosk`,
  job: ({ department }: StrangerServer) => `${department.id}-nachts`,
};
