// Keeps the page, its module and its model, so that after one visit it works without a network.
// build.sh fills in what there is to keep and its version; from the source folder nothing is kept.

/** A hash over all files: another version is another cache. @type {string} */
const version = "development";
/** @type {string[]} */
const files = [];
/** Tells which build of the module this browser takes; from app/instructions.js. @type {number[]} */
const probe = [];
/** The files' full addresses. */
const addresses = new Set(files.map((file) => new URL(file, location.href).href));

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
  const isRelaxed = typeof WebAssembly === "object" && WebAssembly.validate(new Uint8Array(probe));
  const notTaken = isRelaxed ? "./pkg/tiebreak_wasm" : "./pkg/relaxed/";
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
  if (kept) return kept;
  const fetched = await fetch(request);
  // A browser may take the other build of the module one day.
  if (fetched.ok && addresses.has(request.url)) keepAnswer(request, fetched.clone()).catch(() => undefined);
  return fetched;
}

/**
 * @param {Request} request
 * @param {Response} fetched
 */
async function keepAnswer(request, fetched) {
  const cache = await caches.open(cacheName);
  await cache.put(request, fetched);
}

/**
 * A cache that cannot be opened must not keep the page from the network.
 * @param {Request} request
 */
async function keptAnswer(request) {
  const cache = await caches.open(cacheName);
  return cache.match(request, { ignoreSearch: request.mode === "navigate" });
}
