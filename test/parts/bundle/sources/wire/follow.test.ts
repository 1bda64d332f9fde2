import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { follow } from "../../../../../src/parts/bundle/sources/wire/follow.ts";
import type { Outgoing, Transport } from "../../../../../src/parts/bundle/sources/wire/index.ts";

const secret = { authorization: "Bearer secret" };
const from = new URL("https://bundles.example.com/b");

/** What is sent where each address redirects to the next of the list. */
async function sentOver(...places: readonly string[]) {
  const sent: Outgoing[] = [];
  const next = [...places];
  const transport = {
    send: async (outgoing: Outgoing) => {
      sent.push(outgoing);
      const location = next.shift();
      return { status: location === undefined ? 200 : 302, headers: location === undefined ? {} : { location }, body: Readable.from([]) };
    },
  } as unknown as Transport;
  const followed = await follow(transport, { method: "GET", url: from, headers: {}, secret }, new AbortController().signal);
  return { followed, sent };
}

describe("a redirect of a server elsewhere", () => {
  it.each([
    "https://127.0.0.1:9443/",
    "https://127.1/",
    "https://2130706433/",
    "https://localhost/",
    "https://localhost./",
    "https://admin.localhost/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "http://127.0.0.1/",
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
  ])("to %s is not followed: what listens on this machine, or beside it in clear, is not its to reach", async (place) => {
    const { followed, sent } = await sentOver(place);
    expect(followed).toMatchObject({ ok: false, error: { code: "source.redirected" } });
    expect(sent).toHaveLength(1);
  });

  it("to another name is followed without what gives access", async () => {
    const { followed, sent } = await sentOver("https://cdn.example.net/b");
    expect(followed.ok).toBe(true);
    expect(sent.map(({ headers }) => headers)).toEqual([secret, {}]);
  });
});
