import type { StrangerSize } from "./size.ts";
import { type StrangerTool, type Trade, toolNameOf, toolsOfServer } from "./tools.ts";
import { type DepartmentWords, departmentWords, serverWords } from "./words.ts";

export interface StrangerServer {
  readonly index: number;
  readonly id: string;
  readonly title: string;
  readonly tools: readonly StrangerTool[];
  /** The department that runs it. */
  readonly department: Department;
  /** What it may ask of clients. */
  readonly asks: readonly string[];
  readonly extensions: readonly string[];
  readonly era: "session" | "stateless";
  /** Whether it stands in the other environment. */
  readonly apart: boolean;
}

export interface Department extends DepartmentWords {
  readonly index: number;
}

/** The company before any of its files is written. */
export interface Stranger {
  readonly size: StrangerSize;
  readonly departments: readonly Department[];
  readonly servers: readonly StrangerServer[];
}

export const extension = "is.hofn.example/register";
export const extensionMethod = "register/suche";

export function strangerOf(size: StrangerSize): Stranger {
  const departments = Array.from({ length: size.departments }, (_, index) => ({ index, ...departmentWords(index) }));
  const servers = Array.from({ length: size.servers }, (_, index) => serverOf(index, size, departments));
  return { size, departments, servers };
}

function serverOf(index: number, size: StrangerSize, departments: readonly Department[]): StrangerServer {
  const department = departments[index % departments.length];
  if (department === undefined) throw new Error("a company has a department");
  return {
    index,
    ...serverWords(index),
    tools: toolsOfServer(index, size.toolsPerServer),
    department,
    asks: index % 4 === 0 ? ["elicitation", "sampling", "roots"] : [],
    extensions: index === 0 ? [extension] : [],
    era: index % 3 === 2 ? "stateless" : "session",
    apart: index === size.servers - 1,
  };
}

/** As the server's own door names it, and as rules do. */
export function toolId(server: StrangerServer, trade: Trade): string {
  return `${server.id}.${toolNameOf(server.index, trade)}`;
}

/** Agents of a department by what they are for. */
export const agentKinds = ["helfer", "kiosk", "leitstand", "nachtlauf", "zulieferer", "dienst", "pilot", "alt"] as const;
export type AgentKind = (typeof agentKinds)[number];

/** `at` counts within the department; beyond the kinds there are more of the first. */
export function agentId(department: Department, at: number): string {
  const kind = agentKinds[at];
  return kind === undefined ? `${department.id}-helfer-${at}` : `${department.id}-${kind}`;
}
