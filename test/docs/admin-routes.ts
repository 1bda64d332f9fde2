import { z } from "zod";
import { type AdminRoute, adminApi, bundleTypes } from "../../src/http/index.ts";
import { table } from "./markdown.ts";

const who: Readonly<Record<string, string>> = { any: "anybody in the table", nobody: "anybody, without a token" };

/** The routes of the admin API, as the page tells them. */
export function adminRoutesText(): string {
  const routes = Object.values<AdminRoute>(adminApi);
  const rows = routes.map((route) => [`\`${route.method} ${route.path}\``, who[route.role] ?? `\`${route.role}\``, route.summary]);
  const detail = routes.filter(({ body, query }) => body !== undefined || query !== undefined).map(routeText);
  return ["## Routes", table(["route", "who may", "what it does"], rows), ...detail].join("\n\n");
}

function routeText({ method, path, body, query, ifMatch }: AdminRoute): string {
  const heading = `### ${method} ${path}`;
  if (body === "bundle") {
    const types = bundleTypes.map((type) => `\`${type}\``).join(" or ");
    return `${heading}\n\nThe body is the bundle as it was built and signed, as ${types}, up to \`bundle.max_bytes\`.`;
  }
  const { properties = {}, required = [] } = z.toJSONSchema(body ?? query ?? z.strictObject({}), { io: "input" });
  const rows = Object.entries(properties).map(([name, member]) => [
    `\`${name}\``,
    required.includes(name) ? "required" : "",
    meaning(member),
  ]);
  const intro = `${body === undefined ? "Query" : "Body"}${ifMatch === true ? "; honours `If-Match`" : ""}:`;
  return [heading, intro, table(["member", "", "meaning"], rows)].join("\n\n");
}

function meaning(member: z.core.JSONSchema._JSONSchema): string {
  if (typeof member === "boolean") return "";
  const { description, enum: words, default: otherwise } = member;
  const told = [description, words && `one of ${words.map((word) => `\`${String(word)}\``).join(", ")}`].filter(
    (text) => text !== undefined,
  );
  return [told.join(": "), ...(otherwise === undefined ? [] : [`by default \`${JSON.stringify(otherwise)}\``])].join("; ");
}
