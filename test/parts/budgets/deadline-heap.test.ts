import fc from "fast-check";
import { expect, test } from "vitest";
import { DeadlineHeap } from "../../../src/parts/budgets/deadline-heap.ts";

test("items come out by deadline whatever was added and taken out before", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean())), (script) => {
      const heap = new DeadlineHeap<{ deadline: number; place: number }>();
      const inside: { deadline: number; place: number }[] = [];
      for (const [deadline, remove] of script) {
        const victim = inside[deadline % Math.max(1, inside.length)];
        if (remove && victim) {
          heap.remove(victim);
          heap.remove(victim);
          inside.splice(inside.indexOf(victim), 1);
        } else {
          const item = { deadline, place: -1 };
          heap.add(item);
          inside.push(item);
        }
      }
      const out: number[] = [];
      for (let item = heap.takeDue(25); item; item = heap.takeDue(25)) out.push(item.deadline);
      const due = inside.map((item) => item.deadline).filter((deadline) => deadline <= 25);
      expect(out).toEqual(due.sort((a, b) => a - b));
      expect(heap.size).toBe(inside.length - due.length);
    }),
  );
});
