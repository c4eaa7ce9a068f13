// Made from the Rust records: UPDATE=1 cargo test -p tiebreak-tests types

/** What JSON can hold. */
export type JsonValue = number | string | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** Fields that a record came with and that no declaration names; they are kept. */
export type Extra = { [field: string]: JsonValue };

/** Who speaks in a message. */
export type Role = "system" | "user" | "assistant" | "tool";

/** One message of a conversation. */
export type Message = {
  /** Who speaks. */
  role: Role,
  /** The text, kept byte for byte. */
  content: string,
} & Extra;

/** Why a prompt is hard to answer well. */
export type EdgeCase = "ambiguous" | "conflicting_goals" | "safe_but_unhelpful" | "out_of_scope" | "abusive" | "personal_data" | "prompt_injection" | "threat_or_self_harm" | "wrong_premise" | "another_language";

/** A prompt, with at least one message, the last of which is not the assistant's. */
export type Prompt = {
  /** Unique in its file. */
  id: string,
  /** The category's name, such as `billing`. */
  category?: string,
  /** The conversation so far. */
  messages: Array<Message>,
  /** Free labels, such as `angry`. */
  tags?: Array<string>,
  /** The kind of edge case, where it is one. */
  edge_case?: EdgeCase,
  /** An answer known to be good, for judges that compare with one. */
  reference_answer?: string,
} & Extra;

/** Why a response ended. */
export type FinishReason = "stop" | "length";

/** What computed a response. */
export type Runtime = "native-cpu" | "cuda" | "browser" | "endpoint";

/** The settings that one response was sampled with. */
export type Sampling = {
  /** What logits are divided by, 0 to 10; 0 takes the likeliest token. */
  temperature: number,
  /** The nucleus mass, above 0 to 1; 1 keeps all tokens. */
  top_p: number,
  /** How many of the likeliest tokens are kept; none keeps all. */
  top_k?: number,
  /** The smallest probability kept, as a share of the largest, 0 to 1; 0 keeps all. */
  min_p: number,
  /** What logits of tokens that occurred already are divided by (or multiplied by, where negative); 1 changes nothing. */
  repetition_penalty: number,
  /** The most new tokens. */
  max_tokens: number,
  /** Texts that end a response; they are not part of it. */
  stop?: Array<string>,
  /** The run's seed; the draw is keyed by (seed, prompt id, response index). */
  seed: number,
} & Extra;

/** Which model a response is from. */
export type ModelReference = {
  /** The name that the file gives, or the file's name. */
  name: string,
  /** SHA-256 of the file, in lower-case hex; none for a server's model. */
  sha256?: string,
  /** The type of most weights, such as `Q8_0`. */
  quantization?: string,
} & Extra;

/** Where a revised response comes from. */
export type Revision = {
  /** The id of the response that was revised. */
  parent: string,
  /** The principle that the critique was asked about. */
  principle: string,
  /** The critique. */
  critique: string,
  /** The round, from 1. */
  round: number,
  /** Version and hash of the principles. */
  constitution?: TemplateReference,
  /** The texts that critique and revision were asked with. */
  templates?: Array<TemplateReference>,
  /** How many characters longer than its parent it is; negative where it is shorter. */
  length_change?: number,
  /** The share of words that were changed, 0 to 1, see `edit_distance`. */
  edit_distance?: number,
  /** Whether it looks like a refusal. */
  is_refusal?: boolean,
} & Extra;

/** One response to a prompt. */
export type Response = {
  /** Unique in its sample; what Tiebreak makes is a hash of prompt and text, see `response_id`. */
  id: string,
  /** The text, kept byte for byte. */
  text: string,
  /** How many tokens were sampled, the one that ended it included. */
  tokens?: number,
  /** Why it ended. */
  finish_reason?: FinishReason,
  /** What a reasoning model wrote before it, between its marks for that; kept where the run asked for it. */
  thinking?: string,
  /** How many tokens that took, which are not among `tokens`. */
  thinking_tokens?: number,
  /** Mean over its tokens of the model's log-probability (temperature 1, nothing filtered), in nats. */
  mean_logprob_nats?: number,
  /** The settings it was sampled with. */
  sampling?: Sampling,
  /** The model. */
  model?: ModelReference,
  /** What computed it. */
  runtime?: Runtime,
  /** In a browser the instructions that multiplied, such as `simd128`; all of them give the same bits. */
  kernels?: string,
  /** When it was finished. */
  created_at?: string,
  /** For a revision, where it comes from. */
  revision?: Revision,
} & Extra;

