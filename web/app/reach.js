// Which addresses may be asked. The page's policy says the same to the browser; this says it in a sentence.

import { connect, parents } from "./origins.js";

/**
 * @param {string} text an address, or a part of one that stands for this page's folder
 * @returns {URL | undefined} none where it is no address
 */
export function addressOf(text) {
  return URL.canParse(text, document.baseURI) ? new URL(text, document.baseURI) : undefined;
}

/** @param {URL} url @returns {boolean} whether it may be fetched from, or sent to */
export function mayReach(url) {
  return url.origin === location.origin || connect.includes(url.origin);
}

/** @param {string} origin @returns {boolean} whether a page from there may speak with this one */
export function mayHold(origin) {
  return origin === location.origin || parents.includes(origin);
}
