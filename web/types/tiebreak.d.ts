// Tiebreak without an interface; tiebreak.js says what each part does.

import type {
  Answer, Batch, CataloguePrompt, Choice, DiffPart, Draft, JudgeOpinion, LoadedModel, MarkdownNode, Message, ModelSource,
  Progress, Qualification, Question, QuestionResult, Sample, StorageState, StoredStudy, StudyInfo, StudySummary, Timing, Turn, WorkerListener,
} from "../app/types.js";

export type * from "../app/types.js";

/** Loads the wasm module, once for a document. */
export function open(): Promise<Tiebreak>;

/** What the module knows. Made by {@link open}. */
export interface Tiebreak {
  catalogue(): CataloguePrompt[];
  guidelines(): { version: string; text: string };
  /** A tree without HTML. */
  markdown(text: string): MarkdownNode[];
  wordDiff(left: string, right: string): { left: DiffPart[]; right: DiffPart[] };
  readStudy(bytes: Uint8Array): StudySummary;
  study(bytes: Uint8Array, who: { annotator: string; slot?: number }): Promise<StudySession>;
  storedStudies(): Promise<StoredStudy[]>;
  storageState(): Promise<StorageState>;
  eraseAll(): Promise<void>;
  versions(): { tiebreak: string; simd128: boolean };
}

/** One annotator in one study. Places of turns and questions count from 0. */
export interface StudySession {
  info(): StudyInfo;
  progress(): Progress;
  next(): number | undefined;
  turn(place: number): Turn;
  /** Resolves when the vote is in the browser's database. A strength below 0 is for the text that stands first. */
  vote(place: number, answer: Answer, timing: Timing): Promise<{ number: number; warnings: string[] }>;
  draft(place: number): Partial<Draft> | undefined;
  saveDraft(place: number, draft: Draft): Promise<void>;
  question(index: number): Question;
  answerQuestion(index: number, choice: Choice): Promise<QuestionResult>;
  qualification(): Qualification;
  /** All votes as JSON lines. */
  results(): string;
  load(lines: string): Promise<{ taken: number; problems: string[] }>;
  markSaved(upto: number): Promise<void>;
  unsent(): Batch | undefined;
  markSent(last: number): Promise<void>;
  completion(): { code: string; url?: string } | undefined;
  receipt(): string;
  erase(): Promise<void>;
  close(): Promise<void>;
}

/** A model in a worker of its own. It has to be closed. */
export class Model {
  private constructor();
  static load(source: ModelSource, listener?: WorkerListener): Promise<Model>;
  readonly facts: LoadedModel;
  pair(
    order: { prompt: string | Message[]; seed?: number; temperatures?: [number, number]; maxTokens?: number },
    listener?: WorkerListener,
  ): Promise<{ sample: Sample }>;
  /** A strength below 0 is for the first text. */
  judge(pair: { prompt: string | Message[]; texts: [string, string] }, listener?: WorkerListener): Promise<JudgeOpinion>;
  close(): void;
}

/** The end of a request that is no result; `code` tells which. */
export class ModelError extends Error {
  constructor(code: string, message: string);
  readonly code: string;
}
