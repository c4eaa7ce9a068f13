//! What a prompt, a response, a vote and a weight are, and all that is computed from them.
//!
//! Tiebreak collects preference data: a model gives several responses to a prompt, people and judges say which is better, and trainers learn from the pairs.
//! This crate is the part that both hosts share, the command line and the web page.
//!
//! # The flow
//!
//! ```text
//! prompts ─▶ plan ─▶ (an engine samples) ─▶ samples ─┬─────▶ judge ─────┬─▶ votes ─▶ export ─▶ preferences
//!                                                     └─▶ study ─▶ people ┘
//! ```
//!
//! - [`schema`] defines the records, reads and writes their JSON lines, and gives ids by content.
//! - [`catalogue`] holds prompts, guidelines and qualification items for a shop's customer service.
//! - [`plan`] says with which temperature and seed each response is sampled, and which machine samples it.
//! - [`random`] is where every random number comes from.
//! - [`judge`] turns a model's log-probabilities and words into verdicts.
//! - [`constitution`] holds principles, by which replies are criticised and revised.
//! - [`screen`] finds pairs that must not reach an annotator.
//! - [`study`] makes one document of the others, and leads an annotator through it.
//! - [`blind`] says who gets which pairs, which response stands where, and chains votes by receipts.
//! - [`import`] reads what other tools collected.
//! - [`merge`] makes one file of those of several annotators and devices, and names what is not as it should be.
//! - [`pseudonym`] names people so that nothing leads to them.
//! - [`agreement`] says how far annotators agree, and which of them are right.
//! - [`aggregate`] makes one decision of the votes on a pair.
//! - [`drift`] says whether the standard of judging moves, what moves and since when, and how much old votes still count.
//! - [`report`] holds what reports are made of: results that may be missing, and pages of text.
//! - [`statistics`] holds the distributions, intervals and tests that reports rest on.
//! - [`diversity`] measures how much responses differ, and whether training and test stay apart.
//! - [`export`] turns votes into rows for training, and names the reason for every one that is left out.
//!
//! # What it does not do
//!
//! It opens no file, asks no clock, draws no random number that is not keyed, starts no thread and runs no model.
//! Time, seed and settings are arguments, and log-probabilities and answers come from whoever has a model.
//! So the same records give the same bytes natively and in a browser; `exp` and `ln` come from `libm` for that reason.
//!
//! # An example
//!
//! A sample with two responses, judged by their likelihood and exported:
//!
//! ```
//! use tiebreak_core::export::{Settings, export};
//! use tiebreak_core::judge::{Judge, LikelihoodSettings, Method, judge_likelihood};
//! use tiebreak_core::schema::{LikelihoodScore, Sample, pairs, read_records};
//!
//! let file = r#"{"schema":"tiebreak/sample/1","prompt":{"id":"a","messages":[{"role":"user","content":"Where is my order?"}]},"responses":[{"id":"r1","text":"Your order left today."},{"id":"r2","text":"Thank you!"}]}
//! {"schema":"tiebreak/sample/1","prom"#;
//! let read = read_records::<Sample>(file.as_bytes(), "samples.jsonl");
//! assert!(read.problems[0].to_string().starts_with("samples.jsonl:2:35: the last line breaks off"));
//! let samples = read.into_records();
//!
//! let model = serde_json::from_str(r#"{"name":"demo"}"#)?;
//! let judge = Judge::new(Method::Likelihood, model);
//! let pair = pairs(&samples[0]).next().expect("two responses are a pair");
//! // These numbers come from an engine.
//! let first = LikelihoodScore { conditional_nats: -0.9, unconditional_nats: -2.1, end_nats: -0.1, repetition: 0.0, reward_nats: None };
//! let second = LikelihoodScore { conditional_nats: -1.0, unconditional_nats: -1.1, end_nats: -0.1, repetition: 0.0, reward_nats: None };
//! let judgment = judge_likelihood(first, second, &LikelihoodSettings::default());
//! let vote = judge.vote(&samples[0].prompt.id, &pair, judgment, None);
//!
//! let export = export(&samples, &[vote], &Settings::default());
//! assert_eq!(export.preferences[0].chosen[0].content, "Your order left today.");
//! # Ok::<(), serde_json::Error>(())
//! ```
#![deny(missing_docs)]

pub mod aggregate;
pub mod agreement;
pub mod blind;
pub mod catalogue;
pub mod constitution;
mod disjoint_sets;
pub mod diversity;
pub mod drift;
pub mod export;
pub mod import;
pub mod judge;
mod lookup;
pub mod merge;
mod names;
pub mod plan;
pub mod pseudonym;
pub mod random;
pub mod report;
pub mod schema;
pub mod screen;
pub mod statistics;
pub mod study;
