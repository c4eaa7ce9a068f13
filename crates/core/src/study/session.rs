//! One annotator's way through a study.

use super::document::{Item, Study};
use crate::blind::{ChainProblem, FIRST_RECEIPT, Turn, check_chain, receipt, shown_first, slot_of, turns};
use crate::schema::{
    Annotator, Interaction, ShownIn, Side, Verdict, Vote, pair_id, prompt_id, response_ids, to_line,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an annotator says, as seen on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// −3 (the one shown first is much better) to 3; 0 is a tie.
    Strength(i8),
    /// Neither may be sent.
    BothBad,
    /// No judgment.
    Skip,
    /// Something is wrong with the pair.
    Flag,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// What was chosen.
    pub choice: Choice,
    /// Reasons from the guidelines' criteria, or why the pair was skipped or flagged.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// In the annotator's words.
    #[serde(default)]
    pub rationale: Option<String>,
}

/// When and how an answer was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// When the pair was shown, in milliseconds since 1970 by the browser's clock.
    pub shown_at_ms: i64,
    /// When the answer was given.
    pub decided_at_ms: i64,
    /// How long the page was visible and in use, in milliseconds.
    pub active_ms: u64,
    /// What happened on the screen.
    #[serde(default)]
    pub interaction: Interaction,
}

/// Why an answer is not taken, or a session cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The annotator has no name.
    #[error("the annotator's id is empty")]
    NoAnnotator,
    /// The link names a slot that the study does not have.
    #[error("the link names slot {slot}, but the study has slots 1 to {slots}; ask for another link")]
    NoSuchSlot {
        /// From the link, from 1.
        slot: u32,
        /// How many there are.
        slots: usize,
    },
    /// There is no such turn.
    #[error("there is no pair number {turn}")]
    NoSuchTurn {
        /// From 0.
        turn: usize,
    },
    /// The study's scale has no such step.
    #[error("the study's scale has no step {strength}")]
    NotOnScale {
        /// The step.
        strength: i8,
    },
    /// The study asks for a reason.
    #[error("choose a reason first")]
    ReasonMissing,
    /// The study asks for more words.
    #[error("the rationale has {given} of at least {least} characters")]
    RationaleTooShort {
        /// How many there are.
        given: usize,
        /// How many are asked for.
        least: u32,
    },
    /// A stored vote belongs elsewhere.
    #[error("a vote of `{annotator}` in study `{study}` does not belong to this session")]
    ForeignVote {
        /// Its annotator.
        annotator: String,
        /// Its study.
        study: String,
    },
}

/// A pair as it stands on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown<'a> {
    /// The pair.
    pub item: &'a Item,
    /// Which response of the item stands first.
    pub first: Side,
    /// The texts in the order of the screen.
    pub texts: [&'a str; 2],
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Turns with an answer.
    pub done: usize,
    /// All turns.
    pub total: usize,
}

/// What stands at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Completion {
    /// The study's code and the first digits of the last receipt.
    pub code: String,
    /// Where to go with it.
    pub url: Option<String>,
}

/// The state of one annotator in one study; it holds every vote given, changed ones too.
#[derive(Clone, Debug)]
pub struct Session {
    study: Study,
    annotator: String,
    slot: usize,
    turns: Vec<Turn>,
    votes: Vec<Vote>,
    /// The place of the last vote on each turn.
    answered: BTreeMap<usize, usize>,
}

impl Session {
    /// Opens a study for an annotator; `slot` is that of their link, from 1.
    pub fn new(study: Study, annotator: &str, slot: Option<u32>) -> Result<Self, SessionError> {
        if annotator.trim().is_empty() {
            return Err(SessionError::NoAnnotator);
        }
        let slots = study.lists.len();
        let place = match slot {
            Some(slot) if (1..=slots).contains(&(slot as usize)) => slot as usize - 1,
            Some(slot) => return Err(SessionError::NoSuchSlot { slot, slots }),
            None => slot_of(&study.order_key, annotator, slots),
        };
        let turns = turns(&study.order_key, annotator, &study.lists[place]);
        Ok(Self {
            study,
            annotator: annotator.to_owned(),
            slot: place,
            turns,
            votes: Vec::new(),
            answered: BTreeMap::new(),
        })
    }

