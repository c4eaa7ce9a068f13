// The files of studies that were opened here, so that one can go on without the file and without a network.
// Votes are not kept here: those are in the database that the wasm module writes.

const shelfName = "tiebreak-studies";

/** @param {string} name */
const placeOf = (name) => new URL(`./shelf/${encodeURIComponent(name)}`, location.href).href;

/** Tells which study a file is, whatever it is kept under. */
const mark = "Tiebreak-Study";

/**
 * @param {string} id the study's
 * @param {Uint8Array} bytes
 * @param {string} [address] where it came from; it is found under that as well
 */
export async function keepStudy(id, bytes, address) {
  try {
    const shelf = await caches.open(shelfName);
    for (const name of address ? [id, address] : [id]) {
      const file = new Response(new Blob([/** @type {BlobPart} */ (bytes)]), { headers: { [mark]: encodeURIComponent(id) } });
      await shelf.put(placeOf(name), file);
    }
  } catch {
    // Without the shelf the study has to be opened from its file again; the votes are not touched.
  }
}

/**
 * @param {string} name a study's id, or the address that it came from
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

/**
 * Drops a study under each name that it is kept under.
 * @param {string} id
 */
export async function dropStudy(id) {
  try {
    const shelf = await caches.open(shelfName);
    for (const place of await shelf.keys()) {
      const file = await shelf.match(place);
      if (file?.headers.get(mark) === encodeURIComponent(id)) await shelf.delete(place);
    }
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
