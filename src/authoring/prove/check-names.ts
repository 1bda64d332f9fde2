import { didYouMean, type Mistake, oneOf, pathText } from "../../core/mistakes.ts";
import { glob } from "../../parts/catalog/index.ts";
import type { AccessTable } from "../access/index.ts";
import type { ProofFacts } from "./facts.ts";
import type { Invariant } from "./language.ts";
import type { Invariants } from "./read-invariants.ts";
import { callerSelector, targetSelector, type Words } from "./select.ts";

/**
 * Names that nobody has, and selectors that mean nobody and nothing: a misspelt team would prove whatever is said of it.
 * Where an invariant allows to be empty, its names may be of what is not there yet or no longer.
 */
export function nameMistakes(read: Invariants, table: AccessTable, facts: ProofFacts): readonly Mistake[] {
  const known = vocabularies(table, facts);
  return read.invariants.flatMap((invariant, index) => {
    if (invariant.allow_empty) return [];
    const tell = (steps: readonly PropertyKey[], told: Omit<Mistake, "file" | "line" | "path">): Mistake => {
      const line = read.line(index, ...steps);
      return { file: read.file, path: pathText(["invariants", index, ...steps]), ...told, ...(line !== undefined && { line }) };
    };
    const wrong = namedIn(invariant).flatMap(({ steps, word, what }) => {
      const words = known[what];
      const patterned = (what === "agent" || what === "target") && word.includes("*");
      if (patterned ? [...words].some(glob(word)) : words.has(word)) return [];
      const remedy = didYouMean(word, words);
      const wanted = words.size === 0 ? `a ${what}; there is none` : `a ${what}: ${oneOf([...words].sort())}`;
      return [tell(steps, { found: JSON.stringify(word), wanted, ...(remedy !== undefined && { remedy }) })];
    });
    return wrong.length > 0 ? wrong : emptyMistakes(invariant, table, facts, tell);
  });
}

type Tell = (steps: readonly PropertyKey[], told: Omit<Mistake, "file" | "line" | "path">) => Mistake;

function emptyMistakes(invariant: Invariant, table: AccessTable, facts: ProofFacts, tell: Tell): readonly Mistake[] {
  const { agents, users, targets, only } = invariant;
  const remedy = "say allow_empty: true if that is meant";
  const callers = table.callers.filter(callerSelector(agents, users, facts));
  const found: Mistake[] = [];
  if (callers.length === 0) {
    const wanted = "at least one caller: an active agent in this mode, with users of groups that are tried";
    found.push(tell([agents === undefined && users !== undefined ? "users" : "agents"], { found: "selects nobody", wanted, remedy }));
  }
  for (const [member, selector] of [["targets", targets] as const, ["only", only] as const]) {
    if (selector === undefined || table.targets.some(targetSelector(selector, facts))) continue;
    found.push(tell([member], { found: "selects nothing", wanted: "at least one tool, prompt or resource of a server in use", remedy }));
  }
  return found;
}

type What = "agent" | "team" | "owner" | "environment" | "surface" | "role" | "group" | "target" | "server" | "data class" | "budget";

function vocabularies({ targets }: AccessTable, facts: ProofFacts): Readonly<Record<What, ReadonlySet<string>>> {
  const agents = [...facts.agents.values()];
  const present = (words: readonly (string | undefined)[]) => new Set(words.filter((word) => word !== undefined));
  return {
    agent: new Set(facts.agents.keys()),
    team: present(agents.map(({ team }) => team)),
    owner: present(agents.map(({ owner }) => owner)),
    environment: present([...agents, ...facts.servers.values()].map(({ environment }) => environment)),
    surface: present(agents.map(({ surface }) => surface)),
    role: facts.roles,
    group: facts.groups,
    target: new Set(targets.map(({ id }) => id)),
    server: new Set(facts.servers.keys()),
    "data class": facts.dataClasses,
    budget: facts.budgets,
  };
}

interface Named {
  readonly steps: readonly PropertyKey[];
  readonly word: string;
  readonly what: What;
}

const agentWords = { id: "agent", team: "team", owner: "owner", environment: "environment", surface: "surface", role: "role" } as const;
const targetWords = { id: "target", server: "server", environment: "environment" } as const;

function namedIn({ agents, users, targets, only, always }: Invariant): readonly Named[] {
  const named: Named[] = [];
  const note = (steps: readonly PropertyKey[], words: Words | undefined, what: What) => {
    if (typeof words === "string") named.push({ steps, word: words, what });
    else for (const [at, word] of (words ?? []).entries()) named.push({ steps: [...steps, at], word, what });
  };
  for (const [steps, selector] of [[["agents"], agents] as const, [["agents", "not"], agents?.not] as const]) {
    for (const [member, what] of Object.entries(agentWords)) note([...steps, member], selector?.[member as keyof typeof agentWords], what);
  }
  const ofUsers = users === "any" ? undefined : users;
  for (const member of ["has", "has_all", "has_none_of"] as const) note(["users", member], ofUsers?.[member], "group");
  for (const [step, outer] of [["targets", targets] as const, ["only", only] as const]) {
    for (const [steps, selector] of [[[step], outer] as const, [[step, "not"], outer?.not] as const]) {
      for (const [member, what] of Object.entries(targetWords))
        note([...steps, member], selector?.[member as keyof typeof targetWords], what);
      const classes = selector?.data_classes;
      if (typeof classes === "string" || classes === undefined || "length" in classes)
        note([...steps, "data_classes"], classes, "data class");
      else for (const how of ["any", "all", "only"] as const) note([...steps, "data_classes", how], classes[how], "data class");
    }
  }
  if (typeof always === "object" && "budget" in always) note(["always", "budget"], always.budget, "budget");
  if (typeof always === "object" && "approval" in always) note(["always", "approval"], always.approval, "group");
  return named;
}
