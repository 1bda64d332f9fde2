/** Does one thing after the other; what fails keeps nothing behind it from being done. */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();

  do<T>(act: () => Promise<T>): Promise<T> {
    const next = this.#last.then(act);
    this.#last = next.catch(() => {});
    return next;
  }

  async settled(): Promise<void> {
    await this.#last;
  }
}
