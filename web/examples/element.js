// Hears of every vote, and says when it is safe.

const annotator = document.querySelector("tiebreak-annotator");
const progress = document.querySelector("#progress");
/** Stands for your own storage: the records by their numbers. */
const kept = new Map();

annotator.addEventListener("vote", async ({ detail }) => {
  kept.set(detail.number, detail.vote);
  await annotator.saved(detail.number);
});
annotator.addEventListener("progress", ({ detail }) => { progress.textContent = `${detail.done} of ${detail.total}`; });
annotator.addEventListener("done", ({ detail }) => { progress.textContent = `Done, ${kept.size} votes, receipt ${detail.receipt}`; });
annotator.addEventListener("error", ({ detail }) => { progress.textContent = detail.message; });