    /// The study.
    pub fn study(&self) -> &Study {
        &self.study
    }

    /// The annotator's id.
    pub fn annotator(&self) -> &str {
        &self.annotator
    }

    /// The number of the list, from 1.
    pub fn slot(&self) -> usize {
        self.slot + 1
    }

    /// All votes, in the order in which they were given.
    pub fn votes(&self) -> &[Vote] {
        &self.votes
    }

    /// Takes up votes that were stored or saved earlier, and tells what is wrong with their receipts.
    ///
    /// A vote of another annotator or study is an error, and then nothing is taken up.
    /// Votes that the session holds already are no problem.
    pub fn restore(&mut self, stored: Vec<Vote>) -> Result<Vec<ChainProblem>, SessionError> {
        for vote in &stored {
            let study = vote.shown_in.as_ref().map_or("", |shown| shown.study.as_str());
            if vote.annotator.id != self.annotator || study != self.study.id {
                return Err(SessionError::ForeignVote {
                    annotator: vote.annotator.id.clone(),
                    study: study.to_owned(),
                });
            }
        }
        let mut votes = std::mem::take(&mut self.votes);
        for vote in stored {
            if !votes.contains(&vote) {
                votes.push(vote);
            }
        }
        votes.sort_by_key(|vote| (vote.number, vote.decided_at));
        self.answered.clear();
        self.votes = votes;
        for place in 0..self.votes.len() {
            if let Some(turn) = self.turn_of(&self.votes[place]) {
                self.answered.insert(turn, place);
            }
        }
        Ok(check_chain(&self.votes))
    }

    fn turn_of(&self, vote: &Vote) -> Option<usize> {
        let shown = vote.shown_in.as_ref()?;
        self.turns
            .iter()
            .position(|turn| turn.repeat == shown.repeat && self.study.items[turn.item].id == shown.item)
    }

    /// How far the session is.
    pub fn progress(&self) -> Progress {
        Progress { done: self.answered.len(), total: self.turns.len() }
    }

    /// The first turn without an answer, from 0; none when all have one.
    pub fn next_turn(&self) -> Option<usize> {
        (0..self.turns.len()).find(|turn| !self.answered.contains_key(turn))
    }

