import { maxWidth } from "../../core/json/index.ts";
import type { Load } from "../../parts/policy/index.ts";
import type { CallerFacts } from "../caller-facts.ts";
import type { Generation } from "../generation.ts";
import { timeTeller } from "../input.ts";
import { type Aims, aimAnew } from "./aim-anew.ts";
import { type AskedInput, instantOf, isMembers, kindOf, textAt } from "./asked-input.ts";
import { callersOf } from "./callers.ts";
import { alsoDenied, turnedAway } from "./denials.ts";
import { isOfTheMoment } from "./flip-of.ts";
import { hiddenIn, missedAgain, missedAnew } from "./hidden.ts";
import type { Judged, Rejudge, Rejudged } from "./rejudge.ts";
import { relist, widthOfCaller } from "./relist.ts";
import { missed, unjudgeable } from "./unjudgeable.ts";

/** A generation, or as much of one as policies have that nobody activated. */
export interface RejudgedOn extends Aims {
  readonly policy: Pick<Generation["policy"], "decide" | "discover" | "admit" | "close">;
  /** Without a tenant it is asked about those of all. */
  readonly bundle: { readonly environment: string; readonly tenant?: string };
}

/** A JSON text this short cannot hold an array or object of more than 256 entries. */
const NARROW_TEXT = 512;

/** Makes a bundle ready to be asked about recorded requests. Closing it closes its policy. */
export function rejudgeOf(on: RejudgedOn): Rejudge {
  const { policy, catalog, bundle } = on;
  const time = timeTeller(catalog.timezone);
  const callers = callersOf(catalog, bundle.environment);

  async function decided(text: string, load: Load): Promise<Rejudged> {
    const decision = await policy.decide(text, load);
    return isOfTheMoment(decision)
      ? unjudgeable("", `policy gave no answer in time or memory (${decision.reasons[0]?.code})`)
      : { kind: "decided", decision };
  }

  return {
    again(judged) {
      const input = inputOf(judged);
      const serverId = textAt(input, "server", "id") ?? "_none";
      const kind = kindOf(input);
      const hidden = hiddenIn(input);
      if (kind === undefined && hidden.length === 0) return Promise.resolve(unjudgeable("", "the input has no target of a known kind"));
      const gone = missedAgain(hidden, catalog.readsFor(serverId, kind));
      if (gone) return Promise.resolve(missed(gone));
      const text = hidden.length === 0 ? judged.inputText : wholeText(input);
      return decided(text, { widest: widthOf(input, text), nested: catalog.needsWorker(serverId) });
    },

    async anew(judged) {
      const input = inputOf(judged);
      const kind = kindOf(input);
      const hidden = hiddenIn(input);
      const unseen = missedAnew(hidden, []);
      if (unseen) return missed(unseen);
      const now = instantOf(input);
      if (kind === undefined || now === undefined) return unjudgeable("", "the input has no time, or no target of a known kind");
      if (bundle.tenant !== undefined && input.tenant !== bundle.tenant)
        return unjudgeable("/tenant", `the bundle is for the tenant "${bundle.tenant}"`);
      const caller = callers.find(judged, input, now);
      if (caller === undefined) return unjudgeable("/principal", "the record does not say who asked");
      if (!caller.ok) return { kind: "decided", decision: turnedAway(caller.error.code) };
      const target = aimAnew(on, judged, input, kind, !hidden.some(({ steps }) => steps[0] === "args"));
      if (target.kind === "unjudgeable") return target;
      if (target.kind === "unknown") return { kind: "decided", decision: turnedAway(target.code) };
      const gone = missedAnew(hidden, catalog.readsFor(target.serverId, kind));
      if (gone) return missed(gone);
      const { mistakes } = target;
      const text = anewText(input, caller.value, time.text(now), target.text, mistakes.length === 0);
      const answer = await decided(text, { widest: Math.max(caller.value.widest, widthOf(input, text)), nested: target.nested });
      if (answer.kind !== "decided" || mistakes.length === 0) return answer;
      return { kind: "decided", decision: alsoDenied(answer.decision, "args.invalid", { mistakes: mistakes.join("; ") }) };
    },

    relist(list) {
      const input = inputOf(list);
      const text = () => (hiddenIn(input).length === 0 ? list.inputText : wholeText(input));
      return relist(on, list, input, text, widthOfCaller(input));
    },

    async readmit(admission) {
      const input = inputOf(admission);
      const hidden = hiddenIn(input);
      const gone = missedAgain(hidden, catalog.readsFor(textAt(input, "server", "id") ?? "_none", "admit"));
      if (gone) return missed(gone);
      const text = hidden.length === 0 ? admission.inputText : wholeText(input);
      const reasons = await policy.admit(text, { widest: widthOfCaller(input), nested: false });
      if (isOfTheMoment({ reasons })) return unjudgeable("", "policy gave no answer in time or memory");
      return { kind: "admission", reasons };
    },

    close: () => policy.close(),
  };
}

function inputOf({ input, inputText }: Pick<Judged, "input" | "inputText">): AskedInput {
  const value: unknown = input ?? JSON.parse(inputText);
  return isMembers(value) ? value : {};
}

function widthOf(input: AskedInput, text: string): number {
  return text.length > NARROW_TEXT ? maxWidth(input) : 0;
}

/**
 * The input without what the record added to it. Its one number beyond 2^53, the time in nanoseconds, ends in six zeros:
 * of the digits before them none is lost, so that it is written as it was read.
 */
function wholeText({ masked: _, limits, ...rest }: AskedInput): string {
  return JSON.stringify({ ...rest, limits: { ...(isMembers(limits) ? limits : {}), omitted: [] } });
}

/** The text that the gateway would write for this request, member for member. */
function anewText(input: AskedInput, caller: CallerFacts, time: string, target: string, withArgs: boolean): string {
  const { method, client, session, request, network, args } = input;
  const member = (name: string, value: unknown) => (value === undefined ? "" : `,"${name}":${JSON.stringify(value)}`);
  let text = `{"phase":"call"${member("method", method)},${time},${caller.inputText}`;
  text += `${member("client", client)}${member("session", session)}${member("request", request)}${member("network", network)},${target}`;
  if (withArgs) text += `${member("args", args)}${member("args_digest", input.args_digest)}`;
  return `${text},"limits":{"truncated":[],"omitted":[]}}`;
}
