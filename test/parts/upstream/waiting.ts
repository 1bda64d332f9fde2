export interface Waiting {
  /** Something happened: every condition is looked at again. */
  touch(): void;
  /** Resolves when the condition holds. */
  when(condition: () => boolean): Promise<void>;
}

/** Waits for what happens, without asking again and again. */
export function waiting(): Waiting {
  const looks = new Set<() => void>();
  return {
    touch() {
      for (const look of [...looks]) look();
    },
    when: (condition) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!condition()) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      }),
  };
}
