// What crosses between the page's modules, the wasm module and the worker.
// Records, and what the wasm module hands out, are in records.d.ts, which is made from the Rust types.

import type {
  Answer, Batch, CatalogueGuidelines, CataloguePrompt, Choice, Completion, Decay, Identities, Imported, JudgeQuestions, JudgeTemplate,
  JudgeVerdict, MarkdownNode, Message, Preferences, Progress, Prompt, QualificationState, Question, QuestionResult, Said, Sample, Sampling, SamplingPlan, Shown, StorageState, StoredStudy,
  StudyInfo, StudySummary, Taken, Timing, Turn, Verdict, Versions, WordDiff,
} from "./records.js";

export type * from "./records.js";

export type InputKind = "key" | "pointer" | "touch";
export type View = "markdown" | "plain" | "diff";

export interface Draft { choice?: Choice; reasons: string[]; rationale: string; active_ms: number }

export interface StudySession {
  info(): StudyInfo;
  progress(): Progress;
  question(i: number): Question;
  answer_question(i: number, choice: Choice): QuestionResult | Promise<QuestionResult>;
  qualification(): QualificationState;
  next(): number | undefined;
  turn(i: number): Turn;
  vote(i: number, answer: Answer, timing: Timing): Promise<Taken>;
  save_draft(i: number, draft: object): Promise<void>;
  draft(i: number): Partial<Draft> | undefined;
  export(): string;
  unreadable(): string[];
  mark_saved(upto: number): Promise<void>;
  unsent(): Batch | undefined;
  mark_sent(last: number): Promise<void>;
  import(text: string): Promise<Imported>;
  completion(): Completion | undefined;
  receipt(): string;
  erase(): Promise<void>;
  /** Made by wasm-bindgen. */
  free?(): void;
}

/** The generated module `pkg/tiebreak_wasm.js`. */
export interface TiebreakModule {
  default(options?: unknown): Promise<unknown>;
  StudySession: {
    open(bytes: Uint8Array, annotator: string, slot?: number): Promise<StudySession>;
  };
  read_study(bytes: Uint8Array): StudySummary;
  markdown(text: string): MarkdownNode[];
  word_diff(a: string, b: string): WordDiff;
  storage_state(): Promise<StorageState>;
  stored_studies(): Promise<StoredStudy[]>;
  erase_all(): Promise<void>;
  catalogue(): CataloguePrompt[];
  tried_votes(sample: Sample, said: Said): string;
  sampling(plan: Partial<SamplingPlan>, prompt_id: string, response_index: number): Sampling;
  identities(messages: Message[], texts: string[]): Identities;
  order(study: Uint8Array, annotator: string, slot?: number): Shown[];
  preferences(samples: string, votes: string, weights?: string): Preferences;
  weight_at(age_days: number | undefined, decay: Decay): number;
  judge_templates(): JudgeTemplate[];
  judge_questions(template: string, prompt: Prompt, first: string, second: string): JudgeQuestions;
  judge_verdict(template: string, first: string, second: string, first_is_whole: boolean, second_is_whole: boolean): JudgeVerdict;
  catalogue_guidelines(): CatalogueGuidelines;
  versions(): Versions;
}

/** Who annotates, and where they come from. */
export interface Identity {
  annotator?: string;
  slot?: number;
  platform?: "prolific" | "mturk";
  /** MTurk shows a task before it is accepted; nothing may be answered then. */
  preview: boolean;
  assignmentId?: string;
  hitId?: string;
  submitTo?: string;
}

/** A study as it can be handed over: its bytes, a file, or the parsed document. */
export type StudyData = Uint8Array | ArrayBuffer | Blob | object;
/** What a page that holds this one in a frame may send. */
export type ParentMessage =
  | { tiebreak: 1; type: "hello" }
  | { tiebreak: 1; type: "open"; study: string | StudyData; annotator?: string; slot?: number; language?: string }
  | { tiebreak: 1; type: "look"; theme: string }
  | { tiebreak: 1; type: "results"; request: number }
  | { tiebreak: 1; type: "saved"; upto: number }
  | { tiebreak: 1; type: "close" };

/** What the page shows at a time. */
export interface Screen {
  /** Stands in the window's title. */
  title: string;
  element: HTMLElement;
  /** Gets the focus when the screen appears. */
  focus?: HTMLElement;
  /** Wide screens use the whole window, others a column. */
  wide?: boolean;
  /** Called once when another screen takes its place. */
  leave?: () => void;
  /** Looks at a key press and says whether it was used. */
  key?: (event: KeyboardEvent) => boolean;
}

export type ModelSource = { url: string } | { file: File } | { kept: number } | { builtin: true };
/** What a pair of responses is sampled with. */
export interface PairOrder { prompt: string | Message[]; seed: number; temperatures?: [number, number]; max_tokens: number }
export interface JudgeOpinion { verdict: Choice | "unparsed"; log_odds?: number }

export interface WorkerProgress { stage: string; done: number; total: number }
/** What a caller listens to while a request runs. */
export interface WorkerListener {
  progress?: (progress: WorkerProgress) => void;
  delta?: (index: 0 | 1, text: string) => void;
  signal?: AbortSignal;
}
export interface WorkerMessage {
  v: number;
  id: number;
  type: "module" | "progress" | "delta" | "done" | "error";
  [field: string]: any;
}
