// Tiebreak without an interface; tiebreak.js says what each part does.

import type {
  Answer, Batch, CatalogueGuidelines, CataloguePrompt, Choice, Completion, Decay, Draft, Identities, Imported, JudgeOpinion, JudgeQuestions, JudgeTemplate, JudgeVerdict, LoadedModel, MarkdownNode,
  Message, ModelSource, Preferences, Progress, Prompt, QualificationState, Question, QuestionResult, Sample, Sampling, SamplingPlan, Shown, StorageState,
  StoredStudy, StudyInfo, StudySummary, Taken, Timing, Turn, Versions, WordDiff, WorkerListener,
} from "../app/types.js";

export type * from "../app/types.js";

/** Loads the wasm module, once for a document. */
export function open(): Promise<Tiebreak>;

/** What the module knows. Made by {@link open}. */
export interface Tiebreak {
  catalogue(): CataloguePrompt[];
  guidelines(): CatalogueGuidelines;
  /** A tree without HTML. */
  markdown(text: string): MarkdownNode[];
  wordDiff(left: string, right: string): WordDiff;
  readStudy(bytes: Uint8Array): StudySummary;
  study(bytes: Uint8Array, who: { annotator: string; slot?: number }): Promise<StudySession>;
  storedStudies(): Promise<StoredStudy[]>;
  storageState(): Promise<StorageState>;
  eraseAll(): Promise<void>;
  versions(): Versions;
  /** The settings that a plan draws for a response, counted from 0. */
  sampling(plan: Partial<SamplingPlan>, promptId: string, responseIndex: number): Sampling;
  /** The ids of a prompt, of responses to it, and of every pair of them. */
  identities(messages: Message[], texts: string[]): Identities;
  /** An annotator's pairs in the order in which they are shown, and which response stands first. */
  order(study: Uint8Array, who: { annotator: string; slot?: number }): Shown[];
  /** Rows for training; all three are JSON lines. */
  preferences(samples: string, votes: string, weights?: string): Preferences;
  /** What an answer of an age in days counts, 0 to 1; 1 where its age is not known. */
  weightAt(ageDays: number | undefined, decay: Decay): number;
  /** The texts that judges are asked with. */
  judgeTemplates(): JudgeTemplate[];
  /** What a model of yours is asked about two responses, in both orders; the template is a built-in name or a template's text. */
  judgeQuestions(template: string, prompt: Prompt, texts: [string, string]): JudgeQuestions;
  /** What the answers to both questions come to; one that did not end by itself holds no verdict. */
  judgeVerdict(template: string, answers: [string, string], areWhole?: [boolean, boolean]): JudgeVerdict;
}

/** One annotator in one study. Places of turns and questions count from 0. */
export interface StudySession {
  info(): StudyInfo;
  progress(): Progress;
  next(): number | undefined;
  turn(place: number): Turn;
  /** Resolves when the vote is in the browser's database. A strength below 0 is for the text that stands first. */
  vote(place: number, answer: Answer, timing: Timing): Promise<Taken>;
  draft(place: number): Partial<Draft> | undefined;
  saveDraft(place: number, draft: Draft): Promise<void>;
  question(index: number): Question;
  answerQuestion(index: number, choice: Choice): Promise<QuestionResult>;
  qualification(): QualificationState;
  /** All votes as JSON lines. */
  results(): string;
  /** Stored texts that are no votes any more; they are kept. */
  unreadable(): string[];
  load(lines: string): Promise<Imported>;
  markSaved(upto: number): Promise<void>;
  unsent(): Batch | undefined;
  markSent(last: number): Promise<void>;
  completion(): Completion | undefined;
  receipt(): string;
  erase(): Promise<void>;
  close(): Promise<void>;
}

/** A model in a worker of its own, or in two where the device has room for them. It has to be closed. */
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
