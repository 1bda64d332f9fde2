import type { methods } from "../../../core/methods.ts";
import { carried } from "./carry.ts";
import { discover } from "./discover.ts";
import { type Handler, notOffered, offered, withTasks } from "./gates.ts";
import { listed } from "./list.ts";
import { listen } from "./listen.ts";
import { readCall, readCompletion, readPrompt, readResource, readTask } from "./params.ts";
import { ping, setLevel, subscribe, unsubscribe } from "./sessions-only.ts";

type Methods = typeof methods;
type Requests = { [Name in keyof Methods]: Methods[Name] extends { from: "client"; kind: "request" } ? Name : never }[keyof Methods];
type OfSessions = { [Name in Requests]: Methods[Name]["since"] extends "2026-07-28" ? never : Name }[Requests];
type OfStateless = { [Name in Requests]: Methods[Name]["until"] extends "2026-07-28" ? Name : never }[Requests];

type Doors<Name> = (Name extends OfSessions ? { readonly session: Handler } : unknown) &
  (Name extends OfStateless ? { readonly stateless: Handler } : unknown);

function both(handle: Handler): { readonly session: Handler; readonly stateless: Handler } {
  return { session: handle, stateless: handle };
}

const task = withTasks(carried(readTask, false));

/**
 * Who answers a request, at each door. `initialize` opens a session and stands before it, in the session door. A method of
 * the protocol that has no handler here in an era that has it does not compile.
 */
export const handlers: { readonly [Name in Exclude<Requests, "initialize">]: Doors<Name> } = {
  "server/discover": { stateless: discover },
  ping: { session: ping },
  "tools/list": both(listed("tools")),
  "tools/call": both(carried(readCall, true)),
  "resources/list": both(offered("resources", listed("resources"))),
  "resources/templates/list": both(offered("resources", listed("templates"))),
  "resources/read": both(offered("resources", carried(readResource, true))),
  "resources/subscribe": { session: offered("resources", subscribe) },
  "resources/unsubscribe": { session: offered("resources", unsubscribe) },
  "prompts/list": both(offered("prompts", listed("prompts"))),
  "prompts/get": both(offered("prompts", carried(readPrompt, true))),
  "completion/complete": both(offered("completions", carried(readCompletion, false))),
  "logging/setLevel": { session: setLevel },
  "subscriptions/listen": { stateless: listen },
  "tasks/get": { stateless: task },
  "tasks/cancel": { stateless: task },
  "tasks/update": { stateless: task },
  // Tasks of 2025-11-25 are driven by the gateway itself: it offers none to clients.
  "tasks/result": { session: notOffered },
  "tasks/list": { session: notOffered },
};

export const sessionHandlers = handlersOf("session");
export const statelessHandlers = handlersOf("stateless");

function handlersOf(era: "session" | "stateless"): ReadonlyMap<string, Handler> {
  const found = new Map<string, Handler>();
  for (const [method, doors] of Object.entries<Partial<Record<"session" | "stateless", Handler>>>(handlers)) {
    const handle = doors[era];
    if (handle !== undefined) found.set(method, handle);
  }
  return found;
}
