import type { Terminal } from "../../cli/terminal.ts";
import type { DemoSetUp } from "../set-up/index.ts";
import { type Answer, connectAgent, type DemoAgent } from "./agent.ts";

/** A call of the story with how it has to end; afterwards the records and the servers are held against these. */
export interface WantedCall {
  readonly step: string;
  readonly user: string | undefined;
  readonly agent: string;
  /** `<server>.<tool>`. */
  readonly target: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly effect: "allow" | "deny";
  readonly code?: string;
}

/** One step of the story. `run` says what differs from what had to happen; nothing means it went as told. */
export interface Step {
  readonly name: string;
  readonly title: string;
  run(telling: Telling): Promise<readonly string[]>;
}

/** What the steps share. */
export class Telling {
  readonly setUp: DemoSetUp;
  readonly terminal: Terminal;
  readonly wanted: WantedCall[] = [];
  readonly #agents = new Map<string, DemoAgent>();
  /** Name of the step that is told. */
  step = "";

  constructor(setUp: DemoSetUp, terminal: Terminal) {
    this.setUp = setUp;
    this.terminal = terminal;
  }

  async agent(user: string | undefined, agent: string): Promise<DemoAgent> {
    const key = `${user ?? ""} ${agent}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const made = await connectAgent(this.setUp, user, agent);
    this.#agents.set(key, made);
    return made;
  }

  line(text: string): void {
    this.terminal.out(`   ${text}`);
  }

  /** Makes one call, tells it, and says how it differs from what was wanted. */
  async call(wanted: Omit<WantedCall, "step">): Promise<{ readonly answer: Answer; readonly differences: readonly string[] }> {
    const agent = await this.agent(wanted.user, wanted.agent);
    const answer = await agent.call(wanted.target.replace(".", "__"), wanted.args);
    this.wanted.push({ ...wanted, step: this.step });
    this.tell(agent.who, wanted, answer);
    return { answer, differences: differencesOf(wanted, answer) };
  }

  tell(who: string, wanted: Pick<WantedCall, "target" | "args">, answer: Answer): void {
    const { paint } = this.terminal;
    const sign = answer.effect === "allow" ? paint.green("allowed") : paint.yellow(answer.effect === "deny" ? "refused" : "unknown");
    this.line(`${sign}  ${who.padEnd(20)} ${wanted.target} ${paint.dim(shortened(JSON.stringify(wanted.args)))}`);
    this.line(`         ${paint.dim(shortened(answer.text.replace(/\s+/g, " ")))}`);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
  }
}

const SHOWN = 110;

function shortened(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

export function differencesOf(wanted: Pick<WantedCall, "target" | "effect" | "code">, answer: Answer): readonly string[] {
  const effect = answer.effect === "unknown" ? "deny" : answer.effect;
  const codes = answer.codes.join(", ");
  if (effect !== wanted.effect)
    return [
      `${wanted.target}: found ${effect}${codes ? ` (${codes})` : ""}, wanted ${wanted.effect}${wanted.code ? ` (${wanted.code})` : ""}`,
    ];
  if (wanted.code !== undefined && !answer.codes.includes(wanted.code)) return [`${wanted.target}: found ${codes}, wanted ${wanted.code}`];
  return [];
}
