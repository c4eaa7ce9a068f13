// A line for each test, why it failed, and a closing line with the counts.

/** @param {AsyncIterable<any>} events */
export default async function* report(events) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if (type === "test:stdout" || type === "test:stderr" || type === "test:diagnostic") yield* said(type, data);
    if (type !== "test:pass" && type !== "test:fail") continue;
    // A file is a test as well; it counts only where it fails by itself.
    const isFile = data.name.endsWith(".test.js");
    if (isFile && (type === "test:pass" || isOfItsTests(data))) continue;
    const result = type === "test:fail" ? "failed" : data.skip === undefined ? "passed" : "skipped";
    counts[result] += 1;
    yield `${{ passed: "ok  ", failed: "FAIL", skipped: "skip" }[result]} ${data.name} (${(data.details.duration_ms / 1000).toFixed(1)} s)\n`;
    if (result === "failed") yield `${reason(data.details.error)}\n`;
  }
  yield `browser tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
}

function* said(type, data) {
  // The runner's own diagnostics are counts, which the last line gives.
  if (type === "test:diagnostic") {
    if (!/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message)) yield `     ${data.message}\n`;
  } else yield data.message;
}

const isOfItsTests = ({ details }) => details.error?.failureType === "subtestsFailed";

function reason(error) {
  const cause = error?.cause ?? error;
  const text = String(cause?.stack ?? cause?.message ?? cause);
  return text.split("\n").slice(0, 30).map((line) => `     ${line}`).join("\n");
}
