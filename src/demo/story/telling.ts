import type { Terminal } from "../../cli/terminal.ts";
import type { DemoSetUp } from "../set-up/index.ts";
import { type Answer, connectAgent, type DemoAgent } from "./agent.ts";
import { Page, plainly } from "./page.ts";

/** A call of the story and how it has to end. */
export interface WantedCall {
  readonly user: string | undefined;
  readonly agent: string;
  /** `<server>.<tool>`. */
  readonly target: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly effect: "allow" | "deny";
  readonly code?: string;
}

/**
 * A call and what its agent was told. Records and servers are held against these, not against what the story wants: so
 * a step that goes otherwise is named once, and the last steps differ only if somebody wrote down something else.
 */
export type ToldCall = Pick<WantedCall, "user" | "agent" | "target" | "args"> & { readonly answer: Answer };

/** One step of the story. `run` says what differs from what had to happen; nothing means it went as told. */
export interface Step {
  readonly name: string;
  readonly title: string;
  run(telling: Telling): Promise<readonly string[]>;
}

/** What the steps share. */
export class Telling {
  readonly setUp: DemoSetUp;
  readonly page: Page;
  readonly told: ToldCall[] = [];
  readonly #agents = new Map<string, DemoAgent>();

  constructor(setUp: DemoSetUp, terminal: Terminal) {
    this.setUp = setUp;
    this.page = new Page(terminal);
  }

  async agent(user: string | undefined, agent: string): Promise<DemoAgent> {
    const key = `${user ?? ""} ${agent}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const made = await connectAgent(this.setUp, user, agent);
    this.#agents.set(key, made);
    return made;
  }

  /** Makes one call, tells it, and says how it differs from what was wanted. */
  async call(wanted: WantedCall): Promise<{ readonly answer: Answer; readonly differences: readonly string[] }> {
    const answer = await this.callQuietly(wanted);
    const { paint } = this.page;
    const sign = { allow: paint.green("allowed"), deny: paint.yellow("refused"), unknown: paint.yellow("unknown") }[answer.effect];
    const who = wanted.user === undefined ? wanted.agent : `${wanted.user} via ${wanted.agent}`;
    this.page.line(`${sign}  ${who}  ${paint.bold(wanted.target)} ${paint.dim(plainly(wanted.args))}`.trimEnd());
    this.#tellAnswer(answer, wanted.code);
    return { answer, differences: differencesOf(wanted, answer) };
  }

  /** Makes one call without telling it. */
  async callQuietly({ user, agent, target, args }: Pick<WantedCall, "user" | "agent" | "target" | "args">): Promise<Answer> {
    const caller = await this.agent(user, agent);
    const answer = await caller.call(target.replace(".", "__"), args);
    this.told.push({ user, agent, target, args, answer });
    return answer;
  }

  /** Of several reasons the one that the story is about; which others hold may depend on the hour. */
  #tellAnswer(answer: Answer, wanted: string | undefined): void {
    const reason = answer.reasons.find(({ code }) => code === wanted) ?? answer.reasons[0];
    if (reason?.message === undefined) {
      this.page.quiet(answer.structured === undefined ? answer.text : plainly(answer.structured));
    } else {
      this.page.quiet(reason.code);
      this.page.quiet([reason.message, reason.remedy].filter((text) => text !== undefined).join(" "));
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
  }
}

export function differencesOf(wanted: Pick<WantedCall, "target" | "effect" | "code">, answer: Answer): readonly string[] {
  const effect = answer.effect === "allow" ? "allow" : "deny";
  const codes = answer.reasons.map(({ code }) => code);
  const asWanted = effect === wanted.effect && (wanted.code === undefined || codes.includes(wanted.code));
  return asWanted
    ? []
    : [`${wanted.target}: found ${[effect, ...codes].join(" ")}, wanted ${[wanted.effect, wanted.code].join(" ").trimEnd()}`];
}
