// The Worker's module: what the runtime calls, handed to the wasm. `tests/setup/build-worker.sh` puts
// it in front of worker-build's output (`shim.js`), whose panic recovery stays in use.
//
// worker-build's own entry is a class behind two proxies, made anew for each request and asked for
// every handler that a Worker may have: 4 µs of a click's 60. And its Durable Object takes requests
// only, where a call with a text (RPC) saves two streams, four header maps and a URL: 30 µs.

import { DurableObject } from "cloudflare:workers";
import Shim, { Ledger as Wasm } from "./shim.js";

// wasm's futures go on by microtasks. The runtime's own function makes an object for each: a promise
// does it at a quarter of the cost. What is thrown goes where it would have gone.
const settled = Promise.resolve();
globalThis.queueMicrotask = (work) => {
  settled.then(() => {
    try {
      work();
    } catch (error) {
      reportError(error);
    }
  });
};

const state = globalThis.__worker_init_state;
const { fetch } = Shim.prototype;

export default {
  fetch(request, env, ctx) {
    // After a panic the shim starts the wasm anew when it makes an instance.
    if (state.criticalError) new Shim(ctx, env);
    try {
      return fetch.call({ env, ctx }, request);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) state.criticalError = true;
      throw error;
    }
  },
};

export class Ledger extends DurableObject {
  #ledger;

  constructor(ctx, env) {
    super(ctx, env);
    this.#ledger = new Wasm(ctx, env);
  }

  ask(question) {
    return this.#ledger.ask(question);
  }

  alarm() {
    return this.#ledger.alarm();
  }
}
