import { createColors } from "picocolors";
import { describe, expect, it } from "vitest";
import { reach } from "../../../src/cli/admin/index.ts";
import { exitCodes } from "../../../src/cli/terminal.ts";

async function reached(admin: string) {
  const said: string[] = [];
  const tell = (text: string) => void said.push(text);
  const terminal = { out: tell, err: tell, paint: createColors(false), colour: false, closed: new AbortController().signal };
  const client = await reach(terminal, { admin, tokenFile: "/there/is/no/such/file" });
  return { client, said: said.join("\n") };
}

describe("an operator's token", () => {
  it.each(["http://gate.example.com:8081", "http://127.0.0.1.example.com", "http://10.0.0.7:8081", "http://[2001:db8::1]:8081"])(
    "is not even read for %s, where it would travel in clear",
    async (place) => {
      const { client, said } = await reached(place);
      expect([client, said]).toEqual([exitCodes.usage, expect.stringContaining("your token would travel in clear")]);
    },
  );

  it.each(["https://gate.example.com:8081", "http://127.0.0.1:8081", "http://localhost:8081", "http://[::1]:8081"])(
    "is read for %s",
    async (place) => {
      const { client, said } = await reached(place);
      expect([client, said]).toEqual([exitCodes.unavailable, expect.stringContaining("the token cannot be read")]);
    },
  );
});
