import { err, ok, type Result } from "../../../core/result.ts";
import type { DoorOffers, Exchange } from "../../../gateway/index.ts";
import { notificationText, resultText } from "../answer.ts";
import { badParams, type Fault, isMembers, type Members, type Message, meta, tasksExtension } from "../protocol.ts";
import { EventStream, type ListNews, tooManyStreams, tooManyWatched } from "../streams/index.ts";
import { refuse, sendRefused, type Turn, type Visit } from "../visit.ts";
import { incapableOfTasks } from "./gates.ts";

/** `subscriptions/listen`: a stream of the news that the caller asked for, that this door has, and that it may hear of. */
export async function listen(visit: Visit, { exchange, message, id }: Turn): Promise<void> {
  const wanted = readFilter(message);
  if (!wanted.ok) return refuse(visit, wanted.error);
  if (wanted.value.tasks && exchange.capabilities.extensions[tasksExtension] === undefined) return incapableOfTasks(visit, message, id);
  const { gateway, streams, watches, serverInfo } = visit.door;
  const admitted = await gateway.admit(exchange);
  if (!admitted.ok) return sendRefused(visit.reply, id, admitted.error);
  // Before any of them is judged: judging has its price.
  const early = quotaFault(visit, wanted.value.uris.length);
  if (early !== undefined) return refuse(visit, { ...early, id, method: message.method });
  const filter = honoured(wanted.value, gateway.offers(exchange));
  const resources = await permitted(visit, exchange, filter.uris);
  if (visit.reply.raw.destroyed) return;
  // And after: many that were judged at the same time would all have found room.
  const late = quotaFault(visit, resources.length);
  if (late !== undefined) return refuse(visit, { ...late, id, method: message.method });

  const about = { [meta.subscriptionId]: id };
  const events = new EventStream(visit.reply);
  events.send(
    notificationText("notifications/subscriptions/acknowledged", { notifications: acknowledged(filter, resources), _meta: about }),
  );
  const farewell = resultText(id, JSON.stringify({ resultType: "complete", _meta: { ...about, [meta.serverInfo]: serverInfo } }));
  const news = newsOf(filter, about);
  if (Object.keys(news).length === 0 && resources.length === 0) return events.end(farewell);
  const stops = resources.map(({ asked, uri }) => {
    // In the client's own spelling, because it compares with what it asked for.
    const updated = notificationText("notifications/resources/updated", { uri: asked, _meta: about });
    return watches.watch(exchange, uri, () => events.send(updated));
  });
  events.onClose(() => {
    for (const stop of stops) stop?.();
  });
  streams.add({ sink: events, exchange, news, close: () => events.end(farewell) });
}

/** Whether this caller may open one more stream, and watch so many more resources. One that nobody reads makes room. */
function quotaFault(visit: Visit, watched: number): Fault | undefined {
  const { streams, watches, config } = visit.door;
  const { key } = visit.caller;
  const { streams_per_caller, watched_per_caller } = config.limits;
  if (streams.countOf(key) >= streams_per_caller) streams.makeRoom(key);
  if (streams.countOf(key) >= streams_per_caller) return tooManyStreams();
  return watches.hasRoom(key, watched) ? undefined : tooManyWatched(`${watched_per_caller} at once are the most`);
}

interface Filter {
  readonly tools: boolean;
  readonly prompts: boolean;
  readonly resources: boolean;
  readonly uris: readonly string[];
}

const flags = ["toolsListChanged", "promptsListChanged", "resourcesListChanged"] as const;

function readFilter(message: Message): Result<Filter & { readonly tasks: boolean }, Fault> {
  const wanted = message.params?.notifications;
  if (!isMembers(wanted)) return err(badParams(`Invalid params: "notifications" must be an object`, message));
  for (const flag of flags) {
    if (wanted[flag] !== undefined && typeof wanted[flag] !== "boolean")
      return err(badParams(`Invalid params: "${flag}" must be true or false`, message));
  }
  const uris = wanted.resourceSubscriptions ?? [];
  if (!isTexts(uris)) return err(badParams(`Invalid params: "resourceSubscriptions" must be a list of URIs`, message));
  return ok({
    tools: wanted.toolsListChanged === true,
    prompts: wanted.promptsListChanged === true,
    resources: wanted.resourcesListChanged === true,
    uris: [...new Set(uris)],
    tasks: wanted.taskIds !== undefined,
  });
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

/** What of it this door has at all. Tasks are polled: nothing is told of them. */
function honoured(wanted: Filter, offers: DoorOffers): Filter {
  return {
    tools: wanted.tools,
    prompts: wanted.prompts && offers.prompts,
    resources: wanted.resources && offers.resources,
    uris: offers.resources ? wanted.uris : [],
  };
}

/** The resources whose changes this caller may hear of; the others are left out, whatever the reason. */
async function permitted(visit: Visit, exchange: Exchange, uris: readonly string[]): Promise<readonly { asked: string; uri: string }[]> {
  const found: { asked: string; uri: string }[] = [];
  for (const asked of uris) {
    const judged = await visit.door.gateway.subscribe(exchange, asked);
    if (judged.ok) found.push({ asked, uri: judged.value.uri });
  }
  return found;
}

function acknowledged(filter: Filter, resources: readonly { asked: string }[]): Members {
  return {
    ...(filter.tools ? { toolsListChanged: true } : {}),
    ...(filter.prompts ? { promptsListChanged: true } : {}),
    ...(filter.resources ? { resourcesListChanged: true } : {}),
    ...(resources.length === 0 ? {} : { resourceSubscriptions: resources.map(({ asked }) => asked) }),
  };
}

function newsOf(filter: Filter, about: Members): ListNews {
  const changed = (list: string) => notificationText(`notifications/${list}/list_changed`, { _meta: about });
  return {
    ...(filter.tools ? { tools: changed("tools") } : {}),
    ...(filter.prompts ? { prompts: changed("prompts") } : {}),
    ...(filter.resources ? { resources: changed("resources") } : {}),
  };
}
