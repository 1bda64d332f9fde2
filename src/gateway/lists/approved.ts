import { isInUse } from "../../core/server.ts";
import type { Exchange, ListKind } from "../gateway.ts";
import type { EntryTarget, PromptTarget, ServerTargets, Targets, ToolTarget } from "../targets/index.ts";

/** A target that a list shows by its catalog entry. Single resources have none: they are what their server says at the moment. */
export type ApprovedTarget = ToolTarget | PromptTarget | EntryTarget;

export type ApprovedKind = Exclude<ListKind, "resources">;

/** The servers of a door that may be spoken to. */
export function serversAt({ serverId }: Pick<Exchange, "serverId">, { targets }: { readonly targets: Targets }): readonly ServerTargets[] {
  const { byServer } = targets;
  const own = serverId === undefined ? undefined : byServer.get(serverId);
  const servers = serverId === undefined ? [...byServer.values()] : own ? [own] : [];
  return servers.filter(({ server }) => isInUse(server));
}

/** What of one server a list of this kind can show, in catalog order, whatever the server offers at the moment. */
export function approvedOf(targets: Targets, own: ServerTargets, kind: ApprovedKind, aggregate: boolean): readonly ApprovedTarget[] {
  switch (kind) {
    case "tools":
      return aggregate ? own.tools.filter(isNamed) : own.tools;
    case "prompts":
      return aggregate ? own.prompts.filter(isNamed) : own.prompts;
    case "templates":
      return [...own.entries.values()].filter((target) => {
        const { template } = target.entry;
        // Two servers with one template: its URIs would have two owners, so that it is nobody's at the aggregate.
        return template && (!aggregate || targets.template(undefined, template.definition.uriTemplate) === target);
      });
  }
}

function isNamed({ aggregateName }: { readonly aggregateName?: string }): boolean {
  return aggregateName !== undefined;
}

/**
 * Which approved targets were not offered, because a server is away, has drifted or was quarantined: ids, or the id of a
 * server of which nothing was.
 */
export function absentFrom(
  targets: Targets,
  exchange: Pick<Exchange, "serverId">,
  kind: ApprovedKind,
  offered: readonly { readonly id: string; readonly server: { readonly id: string } }[],
): readonly string[] {
  const aggregate = exchange.serverId === undefined;
  const approved = serversAt(exchange, { targets }).map((own) => [own.server.id, approvedOf(targets, own, kind, aggregate)] as const);
  // Nearly every list: everything that is approved is there.
  if (approved.reduce((count, [, of]) => count + of.length, 0) === offered.length) return none;
  const there = new Set(offered.map(({ id }) => id));
  return approved.flatMap(([server, of]) => {
    const missing = of.filter(({ id }) => !there.has(id));
    return missing.length === of.length && missing.length > 0 ? [server] : missing.map(({ id }) => id);
  });
}

const none: readonly string[] = [];