    /// The pair of a turn as it stands on the screen.
    pub fn shown(&self, turn: usize) -> Option<Shown<'_>> {
        let Turn { item, repeat } = self.turns.get(turn)?;
        let item = &self.study.items[*item];
        let [a, b] = [item.responses[0].as_str(), item.responses[1].as_str()];
        let pair = pair_id(&item.messages, a, b);
        let first = shown_first(&self.study.order_key, &self.annotator, &pair, *repeat);
        let texts = if first == Side::First { [a, b] } else { [b, a] };
        Some(Shown { item, first, texts })
    }

    /// The last vote on a turn.
    pub fn vote_on(&self, turn: usize) -> Option<&Vote> {
        self.answered.get(&turn).map(|place| &self.votes[*place])
    }

    /// What a vote said, as seen on the screen.
    pub fn choice_of(vote: &Vote) -> Option<Choice> {
        Some(match vote.verdict {
            Verdict::Strength(strength) if vote.shown_first == Some(Side::Second) => {
                Choice::Strength(-strength)
            }
            Verdict::Strength(strength) => Choice::Strength(strength),
            Verdict::BothBad => Choice::BothBad,
            Verdict::Skip => Choice::Skip,
            Verdict::Flag => Choice::Flag,
            Verdict::Unparsed => return None,
        })
    }

    /// The vote that an answer to a turn becomes; the session does not change before [`accept`](Self::accept).
    ///
    /// So a page can store the vote first and go on only when it is safe.
    pub fn vote(&self, turn: usize, answer: &Answer, timing: &Timing) -> Result<Vote, SessionError> {
        self.check_answer(answer)?;
        let shown = self.shown(turn).ok_or(SessionError::NoSuchTurn { turn })?;
        let verdict = match answer.choice {
            Choice::Strength(strength) if shown.first == Side::Second => Verdict::Strength(-strength),
            Choice::Strength(strength) => Verdict::Strength(strength),
            Choice::BothBad => Verdict::BothBad,
            Choice::Skip => Verdict::Skip,
            Choice::Flag => Verdict::Flag,
        };
        let item = shown.item;
        let texts = [item.responses[0].as_str(), item.responses[1].as_str()];
        let ids: [String; 2] =
            response_ids(&item.messages, &texts).try_into().expect("two texts have two ids");
        let annotator =
            Annotator { id: self.annotator.clone(), kind: self.study.settings.answered_by.kind() };
        let pair = pair_id(&item.messages, texts[0], texts[1]);
        let mut vote = Vote {
            shown_first: Some(shown.first),
            reasons: answer.reasons.clone(),
            rationale: answer.rationale.clone().filter(|text| !text.trim().is_empty()),
            guideline_version: Some(self.study.guidelines.version.clone()),
            shown_at: Timestamp::from_millisecond(timing.shown_at_ms).ok(),
            decided_at: Timestamp::from_millisecond(timing.decided_at_ms).ok(),
            active_ms: Some(timing.active_ms),
            shown_in: Some(ShownIn {
                study: self.study.id.clone(),
                item: item.id.clone(),
                repeat: self.turns[turn].repeat,
            }),
            interaction: Some(timing.interaction.clone()),
            number: Some(self.votes.last().and_then(|vote| vote.number).unwrap_or(0) + 1),
            ..Vote::new(pair, prompt_id(&item.messages), ids, annotator, verdict)
        };
        vote.receipt = Some(receipt(&vote, self.last_receipt()));
        Ok(vote)
    }

    fn check_answer(&self, answer: &Answer) -> Result<(), SessionError> {
        let settings = &self.study.settings;
        match answer.choice {
            Choice::Strength(strength) if !settings.scale.strengths().contains(&strength) => {
                return Err(SessionError::NotOnScale { strength });
            }
            // A pair that cannot be judged needs no more than the reason why.
            Choice::Skip | Choice::Flag if answer.reasons.is_empty() => {
                return Err(SessionError::ReasonMissing);
            }
            Choice::Skip | Choice::Flag => return Ok(()),
            _ => {}
        }
        if settings.require_reason && answer.reasons.is_empty() {
            return Err(SessionError::ReasonMissing);
        }
        let given = answer.rationale.as_deref().unwrap_or_default().trim().chars().count();
        let least = settings.min_rationale_chars;
        if given < least as usize {
            return Err(SessionError::RationaleTooShort { given, least });
        }
        Ok(())
    }

    /// Takes up a vote that [`vote`](Self::vote) made.
    pub fn accept(&mut self, turn: usize, vote: Vote) {
        self.votes.push(vote);
        self.answered.insert(turn, self.votes.len() - 1);
    }

    /// The receipt of the last vote.
    pub fn last_receipt(&self) -> &str {
        self.votes.last().and_then(|vote| vote.receipt.as_deref()).unwrap_or(FIRST_RECEIPT)
    }

    /// All votes as JSON lines.
    pub fn to_lines(&self) -> String {
        self.votes.iter().map(|vote| to_line(vote) + "\n").collect()
    }

    /// What the annotator takes away at the end; none before.
    pub fn completion(&self) -> Option<Completion> {
        if self.next_turn().is_some() {
            return None;
        }
        let settings = &self.study.settings;
        let proof = self.last_receipt()[..12].to_owned();
        let code = match settings.completion_code.as_deref() {
            Some(code) => format!("{code}-{proof}"),
            None => proof,
        };
        let url = settings.completion_url.as_ref().map(|url| {
            let code: String = code.bytes().map(percent_encoded).collect();
            url.replace("{code}", &code)
        });
        Some(Completion { code, url })
    }

    /// How many of the last votes in a row are for the same side of the screen.
    pub fn same_side_run(&self) -> usize {
        let side = |vote: &Vote| match Self::choice_of(vote) {
            Some(Choice::Strength(strength)) => strength.signum(),
            _ => 0,
        };
        match self.votes.last().map(side) {
            None | Some(0) => 0,
            Some(last) => self.votes.iter().rev().take_while(|vote| side(vote) == last).count(),
        }
    }
}

/// A byte as it may stand in the query of an address.
fn percent_encoded(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}
