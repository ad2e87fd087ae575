// Posting what happened to whoever asked: in order, one at a time for each receiver, tried again for a while.
import { setTimeout as sleep } from "node:timers/promises";

const ANSWER_MS = 5000;

export class Deliveries {
  #queue = Promise.resolve();
  #stopped = false;
  pending = 0;
  delivered = 0;
  failed = 0;

  constructor({ tries = 20, pauseMs = 100 } = {}) {
    this.tries = tries;
    this.pauseMs = pauseMs;
  }

  /** Post a body after everything that was posted before. */
  post(url, body, headers = {}) {
    const text = JSON.stringify(body);
    this.pending += 1;
    this.#queue = this.#queue.then(async () => {
      const done = await this.#deliver(url, text, headers);
      this.pending -= 1;
      if (done) this.delivered += 1;
      else this.failed += 1;
    });
  }

  /** Forget what has not been delivered. */
  stop() { this.#stopped = true; }

  settled() { return this.#queue; }

  async #deliver(url, body, headers) {
    for (let attempt = 1; attempt <= this.tries && !this.#stopped; attempt += 1) {
      try {
        const answer = await fetch(url, {
          method: "POST", body, headers: { "content-type": "application/json", ...headers }, signal: AbortSignal.timeout(ANSWER_MS),
        });
        await answer.arrayBuffer();
        if (answer.ok) return true;
      } catch {
        // Nobody listens yet, or not in time: the node and Chainhook both try again.
      }
      await sleep(this.pauseMs);
    }
    return false;
  }
}
