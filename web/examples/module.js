// Two replies to a prompt of the catalogue, and which of them the model thinks better.

import { Model, open } from "./dist/tiebreak.js";

const shown = document.querySelector("#shown");

/** Whatever a model writes stays text. */
function show(name, text) {
  const [term, value] = ["dt", "dd"].map((tag) => document.createElement(tag));
  term.textContent = name;
  value.textContent = text;
  shown.append(term, value);
}

const tiebreak = await open();
const prompt = tiebreak.catalogue()[0].text;
const model = await Model.load({ builtin: true });
const { sample } = await model.pair({ prompt, seed: 1, maxTokens: 60 });
const [first, second] = sample.responses.map(({ text }) => text);
const { verdict } = await model.judge({ prompt, texts: [first, second] });
model.close();

show("Prompt", prompt);
show("First", first);
show("Second", second);
show("Verdict", JSON.stringify(verdict));
