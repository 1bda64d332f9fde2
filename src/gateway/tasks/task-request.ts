import type { ServerConnection, UpstreamReply } from "../../parts/upstream/index.ts";
import type { Ending, IntendedCall } from "../call.ts";
import { type Concluded, charged } from "../concluded.ts";
import { lastWord } from "../last-word.ts";
import { hostReason } from "../refusal.ts";

/** A request about a task on its way to the server. */
export interface TaskRequest {
  /** Judged, and under the obligations of the call that made the task. */
  readonly call: IntendedCall;
  /** As the client knows it. */
  readonly taskId: string;
  /** Sends one request about this task, with further members of `params` as JSON text. */
  readonly send: (method: TaskMethod, members?: string) => ReturnType<ServerConnection["call"]>;
}

export type TaskMethod = "tasks/get" | "tasks/update" | "tasks/cancel";

/** A server's acknowledgement has nothing in it that a client needs. */
export async function acknowledged({ call }: TaskRequest, sent: Awaited<ReturnType<TaskRequest["send"]>>): Promise<Concluded> {
  if (!sent.ok || sent.value.outcome.kind !== "result") return await lastWord(call, sent);
  return charged(acknowledgement(sent.value));
}

export function acknowledgement(reply: UpstreamReply): Ending {
  return { kind: "result", text: '{"resultType":"complete"}', reply };
}

/** The server answered what no task can be. */
export function unreadable(): Concluded {
  return charged({ kind: "refused", reasons: [hostReason("upstream.invalid_answer")] });
}