/** A prompt and two or more responses to it. */
export type Sample = {
  /** What was asked. */
  prompt: Prompt,
  /** The responses, in the order of their indices. */
  responses: Array<Response>,
} & Extra;

/** What kind of annotator. */
export type AnnotatorKind = "human" | "expert" | "judge" | "constitution";

/** Who voted. */
export type Annotator = {
  /** Stable over time; for a judge its method and model. */
  id: string,
  /** The kind. */
  kind: AnnotatorKind,
};

/** What was said of a pair; "first" is always the canonical order, that of the responses' ids. */
export type Verdict = { "strength": number } | "both_bad" | "skip" | "flag" | "unparsed";

/** Which of two things. */
export type Side = "first" | "second";

/** Which text a judge was asked with. */
export type TemplateReference = {
  /** The template's name. */
  name: string,
  /** Its version. */
  version: string,
  /** SHA-256 of its text, in lower-case hex. */
  hash: string,
};

/** How likely a model finds one response, per token and in nats. */
export type LikelihoodScore = {
  /** Mean log p(token | prompt, tokens before). */
  conditional_nats: number,
  /** Mean log p(token | no prompt, tokens before). */
  unconditional_nats: number,
  /** Log-probability that the response ends where it ends. */
  end_nats: number,
  /** The share of its runs of three words that stood in it before, 0 to 1. */
  repetition: number,
  /** Log-probability that the response fits the prompt, by the model's reward head, where it has one. */
  reward_nats?: number,
};

/** What a judge computed on the way to its verdict. */
export type JudgeEvidence = {
  /** How it judged: `likelihood`, `label`, `words` or `ratings`; for a panel `panel-dawid-skene` or `panel-median`. */
  method: string,
  /** The text it was asked with, where it was asked. */
  template?: TemplateReference,
  /** For a panel, the annotator ids of the judges whose votes it pools. */
  members?: Array<string>,
  /** Log-odds that the canonical first is better, in nats: shown first, then shown second. */
  log_odds_by_order?: [number, number],
  /** Log-odds that the canonical first is better, on which the verdict rests, in nats. */
  log_odds?: number,
  /** Half the difference of the two orders: what standing first is worth, in nats. */
  position_bias?: number,
  /** What the judge said in each order, in canonical terms: the canonical first shown first, then shown second. */
  verdict_by_order?: [Verdict, Verdict],
  /** The probability that the judge answers with a label at all, 0 to 1: the canonical first shown first, then shown second. */
  label_mass_by_order?: [number, number],
  /** The means of the ratings that the canonical first and second response got, in points of the scale. */
  mean_ratings?: [number, number],
  /** The scores of the canonical first and second response. */
  likelihood?: [LikelihoodScore, LikelihoodScore],
  /** How much of the likelihood without the prompt is taken away in the likelihood's score. */
  unconditional_weight?: number,
  /** How much the log-probability of the end counts in the likelihood's score. */
  end_weight?: number,
  /** How much repetition counts in the likelihood's score, in nats a token for a text that is nothing else. */
  repetition_weight?: number,
  /** How much the reward head counts in the likelihood's score; none where the model has no such head. */
  reward_weight?: number,
  /** Differences of at most this count as a tie, in nats. */
  tie_band?: number,
  /** The model that judged. */
  model?: ModelReference,
  /** The version of the rules that its words were read by. */
  parser?: string,
  /** The judge's own words: the canonical first shown first, then shown second; for ratings, those of the first and of the second response. */
  raw_text_by_order?: [string, string],
  /** The judge's own words, where it wrote some once, or why there is no verdict. */
  raw_text?: string,
} & Extra;

/** Where in a study a pair was shown. */
export type ShownIn = {
  /** The study's id. */
  study: string,
  /** The item's id in the study. */
  item: string,
  /** How often the annotator had seen the pair before. */
  repeat: number,
};

/** How a vote came about on a screen; all times in milliseconds since the pair was shown. */
export type Interaction = {
  /** When the first key or pointer was used. */
  first_input_ms?: number,
  /** How often the answer was changed before it was given. */
  changes: number,
  /** What gave the answer: `key`, `pointer` or `touch`. */
  input?: string,
  /** Width and height of the window in CSS pixels. */
  viewport?: [number, number],
};

