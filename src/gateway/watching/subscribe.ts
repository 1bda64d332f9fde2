import { err, ok, type Result } from "../../core/result.ts";
import { parseUri } from "../../core/uri.ts";
import type { JudgedCall } from "../call.ts";
import type { Answer, Exchange, Unsubscribed } from "../gateway.ts";
import { hold } from "../hold.ts";
import type { Parts } from "../parts.ts";
import { stoppedCall } from "../quarantine/index.ts";
import { headText, judgedText } from "../record.ts";
import { hostReason } from "../refusal.ts";
import { serveRequest } from "../serve-request.ts";
import { recordHead, recordRefusal, settle } from "../settle.ts";

const unending = new AbortController().signal;

/** Judges whether this caller may hear when a resource changes. What the subscription costs is spent once, here. */
export async function subscribe(parts: Parts, exchange: Exchange, uri: string): Promise<Result<{ readonly uri: string }, Unsubscribed>> {
  const answer = await judgeHearing(parts, exchange, uri, subscribed);
  if (answer.kind === "refused" || answer.kind === "unknown") return err(answer);
  const parsed = parseUri(uri);
  if (answer.kind !== "result" || !parsed.ok) throw new Error(`a subscription ended as "${answer.kind}"`);
  return ok({ uri: parsed.value.text });
}

/** Judges whether the caller may still hear of it, and puts on record that it is told. */
export function judgeNews(parts: Parts, exchange: Exchange, uri: string): Promise<Answer> {
  return judgeHearing(parts, exchange, uri, told);
}

/** The same where there is nothing to tell: only a refusal leaves a record. */
export function judgeStill(parts: Parts, exchange: Exchange, uri: string): Promise<Answer> {
  return judgeHearing(parts, exchange, uri, async (call) => silently(call));
}

function judgeHearing(parts: Parts, exchange: Exchange, uri: string, goOn: (call: JudgedCall) => Promise<Answer>): Promise<Answer> {
  return serveRequest(parts, exchange, { asked: { method: "resources/subscribe", uri }, signal: unending }, goOn);
}

async function subscribed(call: JudgedCall): Promise<Answer> {
  const held = await hold(call);
  if (!held.ok) return await recordRefusal(call, held.error);
  const stopped = stoppedCall(call);
  if (stopped) return await settle(held.value, stopped, { charged: false }, 0);
  return await settle(held.value, { kind: "subscribed" }, { charged: true }, 0);
}

/** News holds nothing of the resource but its URI, and costs nothing: reading it does. */
async function told(call: JudgedCall): Promise<Answer> {
  const text = `${headText(recordHead(call, "notice"))}${judgedText(call)},"effect":"allow"}`;
  const recorded = await call.parts.log.append(text, "grouped");
  if (recorded.ok) return silently(call);
  return { kind: "refused", decisionId: call.id, effect: "deny", reasons: [hostReason("gateway.log_unavailable")] };
}

function silently(call: JudgedCall): Answer {
  return { kind: "result", text: "{}", decisionId: call.id, era: call.exchange.era };
}
