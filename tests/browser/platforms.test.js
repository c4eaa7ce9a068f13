// Annotators who come from Prolific and MTurk: who they are, what they may do before, and how they get back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { atEnd, atPair, begin, button, savedFile, vote, votesOf } from "./support/drive.js";
import { plain } from "./support/site.js";
import { texts } from "./support/texts.js";

const back = "https://app.prolific.com/submissions/complete?cc={code}";
const stage = useStage(async (site) => {
  const flags = [...plain(3), "--slots", "1"];
  await site.study("prolific", { flags: [...flags, "--completion-code", "C0DE", "--completion-url", back] });
  await site.study("task", { flags: [...flags, "--completion-code", "C0DE"] });
  await site.study("bare", { flags });
});

const address = (study, parameters) => `${stage.site.address(study)}&${new URLSearchParams(parameters)}`;

/** Answers for a host elsewhere, and notes what was sent there. */
async function elsewhere(page, host) {
  const sent = [];
  await page.context().route(`https://${host}/**`, (route) => {
    const request = route.request();
    sent.push({ method: request.method(), url: request.url(), body: request.postData() ?? "", referrer: request.headers().referer });
    return route.fulfill({ contentType: "text/html", body: "<title>there</title>" });
  });
  return sent;
}

async function finish(page) {
  for (const i of [1, 2, 3]) {
    await atPair(page, i);
    await page.keyboard.press("2");
  }
  await atEnd(page);
}

test("Prolific: its id is the annotator, and the way back shows its host and carries the code", async () => {
  const page = await stage.page({ expects: /request to https:\/\/app\.prolific\.com/ });
  const sent = await elsewhere(page, "app.prolific.com");
  await begin(page, address("prolific", { PROLIFIC_PID: "5f00", STUDY_ID: "s", SESSION_ID: "t" }));
  await finish(page);
  const code = await page.locator("output.code").textContent();
  const { text } = await savedFile(page, () => button(page, texts.save.saveFile).click());
  assert.deepEqual(votesOf(text).map(({ annotator }) => annotator.id), ["5f00", "5f00", "5f00"]);
  assert.equal(sent.length, 0, "nobody is taken away unasked");
  await page.getByRole("link", { name: texts.finish.leave("app.prolific.com"), exact: true }).click();
  await page.waitForURL("https://app.prolific.com/**");
  assert.deepEqual(sent.map(({ url, referrer }) => [url, referrer]), [[back.replace("{code}", code), undefined]]);
});

test("the annotator that the link names counts more than the platform's", async () => {
  const page = await stage.page();
  await begin(page, address("task", { annotator: "ann", PROLIFIC_PID: "5f00", workerId: "W1" }));
  await vote(page, "2");
  assert.equal(votesOf((await savedFile(page)).text)[0].annotator.id, "ann");
});

test("the end leaves nothing behind, however often it is seen", async () => {
  const page = await stage.page();
  await page.addInitScript(() => {
    globalThis.listening = [];
    const add = document.addEventListener.bind(document);
    document.addEventListener = (type, listener, options) => {
      if (type === "securitypolicyviolation") globalThis.listening.push(options?.signal);
      add(type, listener, options);
    };
  });
  await begin(page, address("task", task));
  await finish(page);
  for (let i = 0; i < 3; i += 1) {
    await button(page, texts.finish.review).click();
    await atPair(page, 3);
    await page.keyboard.press("Enter");
    await atEnd(page);
  }
  const live = await page.evaluate(() => [globalThis.listening.length, globalThis.listening.filter((signal) => !signal?.aborted).length]);
  assert.deepEqual(live, [4, 1]);
});

const task = { assignmentId: "A1", hitId: "H1", workerId: "W1", turkSubmitTo: "https://workersandbox.mturk.com" };

for (const study of ["task", "bare"]) {
  test(`MTurk: the form is posted with the votes, study “${study}”`, async () => {
    const page = await stage.page({ expects: /request to https:\/\/workersandbox\.mturk\.com/ });
    const sent = await elsewhere(page, "workersandbox.mturk.com");
    await begin(page, address(study, task));
    await finish(page);
    await page.getByText(texts.finish.submitNote("workersandbox.mturk.com"), { exact: true }).waitFor();
    const { text } = await savedFile(page, () => button(page, texts.save.saveFile).click());
    await button(page, texts.finish.submit).click();
    await page.waitForURL("https://workersandbox.mturk.com/**");
    assert.equal(sent.length, 1);
    assert.deepEqual([sent[0].method, sent[0].url], ["POST", "https://workersandbox.mturk.com/mturk/externalSubmit"]);
    const fields = new URLSearchParams(sent[0].body);
    assert.deepEqual([...fields.keys()], ["assignmentId", "results", "receipt", "completion_code"]);
    assert.equal(fields.get("assignmentId"), "A1");
    // A form ends its lines with a carriage return as well.
    assert.equal(fields.get("results").replaceAll("\r\n", "\n"), text);
    assert.ok(votesOf(text).every(({ annotator }) => annotator.id === "W1"));
  });
}

test("MTurk: in the preview nothing can be answered and nothing is kept", async () => {
  const page = await stage.page();
  await page.goto(address("task", { ...task, assignmentId: "ASSIGNMENT_ID_NOT_AVAILABLE", workerId: "" }));
  await page.getByText(texts.consent.previewLead, { exact: true }).waitFor();
  assert.equal(await page.locator("main button").count(), 0);
  for (const key of ["1", "b", "Enter"]) await page.keyboard.press(key);
  assert.equal(await page.locator(".pair-heading").count(), 0);
  assert.equal(await page.evaluate(() => caches.has("tiebreak-studies")), false);
});

test("a task's form goes to MTurk and nowhere else", async () => {
  const page = await stage.page();
  await begin(page, address("task", { ...task, turkSubmitTo: "" }));
  await finish(page);
  for (const to of ["https://www.mturk.com", "https://evil.example", "http://www.mturk.com", "https://www.mturk.com.evil.example", "javascript:window.__hit=1", "https://www.mturk.com@evil.example", "no address"]) {
    await page.goto(address("task", { ...task, turkSubmitTo: to }));
    await atEnd(page);
    assert.equal(await page.locator("form").count(), to === "https://www.mturk.com" ? 1 : 0, to);
    assert.equal(await page.locator("output.code").count(), 1, "the code can be handed in by hand");
  }
});
