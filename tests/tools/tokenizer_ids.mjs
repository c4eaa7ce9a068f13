// Prints the ids that llama.cpp gives the hard texts with a model's tokenizer, one JSON line a text.
//
// Needs `npm install --ignore-scripts node-llama-cpp@3`, which brings llama.cpp built.
// From the repository's root: node tests/tools/tokenizer_ids.mjs web/model/FILE.gguf > tests/cases/tokenizer_shipped.jsonl
import { readFileSync } from "node:fs";
import { getLlama } from "node-llama-cpp";

const [modelPath] = process.argv.slice(2);
const { cases } = JSON.parse(readFileSync("tests/cases/tokenizer_byte_level.json", "utf8"));
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error" });
const model = await llama.loadModel({ modelPath, vocabOnly: true });
for (const { text } of cases) {
    console.log(JSON.stringify({ text, ids: [...model.tokenize(text, false)] }));
}
process.exit(0);