/** One annotator's word on one pair. */
export type Vote = {
  /** The pair's id, see `pair_id`. */
  pair: string,
  /** The prompt's id. */
  prompt_id: string,
  /** The ids of the pair's responses, the canonical first one first. */
  responses: [string, string],
  /** Who voted. */
  annotator: Annotator,
  /** What was said. */
  verdict: Verdict,
  /** Which of the two was shown first; none where there is no order, as with the likelihood judge. */
  shown_first?: Side,
  /** Short reasons, from the guidelines' criteria. */
  reasons?: Array<string>,
  /** The reason in words. */
  rationale?: string,
  /** The annotator's confidence, 0 to 1. */
  confidence?: number,
  /** The version of the guidelines in force. */
  guideline_version?: string,
  /** When the pair was shown. */
  shown_at?: string,
  /** When the vote was given. */
  decided_at?: string,
  /** How long the pair was looked at, in milliseconds. */
  active_ms?: number,
  /** The study that the pair was shown in, and its place there. */
  shown_in?: ShownIn,
  /** How the vote came about on the screen. */
  interaction?: Interaction,
  /** Counts an annotator's votes in a study, from 1; of several on one item the last counts. */
  number?: number,
  /** The receipt that chains it to the vote before, see `receipt`. */
  receipt?: string,
  /** For a judge, what the verdict rests on. */
  judge?: JudgeEvidence,
} & Extra;

/** One annotator's score of one response on one criterion. */
export type Rating = {
  /** The prompt's id, since a response's id is unique in its sample alone. */
  prompt_id?: string,
  /** The response's id. */
  response: string,
  /** Who rated. */
  annotator: Annotator,
  /** What was rated, such as `helpfulness`. */
  criterion: string,
  /** The score, from `scale_low` to `scale_high`. */
  value: number,
  /** The lowest score there is. */
  scale_low: number,
  /** The highest score there is. */
  scale_high: number,
  /** The version of the guidelines in force. */
  guideline_version?: string,
  /** When the response was shown. */
  shown_at?: string,
  /** When the score was given. */
  decided_at?: string,
} & Extra;

/** How much an old answer still counts, and the evidence for it. */
export type Weight = {
  /** The id of the vote or pair that is weighed. */
  target: string,
  /** The weight, at least 0. */
  weight: number,
  /** The time that ages are counted from. */
  reference_time?: string,
  /** After how many days a weight halves. */
  half_life_days?: number,
  /** How many days count, all others not. */
  window_days?: number,
  /** The test that speaks for the weight, with its name and result. */
  evidence?: string,
  /** The stretch of time with one standard that the vote falls in. */
  epoch?: string,
} & Extra;

/** Where a preference comes from. */
export type Origin = {
  /** The pair's id. */
  pair: string,
  /** The prompt's id. */
  prompt_id: string,
  /** The prompt's category. */
  category?: string,
  /** The ids of the chosen and the rejected response. */
  responses: [string, string],
  /** How many votes stand behind it. */
  votes: number,
  /** Who gave them, in the order of their ids. */
  annotators: Array<Annotator>,
  /** When the last of them was given. */
  decided_at?: string,
  /** The stretch of time with one standard. */
  epoch?: string,
  /** The version of the guidelines in force. */
  guideline_version?: string,
};

/** A row that trainers load: explicit prompt, conversational. */
export type Preference = {
  /** The conversation so far. */
  prompt: Array<Message>,
  /** The better reply, one assistant message. */
  chosen: Array<Message>,
  /** The worse reply, one assistant message. */
  rejected: Array<Message>,
  /** Mean absolute strength of the votes for it, 0 to 3. */
  margin: number,
  /** Mean weight of its votes; over a file the mean is 1. */
  weight: number,
  /** Where it comes from. */
  origin: Origin,
} & Extra;

/** What old answers are worth; ages are counted back from a reference time. */
export type Decay = "none" | { "half_life": {
  /** The half-life, above 0. */
  days: number, } } | { "window": {
  /** The window, above 0. */
  days: number, } } | { "cut": {
  /** The age of that date at the reference time, in days. */
  age_days: number, } };

/**
 * From `low` to `high`; a single number where they are the same.
 *
 * As text it is `0.7` or `0.3..1.0`; JSON and TOML have it as a number or as such a text.
 */
export type PlanRange = number | string;

/** How the responses of one prompt are spread over a range. */
export type Spread = "uniform" | "stratified";

