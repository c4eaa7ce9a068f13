// The files of studies that were opened here, so that one can go on without the file and without a network.
// Votes are not kept here: those are in the database that the wasm module writes.

const shelfName = "tiebreak-studies";

/** @param {string} name */
const placeOf = (name) => new URL(`./shelf/${encodeURIComponent(name)}`, location.href).href;

/**
 * @param {string} name a study's id, or the address that it came from
 * @param {Uint8Array} bytes
 */
export async function keepStudy(name, bytes) {
  try {
    const shelf = await caches.open(shelfName);
    await shelf.put(placeOf(name), new Response(new Blob([/** @type {BlobPart} */ (bytes)])));
  } catch {
    // Without the shelf the study has to be opened from its file again; the votes are not touched.
  }
}

/**
 * @param {string} name
 * @returns {Promise<Uint8Array | undefined>}
 */
export async function keptStudy(name) {
  try {
    // Looking makes no cache where there is none.
    const kept = await caches.match(placeOf(name), { cacheName: shelfName });
    return kept && new Uint8Array(await kept.arrayBuffer());
  } catch {
    return undefined;
  }
}

/** @param {string} name */
export async function dropStudy(name) {
  try {
    await (await caches.open(shelfName)).delete(placeOf(name));
  } catch {
    // What could not be kept need not be dropped.
  }
}

export async function emptyShelf() {
  try {
    await caches.delete(shelfName);
  } catch {
    // As above.
  }
}
