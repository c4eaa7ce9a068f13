// Keeps the page, its module and its model, so that after one visit it works without a network.
// build.sh fills in what there is to keep and its version; from the source folder nothing is kept.

/** A hash over all files: another version is another cache. @type {string} */
const version = "development";
/** @type {string[]} */
const files = [];
/** Tells which build of the module this browser takes; from app/instructions.js. @type {number[]} */
const probe = [];

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
/** Other copies of the page on this origin have caches of their own. */
const prefix = `tiebreak ${worker.registration.scope} `;
const cacheName = prefix + version;

worker.addEventListener("install", (event) => event.waitUntil(keep()));
worker.addEventListener("activate", (event) => event.waitUntil(takeOver()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  event.respondWith(answer(request));
});

async function keep() {
  const cache = await caches.open(cacheName);
  const notTaken = WebAssembly.validate(new Uint8Array(probe)) ? "./pkg/tiebreak_wasm" : "./pkg/relaxed/";
  const taken = files.filter((file) => !file.startsWith(notTaken));
  // Past the browser's own cache: it may hold files of another version.
  await cache.addAll(taken.map((file) => new Request(file, { cache: "reload" })));
  await worker.skipWaiting();
}

async function takeOver() {
  for (const other of await caches.keys()) {
    if (other.startsWith(prefix) && other !== cacheName) await caches.delete(other);
  }
  await worker.clients.claim();
}

/**
 * What was kept comes from the cache, anything else, such as a study, from the network.
 * @param {Request} request
 */
async function answer(request) {
  const kept = await keptAnswer(request).catch(() => undefined);
  return kept ?? fetch(request);
}

/**
 * A cache that cannot be opened must not keep the page from the network.
 * @param {Request} request
 */
async function keptAnswer(request) {
  const cache = await caches.open(cacheName);
  return cache.match(request, { ignoreSearch: request.mode === "navigate" });
}
