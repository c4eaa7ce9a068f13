//! What rows say to records: one sample for each prompt, and a vote or a rating for each thing said.

use super::known::keep;
use super::refusal::{Reason, Refusal};
use super::report::ImportReport;
use super::row::{Part, Settings};
use super::row_source::RowSource;
use super::said::{Opinion, Reply, Said, Score, Who};
use crate::schema::{
    Annotator, AnnotatorKind, ContentHash, Extra, Message, ModelReference, Problem, Prompt, Rating, Record,
    Response, Sample, Side, UNNAMED_PREFIX, Verdict, Vote, pair_id, prompt_id, response_id,
};
use std::collections::{BTreeMap, BTreeSet};

/// The records of one row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Made {
    /// Its votes.
    pub votes: Vec<Vote>,
    /// Its ratings.
    pub ratings: Vec<Rating>,
    /// What was left out of it.
    pub problems: Vec<Problem>,
}

/// Collects responses by prompt, and makes the votes and ratings on them.
///
/// Prompts and responses stay in memory until they are [released](Self::release); besides them, a hundred bytes or so for each prompt, for each row and for each pair of a nameless vote.
#[derive(Clone, Debug, Default)]
pub struct Gatherer {
    held: Vec<Held>,
    places: BTreeMap<[u8; 16], usize>,
    text_bytes: u64,
    /// The prompts that were released, and whether they came again after that.
    released: BTreeMap<[u8; 16], bool>,
    /// Whose each prompt id is.
    ids: BTreeMap<String, [u8; 16]>,
    /// The rows so far, by their file's content.
    rows: BTreeMap<String, BTreeSet<[u8; 16]>>,
    /// How many nameless votes of a file there are on each pair.
    n_unnamed: BTreeMap<[u8; 16], u32>,
    /// The parts whose field, as the user names it, was in some row.
    named: BTreeSet<Part>,
    report: ImportReport,
}

/// A sample that may still grow.
#[derive(Clone, Debug)]
struct Held {
    sample: Sample,
    file: String,
    line: u64,
}

impl Gatherer {
    /// Takes what a row says; the same row of the same content again is left out, since it is no second opinion.
    pub fn take(&mut self, said: Said, source: &RowSource, line: u64) -> Made {
        if !self.rows.entry(source.content.clone()).or_default().insert(said.row) {
            let message = "the row repeats an earlier one of the same content, so it is left out";
            let problems = vec![self.refuse(&Refusal::new(Reason::Repeated, message), source, line)];
            return Made { problems, ..Made::default() };
        }
        self.report.rows += 1;
        self.named.extend(&said.named);
        self.report.guessed_prompts += u64::from(said.has_guessed_prompt);
        let source = &RowSource { kind: source.kind.or(said.usual_kind), ..source.clone() };
        let mut made = Made::default();
        let place = self.held_place(&said, source, line);
        let responses = self.add_replies(place, said.replies);
        let mut rest = said.rest;
        for refusal in &said.left_out {
            made.problems.push(self.leave_out(refusal, source, line));
        }
        for opinion in said.opinions {
            made.votes.push(self.vote(place, &responses, opinion, (source, std::mem::take(&mut rest))));
        }
        for score in said.scores {
            match self.rating(place, &responses, score, (source, &mut rest)) {
                Ok(rating) => made.ratings.push(rating),
                Err(refusal) => made.problems.push(self.leave_out(&refusal, source, line)),
            }
        }
        // Of several rows of a prompt the first one's fields stay.
        let sample = &mut self.held[place].sample;
        rest.retain(|name, _| !sample.extra.contains_key(name));
        keep(&mut sample.extra, rest, &["prompt", "responses"]);
        made
    }

    /// Counts a row that could not be read, and gives the problem with its place.
    pub fn refuse(&mut self, refusal: &Refusal, source: &RowSource, line: u64) -> Problem {
        self.report.rows += 1;
        self.leave_out(refusal, source, line)
    }

    /// Counts a row that is none.
    pub fn unreadable(&mut self) {
        self.report.rows += 1;
        *self.report.left_out.entry(Reason::Unreadable).or_default() += 1;
    }

