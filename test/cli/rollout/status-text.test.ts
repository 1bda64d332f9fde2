import { createColors } from "picocolors";
import { describe, expect, it } from "vitest";
import { statusText } from "../../../src/cli/rollout/status-text.ts";
import type { Terminal } from "../../../src/cli/terminal.ts";
import { active, candidate, now, statusOf } from "../admin/fake-admin.ts";

const plain = { paint: createColors(false) } as Terminal;
const shown = (status = statusOf()) => statusText(plain, status, now);

describe("the status of a rollout", () => {
  it("tells what decides, what is on its way, what it would change, who follows, and what can be done", () => {
    expect(shown()).toBe(`acme in production, tenant default: canary of 5 % of 1.5.0

  promoted    1.4.0  sequence 7  sha256:aaaaaaaaaaaa  2 h 3 min ago by security/olga
  candidate   1.5.0  sequence 8  sha256:bbbbbbbbbbbb  signed by release-key
  mode        canary of 5 %, step 2 of 2, 29 min 50 s left, then promoted
  begun       11 min ago by security/olga
  agents      3 of 61: desk, support-bot and 1 more
  goes back   new-denies>20, failures>1.5%
  needs       100 compared calls before its time, or a percentage, counts

compared 1204 calls; new deny 12, new allow 2; 3 skipped: too many at once

  flip        agent         target       rule               calls   explain
  new deny    support-bot   crm.refund   refunds too_much   12      dec_1
  new allow   desk          files.read   reading            2

  replica   active                candidate
  gate-1    sha256:aaaaaaaaaaaa   sha256:bbbbbbbbbbbb   follows
  gate-2    sha256:aaaaaaaaaaaa                         is behind: it follows state 6 of 7
  gate-3    sha256:aaaaaaaaaaaa                         does not follow: the bundle cannot be read

Next:
  toolgate rollout promote --why "…"
  toolgate rollout rollback --why "…"`);
  });

  it("tells how the last one ended where none is under way, and what is held or quarantined", () => {
    const ended = {
      id: "rol_0",
      bundle: candidate,
      end: "rolled_back",
      by: "gateway",
      at: now - 60_000,
      why: "new-denies>20: 21",
    } as const;
    const held = { ...candidate, at: now - 5_000 };
    const entry = { id: "qua_1", kind: "agent", subject: "desk", reason: "odd", by: "security/olga", at: now } as const;
    const { counts: _, canary: __, ...rest } = statusOf();
    const quarantine = [entry, { ...entry, id: "qua_2", until: now - 1 }];
    const text = shown({ ...rest, replicas: [], state: { version: 9, promoted: active, held, ended: [ended], quarantine } });
    expect(text).toContain("tenant default: 1.5.0 waits for an operator\n");
    expect(text).toContain("  last         1.5.0  sequence 8  sha256:bbbbbbbbbbbb  rolled back 1 min ago by gateway: new-denies>20: 21\n");
    expect(text).toContain("  held         1.5.0  sequence 8  sha256:bbbbbbbbbbbb  waits for an operator since 5 s\n");
    expect(text).toContain("  quarantine   1 entry; toolgate quarantine list shows them");
    expect(text).toContain("toolgate rollout shadow --for 1h");
  });

  it("says of a gateway that is not ready why", () => {
    const readiness = {
      ready: false,
      parts: { operations: { ok: false, detail: "nothing was heard for 7 s" }, log: { ok: true, detail: "writable" } },
    };
    expect(shown({ ...statusOf(), readiness })).toContain("not ready  operations: nothing was heard for 7 s");
  });

  it("says so where time is over and nothing differs", () => {
    const status = statusOf();
    const flips = { same: 1, changed: 0, new_deny: 0, new_allow: 0, new_ask: 0, failed: 0 };
    const text = statusText(plain, { ...status, counts: { compared: 1, skipped: 0, flips, differences: [] } }, now + 31 * 60_000);
    expect(text).toContain("its time is over, then promoted");
    expect(text).toContain("compared 1 call; no difference\n");
  });
});
