import { pinOf } from "../../../src/core/tool.ts";
import { declaredCapabilities } from "../../../src/parts/upstream/index.ts";
import type { StrangerServer } from "./company.ts";

/** What the server says of itself in all that it offers. */
export function offersOf({ id, tools }: StrangerServer) {
  const prompts = ["tagesbericht", "Übergabe"].map((name) => ({
    ...{ name, title: `${name} ✍`, description: "A prompt for the day." },
    arguments: [
      { name: "tag", description: "which day", required: true },
      { name: "name", description: "for whom" },
    ],
  }));
  const templates = [{ uriTemplate: `hafen://${id}/berichte/{jahr}`, name: "berichte", mimeType: "text/markdown" }];
  const resources = [{ uri: `hafen://${id}/handbuch/start.md`, name: "start", mimeType: "text/markdown" }];
  return { tools: tools.map(({ definition }) => definition), prompts, templates, resources };
}

/** `catalog/pins/<server>.json`, as toolgate catalog pin writes it. */
export function pinsText(server: StrangerServer): string {
  const { id, era } = server;
  const capabilities = declaredCapabilities({ asks: server.asks as never[], extensions: server.extensions });
  const offers = offersOf(server);
  const pinned = <T extends (typeof offers.tools)[number] | (typeof offers.prompts)[number] | (typeof offers.templates)[number]>(
    items: readonly T[],
    keyOf: (item: T) => string,
  ) => Object.fromEntries(items.map((definition) => [keyOf(definition), { pin: pinOf(definition, era, capabilities), definition }]));
  const file = {
    ...{ version: 1, server: id, era, capabilities },
    tools: pinned(offers.tools, ({ name }) => name),
    prompts: pinned(offers.prompts, ({ name }) => name),
    templates: pinned(offers.templates, ({ uriTemplate }) => uriTemplate),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
