// Other origins that this copy of the page has to do with. build.sh writes the list of a copy that was built for some.

/** Where studies and models may come from and votes may go, beside the page's own origin. @type {readonly string[]} */
export const connect = [];
/** Pages that may hold this one in a frame and speak with it, beside those of the same origin. @type {readonly string[]} */
export const parents = [];