/** The settings of a whole run. */
export type SamplingPlan = {
  /** What logits are divided by, 0.0001 to 10; 0 takes the likeliest token. */
  temperature: PlanRange,
  /** The nucleus mass, above 0 to 1. */
  top_p: PlanRange,
  /** How many of the likeliest tokens are kept; none keeps all. */
  top_k?: number | null,
  /** The smallest probability kept, as a share of the largest, 0 to 1. */
  min_p: number,
  /** What logits of tokens that occurred already are divided by, 0.01 to 10; 1 changes nothing. */
  repetition_penalty: number,
  /** The most new tokens a response. */
  max_tokens: number,
  /** How many responses a prompt gets, 2 to 1000. */
  n_responses: number,
  /** Texts that end a response. */
  stop: Array<string>,
  /** How the responses of a prompt are spread over the ranges. */
  spread: Spread,
  /** The seed of every draw. */
  seed: number,
};

/** How a preference is given. */
export type Scale = "seven" | "forced" | "three";

/** How a batch of votes is sent. */
export type ResultMethod = "POST" | "PUT";

/** Where votes are sent, beside being kept in the browser. */
export type Delivery = {
  /** An https address, or one on the page's own machine. */
  url: string,
  /** The request's method. */
  method: ResultMethod,
};

/** Who a study is for. */
export type Answerers = "people" | "experts";

/** When an annotator is told to take care. */
export type Warnings = {
  /** Faster than so many words a minute nobody reads; 0 turns the warning off. */
  words_per_minute: number,
  /** So many votes in a row for the same side of the screen are unlikely; 0 turns the warning off. */
  same_side_run: number,
};

/** What the researcher decides about a study, as far as annotators' pages need to know it. */
export type Settings = {
  /** Stands on top of the page. */
  title: string,
  /** What the study is about and what becomes of the data; the annotator has to agree to it. */
  consent?: string | null,
  /** How long a list takes, in minutes. */
  minutes?: number | null,
  /** What is paid for it, in words. */
  pay?: string | null,
  /** Whom to ask, in words: a name, an address. */
  contact?: string | null,
  /** The answers that can be given. */
  scale: Scale,
  /** Whether a reason has to be chosen. */
  require_reason: boolean,
  /** The least characters of a rationale; 0 asks for none. */
  min_rationale_chars: number,
  /** The share of qualification questions that must be answered rightly, 0 to 1. */
  pass_share: number,
  /** After so many votes the page offers to save them to a file; 0 never does. */
  save_every: number,
  /** What the platform that pays expects at the end; a part of the last receipt is added to it. */
  completion_code?: string | null,
  /** Where the annotator goes at the end; https only. `{code}` stands for the completion code. */
  completion_url?: string | null,
  /** Where votes are sent. */
  delivery?: Delivery | null,
  /** When to warn. */
  warnings: Warnings,
  /** Who answers, and so whose word the votes are: people, or experts, who take precedence. */
  answered_by: Answerers,
};

/** What annotators go by. */
export type Guidelines = {
  /** Such as `1.0.0`. */
  version: string,
  /** Markdown. */
  text: string,
  /** The criteria, which serve as reasons for a vote. */
  criteria: Array<string>,
};

/** A question with a known answer, asked before the first pair. */
export type QualificationQuestion = {
  /** The conversation. */
  messages: Array<Message>,
  /** In the order in which they are shown; "first" in the verdict means the first of them. */
  responses: [string, string],
  /** The right answer. */
  verdict: Verdict,
  /** Why it is right; shown after the answer. */
  reason: string,
};

/** The questions before the first pair. */
export type Qualification = {
  /** In the order in which they are asked; none asks nothing. */
  questions: Array<QualificationQuestion>,
};

/** A pair to be annotated. */
export type Item = {
  /** Says nothing about the pair. */
  id: string,
  /** The conversation. */
  messages: Array<Message>,
  /** In canonical order: that of the ids that their texts give. */
  responses: [string, string],
  /** What the screening found and the researcher chose to show. */
  marks?: Array<string>,
};

/** The document that goes to annotators. */
export type Study = {
  /** `tiebreak/study/1`. */
  schema: string,
  /** By content, so that a changed study is another one. */
  id: string,
  /** What the researcher decided. */
  settings: Settings,
  /** What annotators go by. */
  guidelines: Guidelines,
  /** What is asked before the first pair. */
  qualification: Qualification,
  /** Keys the order of pairs and sides. It is public: whoever has it can check the order, not choose it. */
  order_key: string,
  /** SHA-256 of the key file in hex, which shows later that the key was not changed afterwards. */
  key_sha256: string,
  /** The pairs. */
  items: Array<Item>,
  /** The places of the pairs that each slot gets; one that stands twice in a list is shown twice. */
  lists: Array<Array<number>>,
} & Extra;

