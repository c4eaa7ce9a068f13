// What crosses between the page's modules, the wasm module and the worker.

/** One turn of a conversation. */
export interface Message { role: string; content: string }

/** A side of the scale: below 0 the response shown first is better. */
export interface Strength { strength: number }
/** What an annotator says of a pair. */
export type Choice = Strength | "both_bad" | "skip" | "flag";
export type ScaleName = "seven" | "forced" | "three";
export type InputKind = "key" | "pointer" | "touch";
export type View = "markdown" | "plain" | "diff";

export interface Answer { choice: Choice; reasons: string[]; rationale?: string }
export interface Timing {
  shown_at_ms: number;
  decided_at_ms: number;
  active_ms: number;
  interaction: { first_input_ms?: number; changes: number; input: InputKind; viewport: [number, number] };
}
export interface Draft { choice?: Choice; reasons: string[]; rationale: string; active_ms: number }

export interface StudyInfo {
  id: string;
  title: string;
  consent?: string;
  minutes?: number;
  pay?: string;
  contact?: string;
  scale: ScaleName;
  require_reason: boolean;
  min_rationale_chars: number;
  pass_share: number;
  save_every: number;
  warnings: { words_per_minute: number; same_side_run: number };
  delivery?: { url: string; method: "POST" | "PUT" };
  criteria: string[];
  guidelines: { version: string; text: string };
  questions: number;
  slots: number;
  slot: number;
  annotator: string;
}

export interface Turn {
  turn: number;
  messages: Message[];
  texts: [string, string];
  marks: string[];
  words: number;
  answered?: Answer;
}
export interface Question { messages: Message[]; responses: [string, string] }
export interface QuestionResult { right: boolean; verdict: Choice; reason: string }
export interface Qualification { answered: number; right: number; passed: boolean | null }
export interface Progress { done: number; total: number; unsaved: number }
export interface Batch { lines: string; last: number; count: number }

export interface StudySession {
  info(): StudyInfo;
  progress(): Progress;
  question(i: number): Question;
  answer_question(i: number, choice: Choice): QuestionResult | Promise<QuestionResult>;
  qualification(): Qualification;
  next(): number | undefined;
  turn(i: number): Turn;
  vote(i: number, answer: Answer, timing: Timing): Promise<{ number: number; warnings: string[] }>;
  save_draft(i: number, draft: object): Promise<void>;
  draft(i: number): Partial<Draft> | undefined;
  export(): string;
  mark_saved(upto: number): Promise<void>;
  unsent(): Batch | undefined;
  mark_sent(last: number): Promise<void>;
  import(text: string): Promise<{ taken: number; problems: string[] }>;
  completion(): { code: string; url?: string } | undefined;
  receipt(): string;
  erase(): Promise<void>;
  /** Made by wasm-bindgen. */
  free?(): void;
}

export interface StudySummary { id: string; title: string; pairs: number; slots: number }
export interface StoredStudy { study: string; title: string; annotator: string; votes: number }
export interface StorageState {
  persisted: boolean;
  available: boolean;
  usage?: number;
  quota?: number;
  reason?: string;
}

/** A node of the safe tree that a Markdown text becomes. */
export interface MarkdownNode {
  type: string;
  text?: string;
  level?: number;
  ordered?: boolean;
  start?: number;
  header?: boolean;
  href?: string;
  children?: MarkdownNode[];
}
export interface DiffPart { text: string; changed: boolean }
export interface CataloguePrompt { id: string; category: string; title: string; text: string }

/** The generated module `pkg/tiebreak_wasm.js`. */
export interface TiebreakModule {
  default(options?: unknown): Promise<unknown>;
  StudySession: {
    open(bytes: Uint8Array, annotator: string, slot?: number): Promise<StudySession>;
  };
  read_study(bytes: Uint8Array): StudySummary;
  markdown(text: string): MarkdownNode[];
  word_diff(a: string, b: string): { left: DiffPart[]; right: DiffPart[] };
  storage_state(): Promise<StorageState>;
  stored_studies(): Promise<StoredStudy[]>;
  erase_all(): Promise<void>;
  catalogue(): CataloguePrompt[];
  versions(): { tiebreak: string; simd128: boolean };
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

export interface LoadedModel {
  name: string;
  architecture: string;
  quantization: string;
  parameters: number;
  context_length: number;
  sha256: string;
}
export type ModelSource = { url: string } | { file: File } | { kept: number } | { builtin: true };
/** A model that this browser keeps, or a part of one. */
export interface KeptModel {
  number: number;
  state: "whole" | "partial" | "damaged";
  name: string;
  source?: string;
  bytes: number;
  /** 0 where nobody knows. */
  size: number;
  sha256?: string;
  added_ms: number;
  /** 0 for never. */
  used_ms: number;
}
export interface SampleResponse {
  text: string;
  tokens?: number;
  finish_reason?: "stop" | "length";
  sampling?: { temperature: number };
  [field: string]: unknown;
}
export interface Sample { responses: SampleResponse[]; [field: string]: unknown }
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
  type: "progress" | "delta" | "done" | "error";
  [field: string]: any;
}
