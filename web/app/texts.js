// Every text of the interface. A translation is a file `texts.LANGUAGE.js` beside this one that exports
// `language`, `direction` and `texts`, or takes the place of this file.

/** For the `lang` and `dir` of the page. */
export let language = "en";
/** @type {"ltr" | "rtl"} */
export let direction = "ltr";

let numbers = new Intl.NumberFormat(language);
/** @param {number} value */
export const number = (value) => numbers.format(value);

/** A size in words. @param {number} count */
export function bytes(count) {
  if (count < 1e6) return `${number(Math.ceil(count / 1e3))} kB`;
  if (count < 1e9) return `${number(Math.round(count / 1e5) / 10)} MB`;
  return `${number(Math.round(count / 1e7) / 100)} GB`;
}

const days = new Intl.DateTimeFormat(language, { dateStyle: "medium" });

const rules = new Intl.PluralRules(language);
/**
 * @param {number} count
 * @param {string} one
 * @param {string} other
 */
const plural = (count, one, other) => `${number(count)} ${rules.select(count) === "one" ? one : other}`;

const shares = new Intl.NumberFormat(language, { style: "percent" });
/** @param {number} share from 0 to 1 */
const percent = (share) => shares.format(share);

const sides = ["A", "B"];

const english = {
  name: "Tiebreak",
  skipToContent: "Skip to the content",
  loading: "Loading…",
  close: "Close",
  cancel: "Cancel",
  back: "Back",
  next: "Next",
  goOn: "Go on",
  dismiss: "Dismiss",
  copy: "Copy",
  copied: "Copied",

  start: {
    title: "Which reply is better?",
    lead: "Read two replies, press a key. Your votes stay on this device until you save or send them.",
    continueTitle: "Continue",
    /** @param {string} annotator @param {number} votes */
    stored: (annotator, votes) => `${annotator} · ${plural(votes, "vote", "votes")}`,
    /** @param {string} title */
    continueStudy: (title) => `Continue ${title}`,
    continueMissing: "The pairs of this study are no longer on this device. Open its file or its link again: your votes are still here.",
    studyTitle: "Open a study",
    studyLead: "Choose the study file that you were given, or drop it anywhere on this page.",
    studyButton: "Choose a file",
    tryTitle: "Try it",
    tryLead: "Pick a question. A small model on this page writes two replies, you say which is better, and then see what the judge thinks.",
    tryButton: "Try it with the model",
    privacy: "There is no server: what you read and answer stays in this browser.",
  },

  identity: {
    title: "Who is annotating?",
    lead: "Enter the name or number that you were given. It stands beside your votes, so take the same one every time.",
    label: "Your name or number",
    missing: "Enter a name or a number first.",
    /** @param {string} slot */
    badSlot: (slot) => `The link names the slot “${slot}”, which is no whole number from 1. Ask for another link.`,
  },

  consent: {
    step: "About this study",
    /** @param {number} pairs */
    pairs: (pairs) => plural(pairs, "pair", "pairs"),
    /** @param {number} minutes */
    minutes: (minutes) => `about ${plural(minutes, "minute", "minutes")}`,
    facts: { work: "Work", pay: "Pay", contact: "Questions to", delivery: "Votes are sent to", kept: "Your votes", you: "You are" },
    keptHere: "stay on this device until you save them to a file",
    keptAndSent: "are also kept on this device",
    agree: "I agree",
    agreeAndStart: "Go on",
    disagree: "I do not agree",
    consentTitle: "Consent",
    declinedTitle: "Nothing was recorded",
    declinedLead: "You did not agree, so the study does not begin. You can close this page, or go back if that was a slip.",
    previewTitle: "This is a preview",
    previewLead: "Accept the task to begin. Nothing can be answered before that.",
  },

  guidelines: {
    title: "Guidelines",
    lead: "Please read these before you begin. They stay a key away while you work.",
    contents: "Contents",
    /** @param {string} version */
    version: (version) => `Version ${version}`,
    begin: "I have read them",
  },

  qualification: {
    /** @param {number} i @param {number} total */
    heading: (i, total) => `Practice question ${number(i)} of ${number(total)}`,
    introduction: "A few practice questions come first. After each one you see the answer and the reason.",
    right: "That is right",
    wrong: "Not quite",
    /** @param {string} answer */
    answer: (answer) => `The answer: ${answer}.`,
    passedTitle: "You are ready",
    failedTitle: "Thank you for trying",
    /** @param {number} right @param {number} total */
    score: (right, total) => `You answered ${number(right)} of ${number(total)} practice questions as expected.`,
    passedLead: "Now the real pairs begin. There are no right or wrong answers to be told any more: go by the guidelines.",
    /** @param {number} needed */
    failedLead: (needed) => `This study asks for ${number(needed)}, so it ends here for you. That says something about the questions as much as about you.`,
    begin: "Begin",
  },

  pair: {
    /** @param {number} i @param {number} total */
    heading: (i, total) => `Pair ${number(i)} of ${number(total)}`,
    prompt: "Prompt",
    roles: /** @type {Record<string, string>} */ ({ user: "User", assistant: "Assistant", system: "System" }),
    /** @param {0 | 1} index */
    response: (index) => `Reply ${sides[index]}`,
    view: "Show the replies as",
    views: { markdown: "Formatted", plain: "Plain", diff: "Differences" },
    empty: "This reply is empty.",
    bidi: "This text holds invisible characters that change its direction.",
    changed: "You answered this pair before. Choose again to change it, or press Enter to leave it.",
    keep: "Leave it as it is",
    progress: "Progress",
    marks: /** @type {Record<string, string>} */ ({
      empty: "a reply has no text",
      identical: "both replies have the same words",
      near_identical: "the replies are nearly the same",
      cut_off: "a reply is cut off",
      template_token: "a reply holds technical tokens",
      model_name: "a reply names the system that wrote it",
      email: "there is an e-mail address",
      phone: "there is a phone number",
      card_number: "there is a card number",
    }),
    /** @param {string[]} marks */
    marked: (marks) => `Noted about this pair: ${marks.join(", ")}.`,
  },

  scale: {
    label: "Which reply is better?",
    sides,
    tieSign: "=",
    /** @param {number} strength @param {boolean} graded */
    step: (strength, graded) => {
      if (strength === 0) return "Tie";
      const side = sides[strength < 0 ? 0 : 1];
      if (!graded) return `${side} is better`;
      return `${side} ${["", "slightly better", "better", "much better"][Math.abs(strength)]}`;
    },
    bothBad: "Both bad",
    skip: "Skip",
    flag: "Flag",
    undo: "Back",
    reasons: "Reasons",
    /** @param {string} answer */
    stored: (answer) => `Stored: ${answer}.`,
    skipped: "skipped",
    flagged: "flagged",
  },

  reasons: {
    label: "What decided it?",
    rationale: "In your own words",
    /** @param {number} least */
    rationaleLeast: (least) => `In your own words, at least ${plural(least, "character", "characters")}`,
    /** @param {number} given @param {number} least */
    counted: (given, least) => `${number(given)} of ${number(least)}`,
    confirm: "Confirm",
    missingChoice: "Say which reply is better first.",
    missingReason: "Choose at least one reason.",
    missingWords: "A few more words, please.",
  },

  why: {
    skipTitle: "Why do you skip it?",
    flagTitle: "What is wrong with this pair?",
    note: "Note (optional)",
    skip: /** @type {[string, string][]} */ ([
      ["language", "I do not know the language"],
      ["knowledge", "I do not know enough about it"],
      ["upsetting", "It upsets me"],
      ["no_reason_given", "I would rather not say"],
    ]),
    flag: /** @type {[string, string][]} */ ([
      ["personal_data", "Personal data"],
      ["unsafe", "Unsafe content"],
      ["broken_prompt", "Broken or unreadable prompt"],
      ["identical", "Both replies are the same"],
      ["names_system", "A reply says who wrote it"],
    ]),
  },

  save: {
    /** @param {number} count */
    unsaved: (count) => rules.select(count) === "one" ? "1 vote is only in this browser" : `${number(count)} votes are only in this browser`,
    allSaved: "All votes are saved",
    noneYet: "No votes yet",
    save: "Save",
    saveFile: "Save to a file",
    /** @param {number} count */
    offer: (count) => `${plural(count, "vote is", "votes are")} only in this browser. Save them to a file now and then, so that nothing can be lost.`,
    saved: "The file was handed to your browser’s downloads.",
    /** @param {string} message */
    notStored: (message) => `This vote could not be stored in the browser (${message}). It is kept while this tab is open. Save your votes to a file before you close it.`,
    /** @param {number} count */
    unreadable: (count) => `${plural(count, "record", "records")} of this study that this browser holds cannot be read. Nothing is deleted, and you can go on. Save your votes to a file, which takes what cannot be read along, and give it to the researcher.`,
    notMarked: "The file was made, but the browser could not note that it was.",
    load: "Load a saved file",
    /** @param {number} taken */
    loaded: (taken) => `${plural(taken, "vote was", "votes were")} taken from the file.`,
    /** @param {number} count @param {string} first */
    loadProblems: (count, first) => `${plural(count, "line", "lines")} could not be read and ${rules.select(count) === "one" ? "was" : "were"} left out. The first: ${first}`,
    /** @param {number} count @param {string} first */
    loadReceipts: (count, first) => `The votes were taken, but ${plural(count, "receipt does", "receipts do")} not hold, and the researcher will see that. The first: ${first}`,
    /** @param {string} message */
    loadFailed: (message) => `The file could not be loaded: ${message}`,
    /** @param {string} host @param {number} seconds */
    retry: (host, seconds) => `${host} did not take the votes. They are kept here; next try in ${plural(seconds, "second", "seconds")}.`,
    /** @param {string} host @param {number} status */
    refused: (host, status) => `${host} refused the votes (${status}). They are kept here: save them to a file and tell the researcher.`,
    /** @param {string} host */
    notAllowed: (host) => `This copy of the page was not built to send votes to ${host}. They are kept here: save them to a file and tell the researcher.`,
    waiting: "Offline: votes are kept here and sent later.",
    sendNow: "Send now",
  },

  warnings: /** @type {Record<string, string>} */ ({
    too_fast: "That was faster than most people can read. Take the time that you need; you can go back to any pair.",
    same_side: "Many of your last votes are for the same side. Sides are shuffled, so please look twice.",
  }),

  finish: {
    title: "Thank you",
    /** @param {number} total */
    lead: (total) => `You have answered all ${plural(total, "pair", "pairs")}.`,
    code: "Your completion code",
    codeCopied: "The code was copied.",
    copyFailed: "The browser did not allow copying. Select the code and copy it by hand.",
    /** @param {string} host */
    leave: (host) => `Go to ${host}`,
    leaveReady: "This link takes you back and hands over your code.",
    badLink: "The study names a return address that is not https, so it is not shown. Hand in the code by hand.",
    submit: "Hand in the task",
    /** @param {string} host */
    submitNote: (host) => `Your votes are sent to ${host}.`,
    submitBlocked: "This copy of the page may not send the form. Copy the code and hand it in by hand.",
    receipt: "Last receipt",
    receiptNote: "Each vote carries a number and a checksum over itself and the one before. This is the last one; with it, the researcher can see that your file is complete.",
    results: "Your votes",
    review: "Go back to the last pair",
    emptyTitle: "Nothing to answer",
    emptyLead: "The list of this link holds no pairs. Ask for another link.",
  },

  keys: {
    title: "Keys",
    lead: "Keys do nothing while you are writing.",
    enabled: "Use single keys",
    enabledNote: "Switch them off if you use a screen reader or speech input. Everything can also be reached with Tab.",
    list: /** @type {[string, string][]} */ ([
      ["1 – 7", "how much better: A much better to B much better, 4 is a tie"],
      ["b", "both bad"],
      ["s", "skip"],
      ["f", "flag"],
      ["⏎", "confirm, go on"],
      ["u ⌫", "back to the previous pair"],
      ["r", "write a reason"],
      ["⇧1 – ⇧9", "choose a reason"],
      ["g", "guidelines"],
      ["m", "formatted or plain text"],
      ["d", "show the differences"],
      ["?", "these keys"],
      ["Esc", "close what is open"],
    ]),
  },

  settings: {
    title: "Settings",
    open: "Settings",
    theme: "Appearance",
    themes: { system: "As the device", light: "Light", dark: "Dark" },
    keyList: "List of keys",
    device: "This device",
    /** @param {string} usage */
    usage: (usage) => `Stored here: ${usage}.`,
    persisted: "The browser has promised to keep it.",
    notPersisted: "The browser may delete it when space runs out, so save your votes to a file now and then.",
    erase: "Erase everything",
    eraseStudy: "Erase this study",
    eraseTitle: "Erase from this device?",
    eraseStudyLead: "Your votes, drafts and practice answers of this study are deleted from this browser. What you saved or sent is not touched.",
    eraseAllLead: "All studies, votes, drafts, models and settings are deleted from this browser. What you saved or sent is not touched.",
    /** @param {number} count */
    eraseUnsaved: (count) => `${plural(count, "vote is", "votes are")} neither saved nor sent and would be lost.`,
    eraseConfirm: "Erase",
    erased: "Everything was erased from this device.",
    /** @param {string} message */
    notErased: (message) => `Not everything could be erased: ${message}.`,
    /** @param {string} version */
    version: (version) => `Tiebreak ${version}`,
  },

  leave: {
    title: "Open this address?",
    lead: "It comes from a text in the study. It opens in a new tab.",
    open: "Open",
  },

  try: {
    title: "Try it",
    lead: "Pick a question of a shop’s customer, or write your own. The model runs in this page; nothing is sent anywhere.",
    own: "Your own question",
    ownPlaceholder: "Where is my order?",
    write: "Write two replies",
    catalogue: "Questions",
    surprise: "Any question",
    model: "Model",
    modelBuiltin: "The model that comes with this page",
    modelFile: "Use a .gguf file",
    modelAddress: "Or the address of a .gguf file on this site",
    modelFetch: "Fetch",
    modelNone: "none is loaded",
    /** @param {string} name @param {string} size @param {string} quantization */
    modelLine: (name, size, quantization) => `${name} · ${size} parameters · ${quantization}`,
    stages: /** @type {Record<string, string>} */ ({
      download: "Fetching the model",
      copy: "Copying the model",
      check: "Checking what is here",
      load: "Loading the model",
      prefill: "Reading the question",
      sample: "Writing two replies",
      judge: "The judge is reading",
    }),
    stop: "Stop",
    stopped: "Stopped.",
    again: "Same question again",
    nextQuestion: "Next question",
    otherQuestion: "Choose a question",
    writing: "You can vote when both replies are there.",
    you: "You",
    judge: "The judge",
    judgeNone: "no opinion",
    agreed: "You and the judge agree.",
    disagreed: "You and the judge disagree.",
    noComparison: "There is nothing to compare here.",
    /** @param {number} agreed @param {number} total */
    tally: (agreed, total) => `You and the judge agree ${number(agreed)} of ${number(total)}.`,
    tallyNote: "Ties and pairs that you skip are not counted. The judge is a small model, so do not let it talk you into anything.",
    /** @param {number} temperature @param {number} tokens */
    provenance: (temperature, tokens) => `temperature ${number(temperature)} · ${plural(tokens, "token", "tokens")}`,
    /** @param {number} odds */
    odds: (odds) => `log-odds ${odds.toFixed(2)}`,
    finish: "Finish",
    restarted: "The model stopped working and was started again.",
  },

  summary: {
    title: "You and the judge",
    /** @param {number} agreed @param {number} total */
    share: (agreed, total) => `You and the judge agree on ${number(agreed)} of ${number(total)}.`,
    nothing: "There is nothing to compare yet: on no pair did both of you take a side.",
    /** @param {number} low @param {number} high */
    interval: (low, high) => `The 95% interval of that share goes from ${percent(low)} to ${percent(high)} (Wilson).`,
    coin: {
      above: "That is more often than by tossing a coin.",
      below: "That is less often than by tossing a coin.",
      open: "Tossing a coin would agree on half, and that cannot be ruled out.",
    },
    sureTitle: "Is the judge right to be sure?",
    /** @param {number} fewest */
    tooFew: (fewest) => `Too few to say: that takes at least ${number(fewest)} pairs on which both of you took a side.`,
    columns: ["The judge was", "Log-odds", "You agreed", "95% interval"],
    thirds: ["least sure", "in between", "most sure"],
    /** @param {number} from @param {number} to */
    odds: (from, to) => `${from.toFixed(2)} – ${to.toFixed(2)}`,
    /** @param {number} agreed @param {number} total */
    of: (agreed, total) => `${number(agreed)} of ${number(total)}`,
    /** @param {number} low @param {number} high */
    range: (low, high) => `${percent(low)} – ${percent(high)}`,
    trends: {
      grows: "You agree more often where the judge is surer, as should be.",
      falls: "You agree less often where the judge is surer. Do not go by its sureness.",
      open: "The intervals of the first and the last row overlap, so these pairs are too few to say.",
    },
    oddsNote: "The log-odds are differences of likelihood in nats a token. They rank pairs, and are no probabilities.",
    /** @param {string[]} parts */
    apart: (parts) => `Counted apart: ${parts.join(", ")}.`,
    apartOf: /** @type {Record<string, (count: number) => string>} */ ({
      skips: (count) => plural(count, "pair that you skipped", "pairs that you skipped"),
      bothBad: (count) => `${number(count)} where you found both bad`,
      ties: (count) => plural(count, "tie of yours", "ties of yours"),
      judgeTies: (count) => plural(count, "tie of the judge", "ties of the judge"),
      judgeNone: (count) => `${number(count)} without an opinion of the judge`,
    }),
    saveSamples: "Save the replies",
    saveVotes: "Save the votes",
    again: "Start again",
    againLead: "The replies and votes since you began are forgotten. Save them first if you want to keep them.",
  },

  models: {
    title: "Kept on this device",
    use: "Use",
    inUse: "In use",
    resume: "Go on",
    fetchAgain: "Fetch again",
    stop: "Stop",
    delete: "Delete",
    deleteTitle: "Delete this model?",
    /** @param {string} name @param {number} count */
    deleteLead: (name, count) => `${name} (${bytes(count)}) is deleted from this browser. To use it again, it has to be fetched or chosen again.`,
    /** @param {string} size @param {number} added_ms */
    facts: (size, added_ms) => `${size} · added ${days.format(added_ms)}`,
    /** @param {number} done @param {number} total */
    partial: (done, total) => (total > 0 ? `Not complete: ${bytes(done)} of ${bytes(total)}` : `Not complete: ${bytes(done)}`),
    damaged: "The stored file is not the one that was kept. It is not used.",
    /** @param {string} stage @param {number} done @param {number} total */
    progress: (stage, done, total) => (total > 0 ? `${stage}: ${bytes(done)} of ${bytes(total)}` : `${stage}: ${bytes(done)}`),
    stopped: "Stopped. The model before stays in use.",
    /** @param {number} count */
    taken: (count) => `These models take ${bytes(count)}.`,
    /** @param {number} count */
    free: (count) => `The browser allows ${bytes(count)} more.`,
    notPersisted: "The browser may delete them when space runs out.",
    notKept: /** @type {Record<string, string>} */ ({
      storage: "This browser keeps no files for this page, so the model is gone when the page is closed.",
      space: "There is not enough space to keep this model, so it is read from its file and gone when the page is closed.",
    }),
  },

  errors: {
    title: "That did not work",
    startAgain: "To the start",
    tryAgain: "Try again",
    moduleTitle: "This browser cannot run the page",
    module: "The page needs WebAssembly with SIMD, which every current browser has. Update this browser or use another one.",
    moduleFetch: "A part of the page could not be loaded. Check the connection and try again.",
    /** @param {string} status */
    studyFetch: (status) => `The study could not be loaded (${status}). Check the link and the connection, and try again.`,
    studyOrigin: "This page only opens studies from its own address. Save the study as a file and open that.",
    modelAddress: "That is no address.",
    /** @param {string} origin */
    modelOrigin: (origin) => `This page only loads models from its own address, not from ${origin}. Save the model as a file and choose that.`,
    studyAddress: "The link names a study address that cannot be read. Ask for another link.",
    /** @param {string} message */
    study: (message) => `The study cannot be used: ${message}`,
    studyHelp: "Ask whoever gave you the study for a new copy.",
    locked: "This study is open in another tab of this browser. Go on there, or close that tab and try again.",
    noAnswer: "This browser’s storage does not answer, so the study cannot be opened now. Nothing was changed. Close other tabs of this page, or start the browser anew, and try again.",
    /** @param {string} upto */
    savedNumber: (upto) => `The page around this one says that the votes up to “${upto}” are safe, which is no vote’s number.`,
    noStorage: "This browser refuses to keep anything, as private windows do. Your votes last while this tab is open: save them to a file before you close it.",
    offline: "Offline. Everything goes on; votes are kept on this device.",
    /** @param {string} message */
    unexpected: (message) => `Something went wrong: ${message}. Your stored votes are safe.`,
    model: /** @type {Record<string, string>} */ ({
      bad_gguf: "The model file is broken or no .gguf file.",
      unsupported: "The model is of a kind that this page cannot run.",
      network: "The model could not be fetched. Check the connection and try again.",
      space: "The browser has not enough space for this model. Delete another one, or free space on this device.",
      storage: "The browser could not store the model.",
      busy: "Another tab is reading or writing this model. Wait until it is done, or close that tab.",
      damaged: "The stored file is not the one that was kept, so it is not used. Delete it or fetch it again.",
      gone: "This model is no longer kept here.",
      memory: "The model needs more memory than this browser gives to a page. Try a smaller one.",
      panic: "The model stopped working. It is started again with the next question.",
      request: "The model did not understand the request.",
    }),
  },
};

export let texts = english;
const own = { language, direction, texts };

/**
 * Another language for the whole document. Where there is no file for it, the texts stay as they are.
 * @param {string | null | undefined} wanted
 */
export async function speak(wanted) {
  if (!wanted || wanted === language || !/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(wanted)) return;
  try {
    const chosen = wanted === own.language ? own : await import(new URL(`texts.${wanted}.js`, import.meta.url).href);
    ({ language, direction, texts } = chosen);
    numbers = new Intl.NumberFormat(language);
  } catch {
    // The browser tells the console which file is missing.
  }
}

/**
 * A choice in words.
 * @param {import("./types.js").Choice | "unparsed"} choice
 * @param {import("./types.js").Scale} [scale]
 */
export function choiceText(choice, scale = "seven") {
  if (typeof choice === "object") return texts.scale.step(choice.strength, scale !== "three");
  return { both_bad: texts.scale.bothBad, skip: texts.scale.skipped, flag: texts.scale.flagged, unparsed: texts.try.judgeNone }[choice];
}