/** What an annotator says, as seen on the screen. */
export type Choice = { "strength": number } | "both_bad" | "skip" | "flag";

/** A whole answer. */
export type Answer = {
  /** What was chosen. */
  choice: Choice,
  /** Reasons from the guidelines' criteria, or why the pair was skipped or flagged. */
  reasons: Array<string>,
  /** In the annotator's words. */
  rationale?: string | null,
};

/** When and how an answer was given. */
export type Timing = {
  /** When the pair was shown, in milliseconds since 1970 by the browser's clock. */
  shown_at_ms: number,
  /** When the answer was given. */
  decided_at_ms: number,
  /** How long the page was visible and in use, in milliseconds. */
  active_ms: number,
  /** What happened on the screen. */
  interaction: Interaction,
};

/** What stands at the end. */
export type Completion = {
  /** The study's code and the first digits of the last receipt. */
  code: string,
  /** Where to go with it. */
  url?: string | null,
};

/** What a page needs to know of a study, and of whom it is open for. */
export type StudyInfo = {
  /** The study's id. */
  id: string,
  /** The guidelines' criteria, which serve as reasons. */
  criteria: Array<string>,
  /** What annotators go by. */
  guidelines: Guidelines,
  /** How many qualification questions there are. */
  questions: number,
  /** How many lists there are. */
  slots: number,
  /** The annotator's list. */
  slot: number,
  /** Who annotates. */
  annotator: string,
  /** Stands on top of the page. */
  title: string,
  /** What the study is about and what becomes of the data; the annotator has to agree to it. */
  consent?: string | null,
  /** How long a list takes, in minutes. */
  minutes?: number | null,
  /** What is paid for it, in words. */
  pay?: string | null,
  /** Whom to ask, in words: a name, an address. */
  contact?: string | null,
  /** The answers that can be given. */
  scale: Scale,
  /** Whether a reason has to be chosen. */
  require_reason: boolean,
  /** The least characters of a rationale; 0 asks for none. */
  min_rationale_chars: number,
  /** The share of qualification questions that must be answered rightly, 0 to 1. */
  pass_share: number,
  /** After so many votes the page offers to save them to a file; 0 never does. */
  save_every: number,
  /** What the platform that pays expects at the end; a part of the last receipt is added to it. */
  completion_code?: string | null,
  /** Where the annotator goes at the end; https only. `{code}` stands for the completion code. */
  completion_url?: string | null,
  /** Where votes are sent. */
  delivery?: Delivery | null,
  /** When to warn. */
  warnings: Warnings,
  /** Who answers, and so whose word the votes are: people, or experts, who take precedence. */
  answered_by: Answerers,
};

/** How far the annotator is. */
export type Progress = {
  /** Turns with an answer. */
  done: number,
  /** All turns. */
  total: number,
  /** Votes that are in this browser only. */
  unsaved: number,
};

/** A pair as it stands on the screen. */
export type Turn = {
  /** Its number in the list, from 0. */
  turn: number,
  /** The conversation. */
  messages: Array<Message>,
  /** The responses, the one that is shown first before the other. */
  texts: [string, string],
  /** What the screening found and the researcher chose to show. */
  marks: Array<string>,
  /** The words of all of it. */
  words: number,
  /** The answer that was given. */
  answered?: Answered,
};

/** An answer that was given. */
export type Answered = {
  /** As seen on the screen. */
  choice?: Choice,
  /** Why. */
  reasons: Array<string>,
  /** Why, in words. */
  rationale?: string,
};

/** What became of a vote. */
export type Taken = {
  /** Its number. */
  number: number,
  /** `too_fast` or `same_side`. */
  warnings: Array<string>,
};

/** A qualification question. */
export type Question = {
  /** The conversation. */
  messages: Array<Message>,
  /** In the order in which they are shown. */
  responses: [string, string],
};

/** What became of an answer to a qualification question. */
export type QuestionResult = {
  /** Whether it was right. */
  right: boolean,
  /** The right answer. */
  verdict: Verdict,
  /** Why it is right. */
  reason: string,
};