    /// How many bytes of text are held.
    pub fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    /// The samples so far, in the order in which their prompts first came; a prompt that comes again gets a second sample.
    ///
    /// What has one response only is no sample, and is told.
    pub fn release(&mut self) -> (Vec<Sample>, Vec<Problem>) {
        for key in std::mem::take(&mut self.places).into_keys() {
            self.released.entry(key).or_default();
        }
        self.text_bytes = 0;
        let (mut samples, mut problems) = (Vec::new(), Vec::new());
        for held in std::mem::take(&mut self.held) {
            if held.sample.responses.len() >= 2 {
                self.report.samples += 1;
                samples.push(held.sample);
                continue;
            }
            *self.report.left_out.entry(Reason::OneResponse).or_default() += 1;
            let message = "the prompt has one response only, and a sample takes two, so there is none; ratings are kept";
            problems.push(Refusal::new(Reason::OneResponse, message).at(&held.file, held.line));
        }
        (samples, problems)
    }

    /// The counts so far; those of samples are whole after the last release.
    pub fn report(&self) -> &ImportReport {
        &self.report
    }

    /// The user's names of fields that no row had so far.
    pub fn missing_names<'a>(&self, settings: &'a Settings) -> Vec<&'a str> {
        let missing = settings.names.iter().filter(|(part, _)| !self.named.contains(part));
        missing.map(|(_, name)| name.as_str()).collect()
    }

    fn leave_out(&mut self, refusal: &Refusal, source: &RowSource, line: u64) -> Problem {
        *self.report.left_out.entry(refusal.reason).or_default() += 1;
        refusal.at(&source.file, line)
    }

    /// The place of the sample that the row belongs to.
    fn held_place(&mut self, said: &Said, source: &RowSource, line: u64) -> usize {
        let key = prompt_key(&said.asked.messages);
        if let Some(place) = self.places.get(&key) {
            let prompt = &mut self.held[*place].sample.prompt;
            prompt.category = prompt.category.take().or_else(|| said.asked.category.clone());
            return *place;
        }
        if let Some(came_again) = self.released.get_mut(&key) {
            self.report.split_prompts += u64::from(!std::mem::replace(came_again, true));
        }
        let id = self.claim_id(said.asked.id.as_deref(), key, &said.asked.messages);
        let prompt =
            Prompt { category: said.asked.category.clone(), ..Prompt::new(id, said.asked.messages.clone()) };
        self.text_bytes += prompt.messages.iter().map(|message| message.content.len() as u64).sum::<u64>();
        self.places.insert(key, self.held.len());
        let sample = Sample { prompt, responses: Vec::new(), extra: Extra::new() };
        self.held.push(Held { sample, file: source.file.clone(), line });
        self.held.len() - 1
    }

    /// The row's id of a prompt, unless another prompt has it; else the hash of what it says.
    fn claim_id(&mut self, wanted: Option<&str>, key: [u8; 16], messages: &[Message]) -> String {
        let by_content = || prompt_id(messages);
        let Some(wanted) = wanted.filter(|id| !id.trim().is_empty()) else { return by_content() };
        match *self.ids.entry(wanted.to_owned()).or_insert(key) == key {
            true => wanted.to_owned(),
            false => by_content(),
        }
    }

    /// Adds the replies that the sample does not have; for each reply, the place of its response.
    fn add_replies(&mut self, place: usize, replies: Vec<Reply>) -> Vec<usize> {
        let sample = &mut self.held[place].sample;
        let mut places = Vec::with_capacity(replies.len());
        for reply in replies {
            let id = response_id(&sample.prompt.messages, &reply.text, 0);
            let known = sample.responses.iter().position(|response| response.id == id);
            places.push(known.unwrap_or(sample.responses.len()));
            match known {
                None => {
                    self.text_bytes += reply.text.len() as u64;
                    sample.responses.push(response(id, reply));
                }
                Some(known) if sample.responses[known].model.is_none() => {
                    sample.responses[known].model = reply.model.map(model);
                }
                Some(_) => {}
            }
        }
        places
    }

    fn vote(
        &mut self,
        place: usize,
        responses: &[usize],
        opinion: Opinion,
        (source, rest): (&RowSource, Extra),
    ) -> Vote {
        let sample = &self.held[place].sample;
        let [a, b] = opinion.pair.map(|place| &sample.responses[responses[place]]);
        let pair = pair_id(&sample.prompt.messages, &a.text, &b.text);
        let is_turned = b.id < a.id;
        let ids = if is_turned { [&b.id, &a.id] } else { [&a.id, &b.id] }.map(Clone::clone);
        let prompt_id = sample.prompt.id.clone();
        let annotator = self.annotator(&opinion.who, source, Some(&pair));
        let mut vote = Vote::new(pair, prompt_id, ids, annotator, turned(opinion.verdict, is_turned));
        vote.shown_first = opinion.shown_first.map(|side| side_of(side, is_turned));
        vote.rationale = opinion.rationale;
        vote.confidence = opinion.confidence;
        vote.decided_at = opinion.at;
        vote.active_ms = opinion.active_ms;
        keep(&mut vote.extra, opinion.extra, super::known::VOTE);
        keep(&mut vote.extra, rest, super::known::VOTE);
        self.report.vote(&vote);
        vote
    }

    fn rating(
        &mut self,
        place: usize,
        responses: &[usize],
        score: Score,
        (source, rest): (&RowSource, &mut Extra),
    ) -> Result<Rating, Refusal> {
        let [scale_low, scale_high] = score.scale;
        let annotator = self.annotator(&score.who, source, None);
        let sample = &self.held[place].sample;
        let mut rating = Rating {
            prompt_id: Some(sample.prompt.id.clone()),
            response: sample.responses[responses[score.reply]].id.clone(),
            annotator,
            criterion: score.criterion,
            value: score.value,
            scale_low,
            scale_high,
            guideline_version: None,
            shown_at: None,
            decided_at: score.at,
            extra: Extra::new(),
        };
        if let Some(finding) = rating.check().into_iter().next() {
            let message = format!("the score of `{}` is left out: {}", rating.criterion, finding.message);
            return Err(Refusal::new(Reason::NoScore, message));
        }
        keep(&mut rating.extra, std::mem::take(rest), super::known::RATING);
        self.report.rating(&rating);
        Ok(rating)
    }

    /// Who said it; several nameless votes on one `pair` are by several, since one annotator has one voice on a pair.
    fn annotator(&mut self, who: &Who, source: &RowSource, pair: Option<&str>) -> Annotator {
        let name = source.file.rsplit(['/', '\\']).next().unwrap_or_default();
        let base =
            source.annotator.clone().unwrap_or_else(|| format!("{UNNAMED_PREFIX}{name}-{}", source.content));
        let usual = source.kind.unwrap_or(AnnotatorKind::Human);
        let (id, kind) = match who {
            Who::Named { id, kind } => (id.clone(), kind.unwrap_or(usual)),
            Who::OneOf(number) => (format!("{base}#{number}"), usual),
            Who::Unnamed => (self.unnamed(base, source, pair), usual),
        };
        Annotator { id, kind }
    }

    fn unnamed(&mut self, base: String, source: &RowSource, pair: Option<&str>) -> String {
        let Some(pair) = pair.filter(|_| source.annotator.is_none()) else { return base };
        let mut key = ContentHash::new("tiebreak/import-voice/1");
        key.text(&base);
        key.text(pair);
        let count = self.n_unnamed.entry(key.beginning()).or_default();
        *count += 1;
        if *count == 1 { base } else { format!("{base}#{count}") }
    }
}

fn prompt_key(messages: &[Message]) -> [u8; 16] {
    let mut hash = ContentHash::new("tiebreak/import-prompt/1");
    hash.messages(messages);
    hash.beginning()
}

fn response(id: String, reply: Reply) -> Response {
    let mut response = Response { model: reply.model.map(model), ..Response::new(id, reply.text) };
    keep(&mut response.extra, reply.extra, super::known::RESPONSE);
    response
}

fn model(name: String) -> ModelReference {
    ModelReference { name, sha256: None, quantization: None, extra: Extra::new() }
}

/// The verdict in canonical order, where the pair stood the other way round.
fn turned(verdict: Verdict, is_turned: bool) -> Verdict {
    match verdict {
        Verdict::Strength(strength) if is_turned => Verdict::Strength(-strength),
        other => other,
    }
}

fn side_of(side: usize, is_turned: bool) -> Side {
    if (side == 0) != is_turned { Side::First } else { Side::Second }
}
