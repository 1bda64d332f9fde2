import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OpenRequest } from "../../../src/parts/upstream/open-request.ts";
import type { WireRequest } from "../../../src/parts/upstream/wire.ts";

class Waiting extends OpenRequest {
  expired = 0;

  expire(): void {
    this.expired++;
  }

  answered(): void {
    this.close();
  }
}

function waiting(timeoutMs = 100): Waiting {
  const request: WireRequest = {
    id: 1,
    method: "tools/call",
    body: "{}",
    link: undefined,
    credential: {},
    maxBytes: 1,
    timeoutMs,
    onQuestion: () => Promise.reject(new Error("not asked here")),
  };
  return new Waiting(request);
}

describe("the deadline of a request", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("stands still while a question is open, and goes on from where it was", () => {
    const request = waiting();
    vi.advanceTimersByTime(60);
    expect(request.openQuestion('"q"')).toBe(true);
    vi.advanceTimersByTime(10_000);
    expect(request.closeQuestion('"q"')).toBe(true);
    vi.advanceTimersByTime(39);
    expect(request.expired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(request.expired).toBe(1);
  });

  it("stands still until the last of several questions is answered", () => {
    const request = waiting();
    request.openQuestion("1");
    request.openQuestion("2");
    request.closeQuestion("1");
    vi.advanceTimersByTime(10_000);
    expect(request.expired).toBe(0);
    request.closeQuestion("2");
    vi.advanceTimersByTime(100);
    expect(request.expired).toBe(1);
  });

  it("cannot be put off without end: after 16 questions it runs", () => {
    const request = waiting();
    for (let i = 0; i < 16; i++) {
      expect(request.openQuestion(String(i))).toBe(true);
      request.closeQuestion(String(i));
    }
    expect(request.openQuestion("16")).toBe(false);
    vi.advanceTimersByTime(100);
    expect(request.expired).toBe(1);
  });

  it("is over with the answer, and so is every question", () => {
    const request = waiting();
    request.openQuestion("1");
    request.answered();
    expect(request.closeQuestion("1")).toBe(false);
    expect(request.openQuestion("2")).toBe(false);
    vi.advanceTimersByTime(10_000);
    expect(request.expired).toBe(0);
  });

  it("takes one question with an id at a time", () => {
    const request = waiting();
    expect(request.openQuestion("1")).toBe(true);
    expect(request.openQuestion("1")).toBe(false);
    expect(request.closeQuestion("1")).toBe(true);
    expect(request.closeQuestion("1")).toBe(false);
  });
});
