//! `tiebreak judge`: samples in, a model's votes out.

use crate::args::{DeviceChoice, JudgeArgs, JudgeMethod};
use crate::clock::Clock;
use crate::files::{self, say, Log, Manifest, Opened, Placed};
use crate::model::{LoadedModel, ModelFile};
use crate::progress::{duration, Progress};
use crate::terminal::{count, plural};
use crate::{interrupt, threads, Outcome};
use anyhow::{bail, Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use tiebreak_core::judge::{
    judge_label, judge_likelihood, label_prompt, Judge, Judgment, LikelihoodSettings, Method, Template,
    LABELS,
};
use tiebreak_core::schema::{pairs, JudgeEvidence, Pair, Record, Response, Sample, Vote};
use tiebreak_engine::score::{label_logprobs, ReplyScorer};

pub fn run(args: &JudgeArgs) -> Result<Outcome> {
    let way = way(args)?;
    files::refuse_input_as_output(&args.out, args.samples.iter().chain([&args.model]))?;
    let mut n_problems = 0;
    let samples = files::read_placed::<Sample>(&args.samples, |problem| {
        n_problems += 1;
        say(&problem.to_string());
    })?;
    if samples.is_empty() {
        bail!("there is no sample in {}; `tiebreak generate` makes some", args.samples.join(", "));
    }
    let model = ModelFile::find(&args.model)?;
    threads::fix(args.device.threads, model.n_bytes);
    let report = vote_on(&Request {
        samples: &samples,
        way: &way,
        model: &model,
        out: &args.out,
        device: args.device.device,
        force: args.run.force,
        quiet: args.run.quiet,
    })?;
    if !args.run.quiet {
        say(&report.text(&args.out));
    }
    n_problems += report.n_problems;
    if n_problems > 0 {
        say(&format!("{} reported above", plural(n_problems, "problem")));
    }
    Ok(if report.is_interrupted { Outcome::Interrupted } else { Outcome::of_problems(n_problems) })
}

/// The label method's tie band where none is given, in nats.
const LABEL_TIE_BAND: f64 = 0.0;

/// How pairs are judged.
pub enum Way {
    Likelihood(LikelihoodSettings),
    Label { template: Template, tie_band: f64 },
}

impl Way {
    fn method(&self) -> Method {
        match self {
            Self::Likelihood(_) => Method::Likelihood,
            Self::Label { template, .. } => Method::Label(template.reference()),
        }
    }

    /// Everything that a vote depends on beside model and pair.
    fn arguments(&self) -> Vec<(&'static str, String)> {
        let method = ("method", self.method().name().to_owned());
        match self {
            Self::Likelihood(settings) => vec![
                method,
                ("tie-band", settings.tie_band.to_string()),
                ("unconditional-weight", settings.unconditional_weight.to_string()),
                ("end-weight", settings.end_weight.to_string()),
                ("repetition-weight", settings.repetition_weight.to_string()),
                ("reward-weight", settings.reward_weight.to_string()),
            ],
            Self::Label { template, tie_band } => vec![
                method,
                ("tie-band", tie_band.to_string()),
                ("template", format!("{} sha256 {}", template.reference().name, template.reference().hash)),
            ],
        }
    }
}

/// The way that the flags describe, or what is wrong with them.
fn way(args: &JudgeArgs) -> Result<Way> {
    let numbers = [
        ("tie-band", args.tie_band),
        ("unconditional-weight", args.unconditional_weight),
        ("end-weight", args.end_weight),
        ("repetition-weight", args.repetition_weight),
        ("reward-weight", args.reward_weight),
    ];
    for (flag, value) in numbers {
        if let Some(value) = value.filter(|value| !value.is_finite() || *value < 0.0) {
            bail!("--{flag} is {value}: give a number of at least 0");
        }
    }
    match args.method {
        JudgeMethod::Likelihood => {
            if args.template.is_some() {
                bail!("--template belongs to --method label; the likelihood method asks no question");
            }
            let default = LikelihoodSettings::default();
            Ok(Way::Likelihood(LikelihoodSettings {
                tie_band: args.tie_band.unwrap_or(default.tie_band),
                unconditional_weight: args.unconditional_weight.unwrap_or(default.unconditional_weight),
                end_weight: args.end_weight.unwrap_or(default.end_weight),
                repetition_weight: args.repetition_weight.unwrap_or(default.repetition_weight),
                reward_weight: args.reward_weight.unwrap_or(default.reward_weight),
            }))
        }
        JudgeMethod::Label => {
            if [args.end_weight, args.unconditional_weight, args.repetition_weight, args.reward_weight]
                .iter()
                .any(Option::is_some)
            {
                bail!(
                    "--end-weight, --unconditional-weight, --repetition-weight and --reward-weight belong to --method likelihood; the label method looks at labels alone"
                );
            }
            let template = template(args.template.as_deref())?;
            Ok(Way::Label { template, tie_band: args.tie_band.unwrap_or(LABEL_TIE_BAND) })
        }
    }
}

/// The question in a file, or the one that is compiled in.
fn template(path: Option<&Path>) -> Result<Template> {
    let Some(path) = path else { return Ok(Template::pairwise()) };
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Template::parse(&name, &files::read_text(path)?)
        .with_context(|| format!("cannot read {}", path.display()))
}

/// What is to be judged, and where votes go.
pub struct Request<'a> {
    pub samples: &'a [Placed<Sample>],
    pub way: &'a Way,
    pub model: &'a ModelFile,
    pub out: &'a Path,
    pub device: DeviceChoice,
    pub force: bool,
    pub quiet: bool,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Report {
    /// Votes on these samples that stood in the file already.
    pub n_before: usize,
    /// Votes that this start added.
    pub n_added: usize,
    /// How many there are to be.
    pub n_wanted: usize,
    /// Pairs that could not be judged, and lines of the output that are no votes.
    pub n_problems: usize,
    pub elapsed: Duration,
    pub is_interrupted: bool,
    /// Whether a later start can go on.
    pub can_resume: bool,
}

impl Report {
    /// The report in a line.
    fn text(&self, out: &Path) -> String {
        let (out, n_votes) = (files::output_name(out), self.n_before + self.n_added);
        if self.is_interrupted {
            let total = plural(self.n_wanted, "vote");
            return format!(
                "interrupted: {out} holds {} of {total}{}",
                count(n_votes as u64),
                if self.can_resume { "; the same command goes on from there" } else { "" }
            );
        }
        if self.n_added == 0 && self.n_problems == 0 {
            return format!("{out} is finished already: {}", plural(n_votes, "vote"));
        }
        let earlier = match self.n_before {
            0 => String::new(),
            n => format!(", after {} of an earlier start", count(n as u64)),
        };
        format!("{out}: {} in {}{earlier}", plural(self.n_added, "vote"), duration(self.elapsed))
    }
}

/// The prompt and the responses of a pair: identical texts make pairs with the same id, but not with the same responses.
type PairKey = (String, String, [String; 2]);

fn key(sample: &Sample, pair: &Pair<'_>) -> PairKey {
    (pair.id.clone(), sample.prompt.id.clone(), [pair.first.id.clone(), pair.second.id.clone()])
}

/// Judges the pairs that have no vote in the output yet, and writes each vote as soon as it is there.
///
/// The samples are not among the arguments that have to stay the same, because a pair's id is a hash of its content.
/// So votes stay right when samples are added, and only the new pairs are judged.
pub fn vote_on(request: &Request<'_>) -> Result<Report> {
    let clock = Clock::from_environment()?;
    let mut done = BTreeSet::new();
    let arguments = [vec![("model", request.model.fingerprint())], request.way.arguments()].concat();
    let manifest = Manifest::new("judge", arguments);
    let Opened { log, problems } = Log::open(request.out, &manifest, request.force, |vote: Vote| {
        done.insert((vote.pair, vote.prompt_id, vote.responses));
    })?;
    problems.iter().for_each(|problem| say(&problem.to_string()));
    let mut report = Report { n_problems: problems.len(), can_resume: log.can_resume(), ..Report::default() };
    let mut pending = Vec::new();
    for sample in request.samples {
        let n_pairs = pairs(&sample.record).count();
        let n_left = pairs(&sample.record).filter(|pair| !done.contains(&key(&sample.record, pair))).count();
        report.n_wanted += n_pairs;
        report.n_before += n_pairs - n_left;
        if n_left > 0 {
            pending.push(sample);
        }
    }
    if pending.is_empty() {
        log.finish()?;
        return Ok(report);
    }
    let (model, log) = request.model.load_for(log, request.device)?;
    let method = request.way.method();
    if !request.quiet {
        if report.n_before > 0 {
            say(&format!("{}: going on after {}", request.out.display(), plural(report.n_before, "vote")));
        }
        let n_left = plural(report.n_wanted - report.n_before, "pair");
        say(&format!("judging {n_left} by the {} method with {}", method.name(), model.description()));
    }
    interrupt::listen()?;
    let judge = Judge { method, model: model.reference.clone() };
    let quiet = request.quiet || log.shares_the_terminal();
    let progress = Progress::start("pairs", report.n_wanted, report.n_before, quiet);
    let labels = LabelTotals::default();
    Run { request, clock, model: &model, judge, log, progress, report, done, labels }.judge_all(&pending)
}

/// What the label method measured beside its verdicts, summed over the votes.
#[derive(Debug, Default)]
struct LabelTotals {
    n: usize,
    /// How probable it was that the answer begins with one of the two labels.
    mass: f64,
    /// What standing first was worth, either way, in nats.
    position_bias: f64,
}

impl LabelTotals {
    fn add(&mut self, evidence: &JudgeEvidence) {
        if let (Some([one, other]), Some(bias)) = (evidence.label_mass_by_order, evidence.position_bias) {
            self.n += 1;
            self.mass += (one + other) / 2.0;
            self.position_bias += bias.abs();
        }
    }

    /// The means in a sentence, and a warning where the model hardly answers with a label; none without votes.
    fn text(&self) -> Option<String> {
        let n = self.n.checked_sub(1)? as f64 + 1.0;
        let (mass, bias) = (self.mass / n, self.position_bias / n);
        let advice = match mass < 0.5 {
            true => {
                "; this model does not follow the question, so take `--method likelihood` or a larger model"
            }
            false => "",
        };
        Some(format!(
            "the labels A and B hold {:.1} % of the probability, and standing first is worth {bias:.2} nats (means){advice}",
            100.0 * mass
        ))
    }
}

/// A run while the model works.
struct Run<'a> {
    request: &'a Request<'a>,
    clock: Clock,
    model: &'a LoadedModel,
    judge: Judge,
    log: Log,
    progress: Progress,
    report: Report,
    done: BTreeSet<PairKey>,
    labels: LabelTotals,
}