/** How the qualification stands. */
export type QualificationState = {
  /** Questions with an answer. */
  answered: number,
  /** Right answers. */
  right: number,
  /** Nothing while questions are left. */
  passed: boolean | null,
};

/** What became of a file of votes. */
export type Imported = {
  /** Votes that were not here before. */
  taken: number,
  /** Lines that are no votes, and so were not taken, a sentence each. */
  problems: Array<string>,
  /** Receipts that do not hold, a sentence each; their votes were taken. */
  receipts: Array<string>,
};

/** Votes that are to be sent. */
export type Batch = {
  /** JSON lines. */
  lines: string,
  /** The last vote's number. */
  last: number,
  /** How many votes. */
  count: number,
};

/** What a study is, before anyone opens it. */
export type StudySummary = {
  /** The study's id. */
  id: string,
  /** Its title. */
  title: string,
  /** How many pairs it holds. */
  pairs: number,
  /** How many lists it deals them into. */
  slots: number,
};

/** A session that was begun in this browser. */
export type StoredStudy = {
  /** The study's id. */
  study: string,
  /** Its title. */
  title: string,
  /** Who annotates. */
  annotator: string,
  /** How many votes there are. */
  votes: number,
};

/** What is known of the browser's storage. */
export type StorageState = {
  /** Whether the browser has promised to keep the data. */
  persisted: boolean,
  /** Whether anything can be stored. */
  available: boolean,
  /** Bytes in use. */
  usage?: number,
  /** Bytes that may be used. */
  quota?: number,
  /** Why nothing can be stored. */
  reason?: string,
};

/** A prompt of the catalogue. */
export type CataloguePrompt = {
  /** Its id. */
  id: string,
  /** The category's short name. */
  category: string,
  /** The category's title. */
  title: string,
  /** What the customer wrote. */
  text: string,
};

/** The catalogue's guidelines. */
export type CatalogueGuidelines = {
  /** Such as `1.0.0`. */
  version: string,
  /** Markdown. */
  text: string,
};

/** The program's version. */
export type Versions = {
  /** Of the program. */
  tiebreak: string,
  /** Whether the module was built with SIMD. */
  simd128: boolean,
};

/** The ids of a prompt and of responses to it. */
export type Identities = {
  /** The prompt's. */
  prompt: string,
  /** The responses', in the order in which they came. */
  responses: Array<string>,
  /** The pairs': first and second, first and third, and so on. */
  pairs: Array<string>,
};

/** A pair in an annotator's order. */
export type Shown = {
  /** The item's id. */
  item: string,
  /** Which of the item's responses stands first. */
  first: Side,
};

/** Rows for training, and what became of everything else. */
export type Preferences = {
  /** JSON lines. */
  lines: string,
  /** Counts of pairs, votes and notes by what became of them. */
  report: Record<"pairs" | "votes" | "notes", Record<string, number>>,
};

/** What a model computes after a prompt. */
export type GreedyReply = {
  /** The logits after the prompt, one for each token of the vocabulary. */
  logits: Array<number>,
  /** The likeliest token at each step. */
  tokens: Array<number>,
  /** How far its logit is above the second best. */
  gaps: Array<number>,
};

/** Facts about a model. */
export type LoadedModel = {
  /** As its file says. */
  name: string,
  /** Its family. */
  architecture: string,
  /** The type of most weights. */
  quantization: string,
  /** How many numbers its weights are. */
  parameters: number,
  /** The longest sequence in tokens. */
  context_length: number,
  /** The memory that its weights take, in bytes. */
  weight_memory: number,
  /** The instructions that multiply, such as `simd128`. */
  kernels: string,
  /** SHA-256 of its file in hex. */
  sha256: string,
};

/** A server's names for a version of a file. */
export type FileVersion = {
  /** The `ETag` header. */
  etag?: string,
  /** The `Last-Modified` header. */
  last_modified?: string,
};

/** How a kept model stands. */
export type KeptState = "whole" | "partial" | "damaged";

