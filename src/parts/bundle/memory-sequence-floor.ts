import { type Floor, floorId, mustWrite, type SequenceFloor } from "./sequence-floor.ts";

/** The port's promises in code, for one process and nothing that survives it. */
export function memorySequenceFloor(): SequenceFloor {
  const floors = new Map<string, Floor>();
  return {
    read: async (key) => floors.get(floorId(key)),
    raise: async (key, floor) => {
      const { sequence, digest } = floor;
      if (mustWrite(floors.get(floorId(key)), floor)) floors.set(floorId(key), { sequence, digest });
    },
  };
}