impl Run<'_> {
    fn judge_all(mut self, pending: &[&Placed<Sample>]) -> Result<Report> {
        for sample in pending {
            if self.is_interrupted() {
                break;
            }
            self.judge_sample(sample)?;
        }
        self.report.elapsed = self.progress.finish().elapsed;
        if let Some(text) = self.labels.text().filter(|_| !self.request.quiet) {
            say(&text);
        }
        self.log.finish()?;
        Ok(self.report)
    }

    /// Votes on each pair of the sample that has no vote yet; an error is one of writing.
    fn judge_sample(&mut self, sample: &Placed<Sample>) -> Result<()> {
        let request = self.request;
        match request.way {
            Way::Likelihood(settings) => self.by_likelihood(sample, settings),
            Way::Label { template, tie_band } => self.by_label(sample, template, *tie_band),
        }
    }

    fn by_likelihood(&mut self, sample: &Placed<Sample>, settings: &LikelihoodSettings) -> Result<()> {
        let mut scorer = match ReplyScorer::new(&self.model.model, &sample.record.prompt.messages) {
            Ok(scorer) => scorer,
            Err(error) => {
                self.fail(sample, &error.to_string());
                return Ok(());
            }
        };
        // A text is scored when the first pair needs it, so that Ctrl-C waits for two texts at most.
        let mut scores = BTreeMap::new();
        let mut score_of = |response: &Response| {
            let score = scores.entry(response.id.clone()).or_insert_with(|| {
                scorer.score(&response.text).map_err(|error| format!("response `{}`: {error}", response.id))
            });
            score.clone()
        };
        for pair in pairs(&sample.record) {
            if self.done.contains(&key(&sample.record, &pair)) {
                continue;
            }
            if self.is_interrupted() {
                break;
            }
            match score_of(pair.first).and_then(|first| Ok((first, score_of(pair.second)?))) {
                Ok((first, second)) => {
                    self.write(sample, &pair, judge_likelihood(first, second, settings))?;
                }
                Err(what) => self.skip(sample, &pair, &what),
            }
        }
        Ok(())
    }

    fn by_label(&mut self, sample: &Placed<Sample>, template: &Template, tie_band: f64) -> Result<()> {
        for pair in pairs(&sample.record) {
            if self.done.contains(&key(&sample.record, &pair)) {
                continue;
            }
            if self.is_interrupted() {
                break;
            }
            let prompt = &sample.record.prompt;
            let ask = |first: &str, second: &str| label_prompt(template, prompt, first, second);
            let (first, second) = (&pair.first.text, &pair.second.text);
            let orders = [ask(first, second), ask(second, first)];
            let found =
                label_logprobs(&self.model.model, &orders, &LABELS).map(|rows| match rows.as_slice() {
                    [one, other] => Some(([*one.first()?, *one.get(1)?], [*other.first()?, *other.get(1)?])),
                    _ => None,
                });
            match found {
                Ok(Some((one, other))) => self.write(sample, &pair, judge_label(one, other, tie_band))?,
                Ok(None) => bail!("the engine did not answer for both labels in both orders"),
                Err(error) => self.skip(sample, &pair, &error.to_string()),
            }
        }
        Ok(())
    }

    /// Whether to stop here, with work left.
    fn is_interrupted(&mut self) -> bool {
        self.report.is_interrupted |= interrupt::is_requested();
        self.report.is_interrupted
    }

    fn skip(&mut self, sample: &Placed<Sample>, pair: &Pair<'_>, what: &str) {
        let (first, second) = (&pair.first.id, &pair.second.id);
        self.fail(sample, &format!("the pair of `{first}` and `{second}` has no vote: {what}"));
    }

    fn fail(&mut self, sample: &Placed<Sample>, what: &str) {
        self.report.n_problems += 1;
        self.progress.say(&format!("{}: prompt `{}`: {what}", sample.place, sample.record.prompt.id));
    }

    fn write(&mut self, sample: &Placed<Sample>, pair: &Pair<'_>, judgment: Judgment) -> Result<()> {
        if !self.done.insert(key(&sample.record, pair)) {
            return Ok(());
        }
        let vote = self.judge.vote(&sample.record.prompt.id, pair, judgment, Some(self.clock.now()));
        if let Some(finding) = vote.check().first() {
            self.fail(sample, &format!("the vote cannot be recorded: {}: {}", finding.path, finding.message));
            return Ok(());
        }
        self.log.append(&vote)?;
        vote.judge.iter().for_each(|evidence| self.labels.add(evidence));
        self.report.n_added += 1;
        self.progress.done();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Arguments;
    use clap::CommandFactory;

    #[test]
    fn the_help_tells_the_defaults() {
        let command = Arguments::command();
        let judge = command.find_subcommand("judge").unwrap();
        let help = |id: &str| {
            judge.get_arguments().find(|a| a.get_id() == id).unwrap().get_help().unwrap().to_string()
        };
        let default = LikelihoodSettings::default();
        let tie_bands = format!("[default: {} for likelihood, {LABEL_TIE_BAND} for label]", default.tie_band);
        assert!(help("tie_band").contains(&tie_bands), "{tie_bands}");
        assert!(help("end_weight").contains(&format!("[default: {}]", default.end_weight)));
        assert!(help("repetition_weight").contains(&format!("[default: {}]", default.repetition_weight)));
        assert!(help("reward_weight").contains(&format!("[default: {}]", default.reward_weight)));
        let unconditional_weight = format!("[default: {}]", default.unconditional_weight);
        assert!(help("unconditional_weight").contains(&unconditional_weight));
    }
}
