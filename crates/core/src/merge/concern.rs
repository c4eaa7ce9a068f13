//! Everything that merging looks for.

use serde::{Deserialize, Serialize};

/// Something that is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// A line that is no record of its kind, or breaks off.
    Unreadable,
    /// The study's id does not follow from its content.
    StudyChanged,
    /// The key is not the one whose hash the study holds.
    KeyMismatch,
    /// Votes of several studies stand in the files.
    SeveralStudies,
    /// A vote of a study that was not given.
    OtherStudy,
    /// A vote on an item that its study does not have, or on another pair than the item's.
    UnknownItem,
    /// The response shown first is not the one that the key gives.
    WrongOrder,
    /// A vote on a pair that is not among those expected.
    UnknownPair,
    /// A pair without any vote.
    MissingPair,
    /// A pair with a known verdict on which nobody voted.
    GoldUnanswered,
    /// An annotator of a study with known verdicts who voted on none of them.
    NoGold,
    /// A vote of a study without receipt or number.
    MissingReceipt,
    /// A vote that is not what its receipt was made of, or that follows none of the others.
    BrokenReceipt,
    /// Several votes that follow the same one: the work went on in two places.
    BranchedReceipts,
    /// Different votes of one annotator on one showing of a pair that both claim to be the last.
    Conflict,
    /// A vote without a time.
    NoTime,
    /// A time before the year 2000, when no clock had been set.
    ClockNotSet,
    /// A time in the future.
    Future,
    /// A clock that went backwards, or that counts less time than the pair was looked at.
    ClockJump,
    /// A person's votes on different pairs at the same time.
    EqualTimes,
    /// Different samples of one prompt.
    SeveralSamples,
    /// Different prompts under one id.
    ConflictingPrompt,
    /// Different texts under one response id.
    ConflictingResponse,
    /// A prompt without a sample.
    MissingPrompt,
    /// A sample of a prompt that is not among those expected.
    UnknownPrompt,
    /// A share of the prompts without any sample.
    MissingShard,
    /// A share of the prompts that has only some of its samples.
    IncompleteShard,
}

impl Concern {
    /// What it is, and what to do about it.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Unreadable => ("lines that cannot be read", "mend them, or leave them out"),
            Self::StudyChanged => {
                ("studies whose content does not give their id", "use the file that annotators got")
            }
            Self::KeyMismatch => {
                ("keys that are not their study's", "use the key that was made with the study")
            }
            Self::SeveralStudies => ("studies in the same files", "merge them apart, unless that is meant"),
            Self::OtherStudy => ("votes of a study that was not given", "give its file as well"),
            Self::UnknownItem => {
                ("votes on items that their study does not have", "ask where they come from")
            }
            Self::WrongOrder => (
                "votes whose sides stood otherwise than the key says",
                "they were not blind, or not given on the page: ask before using them",
            ),
            Self::UnknownPair => ("votes on unknown pairs", "give the samples they belong to"),
            Self::MissingPair => ("pairs without a vote", "collect more, or leave them out"),
            Self::GoldUnanswered => {
                ("pairs with a known verdict without a vote", "nobody is measured by them")
            }
            Self::NoGold => {
                ("annotators without a vote on a known verdict", "their accuracy cannot be told from gold")
            }
            Self::MissingReceipt => {
                ("votes of a study without a receipt", "nothing shows that they are as they were given")
            }
            Self::BrokenReceipt => (
                "votes that their receipt does not fit",
                "a vote was changed, left out or put in: ask for the annotator's own file",
            ),
            Self::BranchedReceipts => (
                "votes that follow one that another follows too",
                "the work went on in two places or browsers",
            ),
            Self::Conflict => (
                "votes that claim to be the last of the same showing as another",
                "the one that sorts last counts until the annotator says which",
            ),
            Self::NoTime => ("votes without a time", "they are kept, and never weighed by age"),
            Self::ClockNotSet => {
                ("votes from before the year 2000", "a clock was not set: their age is unknown")
            }
            Self::Future => ("votes from the future", "a clock is wrong: their age is unknown"),
            Self::ClockJump => ("votes around which a clock jumped", "do not trust their times"),
            Self::EqualTimes => {
                ("votes at the same time as the vote before", "no person answers two at once")
            }
            Self::SeveralSamples => ("samples of a prompt that has another sample", "all are kept"),
            Self::ConflictingPrompt => {
                ("samples whose prompt differs under the same id", "give one of the prompts another id")
            }
            Self::ConflictingResponse => (
                "responses whose text differs under the same id",
                "votes on them cannot be told apart: give one another id",
            ),
            Self::MissingPrompt => ("prompts without a sample", "sample them"),
            Self::UnknownPrompt => ("samples of unknown prompts", "give the prompts they belong to"),
            Self::MissingShard => ("shares without any sample", "add the missing file"),
            Self::IncompleteShard => ("shares that lack samples", "resume the run that makes them"),
        }
    }
}
