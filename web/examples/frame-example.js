// Hands a study to the frame, and takes the votes from it. The address of the annotator stands in this page's own: ?page=https://…

import { TiebreakFrame } from "./frame.js";

const iframe = document.querySelector("iframe");
const progress = document.querySelector("#progress");
iframe.src = new URLSearchParams(location.search).get("page");

const frame = new TiebreakFrame(iframe);
/** Stands for your own storage: the records by their numbers. */
const kept = new Map();

frame.addEventListener("vote", ({ detail }) => {
  kept.set(detail.number, detail.vote);
  frame.saved(detail.number);
});
frame.addEventListener("progress", ({ detail }) => { progress.textContent = `${detail.done} of ${detail.total}`; });
frame.addEventListener("done", ({ detail }) => { progress.textContent = `Done, ${kept.size} votes, receipt ${detail.receipt}`; });
frame.addEventListener("error", ({ detail }) => { progress.textContent = detail.message; });

const study = await (await fetch("study.json")).arrayBuffer();
frame.setTheme("light");
frame.open(study, { annotator: "ann" });
