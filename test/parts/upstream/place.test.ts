import type { LookupAddress } from "node:dns";
import { describe, expect, it } from "vitest";
import { upstreamConfig } from "../../../src/parts/upstream/index.ts";
import { classOf } from "../../../src/parts/upstream/place.ts";
import { startRecordingServer } from "../../support/servers/index.ts";
import { closing, definition, harness, told } from "./harness.ts";

function at(url: string, hostClass: "loopback" | "private" | "public") {
  return definition({ kind: "http", place: { url }, hostClass, era: "session" });
}

describe("the place of a server", () => {
  it.each([
    ["http://127.0.0.1:9/mcp", "private"],
    ["http://127.0.0.1:9/mcp", "public"],
    ["http://[::1]:9/mcp", "private"],
    ["http://10.0.0.1/mcp", "loopback"],
    ["http://192.168.1.1/mcp", "public"],
    ["http://[fd00::1]/mcp", "public"],
    ["http://8.8.8.8/mcp", "private"],
    ["http://169.254.169.254/latest", "private"],
    ["http://169.254.169.254/latest", "public"],
    ["http://[::ffff:127.0.0.1]/mcp", "public"],
    ["http://2130706433/mcp", "public"],
    ["ftp://127.0.0.1/mcp", "loopback"],
    ["http://user:password@127.0.0.1/mcp", "loopback"],
  ] as const)("%s is refused for the class %s, before any socket", async (url, hostClass) => {
    const connection = harness().upstream.connect(at(url, hostClass));
    expect(await told(connection)).toBe("upstream.wrong_place not dispatched");
    expect(connection.current()).toBeUndefined();
  });

  it("by name is judged by where the name leads at each connect", async () => {
    const crm = closing(await startRecordingServer());
    const url = `http://crm.example:${crm.port}/mcp`;
    let addresses: LookupAddress[] = [{ address: "127.0.0.1", family: 4 }];
    const resolve = (_host: string, callback: (error: null, found: LookupAddress[]) => void) => callback(null, addresses);
    const connect = (hostClass: "loopback" | "public") => harness({}, { resolve }).upstream.connect(at(url, hostClass));
    expect(await told(connect("loopback"))).toBe("result");
    const seen = crm.connections();
    expect(await told(connect("public"))).toBe("upstream.wrong_place not dispatched");
    addresses = [...addresses, { address: "10.0.0.1", family: 4 }];
    expect(await told(connect("loopback"))).toBe("upstream.wrong_place not dispatched");
    addresses = [];
    expect(await told(connect("loopback"))).toBe("upstream.wrong_place not dispatched");
    expect(crm.connections()).toBe(seen);
  });

  it("that the configuration does not know, or that is of another kind, is refused", async () => {
    const { upstream } = harness({ places: { web: { url: "http://127.0.0.1:9/" }, tool: { executable: "node" } } });
    const http = (name: string) => definition({ kind: "http", place: { name }, hostClass: "loopback", era: "auto" });
    const stdio = (place: string) => definition({ kind: "stdio", place, argv: [], era: "auto" });
    for (const server of [http("nowhere"), http("tool"), stdio("nowhere"), stdio("web")]) {
      expect(await told(upstream.connect(server))).toBe("upstream.wrong_place not dispatched");
    }
  });

  it("lacks a path that the arguments name", async () => {
    const { upstream } = harness({ places: { tool: { executable: "node", paths: { data: "/srv" } } } });
    for (const name of ["missing", "constructor", "__proto__"]) {
      const server = definition({ kind: "stdio", place: "tool", argv: [`\${paths.${name}}`], era: "auto" });
      expect(await told(upstream.connect(server))).toBe("upstream.wrong_place not dispatched");
    }
  });

  it("has a class by its address", () => {
    const classes = { "127.8.0.1": "loopback", "::1": "loopback", "172.16.0.1": "private", "fd12::1": "private", "1.1.1.1": "public" };
    for (const [address, wanted] of Object.entries(classes)) expect(classOf(address)).toBe(wanted);
    for (const address of ["169.254.1.1", "0.0.0.0", "224.0.0.1", "fe80::1", "100.64.0.1", "::"]) expect(classOf(address)).toBeUndefined();
  });
});

describe("the configuration of places", () => {
  it.each([
    [{ url: "file:///etc/passwd" }],
    [{ url: "http://127.0.0.1/", executable: "node" }],
    [{ executable: "npx" }],
    [{ executable: "./server" }],
    [{ executable: "node", cwd: "relative" }],
    [{ executable: "node", env: { A: "b" } }],
  ])("refuses %j", (place) => {
    expect(upstreamConfig.safeParse({ places: { a: place } }).success).toBe(false);
  });
});