/** What is noted of a kept model. Its file is loaded only where this says that it is whole. */
export type KeptRecord = {
  /** The name of the file that it was. */
  name: string,
  /** The address that it came from; none where it was a file of the person's. */
  source?: string,
  /** Which version the server gave. */
  version: FileVersion,
  /** How many bytes are safely written. */
  bytes: number,
  /** How many bytes it has in all; 0 where nobody knows yet. */
  size: number,
  /** SHA-256 of the whole file in hex; none before it is whole. */
  sha256?: string,
  /** Its file was found to be another one than this says. */
  is_damaged: boolean,
  /** It goes as soon as no tab has its file open. */
  is_deleted: boolean,
  /** When it was begun, in milliseconds since 1970. */
  added_ms: number,
  /** When it was last loaded, in milliseconds since 1970; 0 for never. */
  used_ms: number,
};

/** A kept model as the page lists it. */
export type KeptModel = {
  /** What it is called by. */
  number: number,
  /** How it stands. */
  state: KeptState,
  /** The name of the file that it was. */
  name: string,
  /** The address that it came from; none where it was a file of the person's. */
  source?: string,
  /** Which version the server gave. */
  version: FileVersion,
  /** How many bytes are safely written. */
  bytes: number,
  /** How many bytes it has in all; 0 where nobody knows yet. */
  size: number,
  /** SHA-256 of the whole file in hex; none before it is whole. */
  sha256?: string,
  /** Its file was found to be another one than this says. */
  is_damaged: boolean,
  /** It goes as soon as no tab has its file open. */
  is_deleted: boolean,
  /** When it was begun, in milliseconds since 1970. */
  added_ms: number,
  /** When it was last loaded, in milliseconds since 1970; 0 for never. */
  used_ms: number,
};

/** What was said of a sample of two responses; sides are those of the screen. */
export type Said = {
  /** Below 0 the response on the left is better. */
  choice: Verdict,
  /** Whether the sample's second response stood on the left. */
  swapped: boolean,
  /** When both responses were there. */
  shown_at?: string | null,
  /** When the vote was given. */
  decided_at?: string | null,
  /** What the judge said afterwards. */
  judge?: Opinion | null,
};

/** What the judge said; below 0 the response on the left is better. */
export type Opinion = {
  /** Its verdict. */
  verdict: Verdict,
  /** In favour of the response on the left, in nats. */
  log_odds?: number | null,
  /** How it judged, `likelihood` where it is not told. */
  method?: string | null,
};

/** A text that judges are asked with. */
export type JudgeTemplate = {
  /** What is asked for: `letter`, `marked`, `json` or `ratings`. */
  answer: string,
  /** Whether it needs a prompt with a reference answer. */
  needs_reference: boolean,
  /** The template itself, to begin one's own with. */
  text: string,
  /** The template's name. */
  name: string,
  /** Its version. */
  version: string,
  /** SHA-256 of its text, in lower-case hex. */
  hash: string,
};

/** What a model is asked about a pair. */
export type JudgeQuestions = {
  /** What votes store of the template. */
  template: TemplateReference,
  /** What is asked for: `letter`, `marked`, `json` or `ratings`. */
  answer: string,
  /** The pair with the first text shown first, then shown second; for ratings the first text alone, then the second. */
  questions: [Array<Message>, Array<Message>],
};

/** What both answers come to. */
export type JudgeVerdict = {
  /** Strength −1 where the first text is better, 1 where the second is, 0 for a tie; or another verdict, `unparsed` among them. */
  verdict: Verdict,
  /** What it rests on. */
  evidence: JudgeEvidence,
};

/** A part of a text: a block, or something within one. */
export type MarkdownNode = {
  /**
   * `paragraph`, `heading`, `list`, `item`, `quote`, `code_block`, `rule`, `table`, `row`, `cell`;
   * `text`, `strong`, `emphasis`, `strike`, `code`, `link`, `break`.
   */
  type: string,
  /** Of `text`, `code` and `code_block`. */
  text?: string,
  /** Of a heading, 1 to 6. */
  level?: number,
  /** Of a list that counts: its first number. */
  start?: number,
  /** Of a list: whether it counts. */
  ordered?: boolean,
  /** Of a row: whether it is the table's head. */
  header?: boolean,
  /** Of a link: an address that begins with `https:`, `http:` or `mailto:`. */
  href?: string,
  /** What is in it. */
  children?: Array<MarkdownNode>,
};

/** A piece of a text. */
export type DiffPart = {
  /** The words, with the space between them. */
  text: string,
  /** Whether the other text lacks them. */
  changed: boolean,
};

/** Two texts in pieces; each side's pieces put together are that side's text. */
export type WordDiff = {
  /** The first text. */
  left: Array<DiffPart>,
  /** The second text. */
  right: Array<DiffPart>,
};
