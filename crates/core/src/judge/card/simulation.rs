//! A judge whose faults are known because they were planted in what its model answers; its votes are made of that as all judges' are.

use super::position::position;
use super::table::Table;
use super::*;
use crate::judge::{
    Judge, LabelLogprobs, Method, OnFlip, Spoken, Template, judge_label, judge_words,
    judge_words_in_one_order,
};
use crate::random::{Purpose, ResponseRandom};
use crate::report::Measure;
use crate::schema::{Annotator, JudgeEvidence, Pair, Side, Verdict, pairs, response_ids};
use crate::statistics::{Estimate, sigmoid};

const N_PEOPLE: usize = 3;

/// What is true of the judge and of people; everything in nats.
#[derive(Clone, Copy)]
struct Planted {
    seed: u64,
    n_prompts: usize,
    position_bias: f64,
    judge_length: f64,
    people_length: f64,
    view: View,
    asked: Asked,
}

/// How the model is asked.
#[derive(Clone, Copy, PartialEq)]
enum Asked {
    /// For a label, in both orders.
    Labels,
    /// For words, in both orders.
    Words,
    /// For words, in one order.
    WordsInOneOrder,
    /// By another program, in one order, which keeps the log-odds.
    Elsewhere,
}

/// What people see of a pair that the judge sees.
#[derive(Clone, Copy)]
enum View {
    /// With this probability the same, else nothing; so each person's votes alone follow the planted length exactly.
    Shared(f64),
    /// So many times the same, and noise beside it; so people differ from the judge where it is unsure.
    Blurred(f64),
}

const PLANTED: Planted = Planted {
    seed: 1,
    n_prompts: 300,
    position_bias: 0.8,
    judge_length: 1.2,
    people_length: 0.4,
    view: View::Shared(0.85),
    asked: Asked::Labels,
};

/// The draws of one prompt, one after another.
struct Draws(ResponseRandom, u32);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.1 += 1;
        self.0.uniform(Purpose::Resample, self.1)
    }

    /// A standard logistic number: of a sign of this plus η, the log-odds are η.
    fn logistic(&mut self) -> f64 {
        let u = self.uniform().clamp(1e-12, 1.0 - 1e-12);
        libm::log(u / (1.0 - u))
    }
}

impl Planted {
    fn simulate(self) -> (Vec<Sample>, Vec<Vote>) {
        let mut prompts: Vec<(Sample, Draws)> = (0..self.n_prompts).map(|i| self.sample(i)).collect();
        let difference = |sample: &Sample| {
            let [a, b] = [&sample.responses[0], &sample.responses[1]].map(|r| r.text.chars().count() as f64);
            a - b
        };
        let squares: f64 = prompts.iter().map(|(sample, _)| difference(sample) * difference(sample)).sum();
        let scale = libm::sqrt(squares / self.n_prompts as f64);
        let mut votes = Vec::new();
        for (sample, draws) in &mut prompts {
            let x = libm::tanh(difference(sample) / scale);
            votes.extend(self.votes(sample, x, draws));
        }
        (prompts.into_iter().map(|(sample, _)| sample).collect(), votes)
    }

    /// A prompt with two responses of random lengths, in the order of their ids.
    fn sample(self, number: usize) -> (Sample, Draws) {
        let id = format!("prompt {number}");
        let mut draws = Draws(ResponseRandom::new(self.seed, &id, 0), 0);
        let mut text =
            |name: &str| format!("{name}{number}{}", " word".repeat(5 + (draws.uniform() * 60.0) as usize));
        let texts = [text("a"), text("b")];
        let prompt: crate::schema::Prompt = serde_json::from_value(
            serde_json::json!({"id": id, "messages": [{"role": "user", "content": "?"}], "tags": []}),
        )
        .unwrap();
        let ids = response_ids(&prompt.messages, &[&texts[0], &texts[1]]);
        let mut responses: Vec<crate::schema::Response> = ids
            .iter()
            .zip(&texts)
            .map(|(id, text)| serde_json::from_value(serde_json::json!({"id": id, "text": text})).unwrap())
            .collect();
        responses.sort_by(|a, b| a.id.cmp(&b.id));
        (Sample { prompt, responses, extra: Extra::new() }, draws)
    }

    fn votes(self, sample: &Sample, x: f64, draws: &mut Draws) -> Vec<Vote> {
        let view = draws.logistic();
        let mut votes: Vec<Vote> = (0..N_PEOPLE)
            .map(|person| {
                let own = match self.view {
                    View::Shared(probability) if draws.uniform() < probability => view,
                    View::Shared(_) => draws.logistic(),
                    View::Blurred(times) => times * view + draws.logistic(),
                };
                let annotator = Annotator { id: format!("person {person}"), kind: AnnotatorKind::Human };
                vote(sample, annotator, self.people_length * x + own)
            })
            .collect();
        let log_odds = self.judge_length * x + view;
        // What standing first is worth differs from pair to pair around its mean.
        let position = self.position_bias + draws.uniform() - 0.5;
        // What the model would say to whoever shows the first response as A, and as B: the log-odds of A.
        let of_a = [log_odds + position, -(log_odds - position)];
        votes.push(self.judged(sample, of_a));
        votes
    }

    fn judge(self) -> Judge {
        let template = Template::pairwise().reference();
        let method = match self.asked {
            Asked::Labels | Asked::Elsewhere => Method::Label(template),
            Asked::Words => Method::Words { template, one_order: false },
            Asked::WordsInOneOrder => Method::Words { template, one_order: true },
        };
        let model = ModelReference {
            name: "planted".to_owned(),
            sha256: None,
            quantization: None,
            extra: Extra::new(),
        };
        Judge::new(method, model)
    }

    /// The vote that the judge's rules make of its model's answers.
    fn judged(self, sample: &Sample, of_a: [f64; 2]) -> Vote {
        let pair = pair(sample);
        let judge = self.judge();
        let shown_first = judge.shown_first(&pair.id);
        let once = of_a[usize::from(shown_first == Side::Second)];
        let word = |of_a: f64| Spoken::whole(if of_a > 0.0 { "[[A]]" } else { "[[B]]" });
        let judgment = match self.asked {
            Asked::Labels => judge_label(labels(of_a[0]), labels(of_a[1]), 0.0),
            Asked::Words => judge_words(of_a.map(word), OnFlip::Tie),
            Asked::WordsInOneOrder => judge_words_in_one_order(word(once), shown_first),
            Asked::Elsewhere => {
                let log_odds = if shown_first == Side::First { once } else { -once };
                let evidence = JudgeEvidence { log_odds: Some(log_odds), ..JudgeEvidence::default() };
                return Vote {
                    shown_first: Some(shown_first),
                    judge: Some(Box::new(evidence)),
                    ..vote(sample, judge.annotator(), log_odds)
                };
            }
        };
        judge.vote(&sample.prompt.id, &pair, judgment, None)
    }

    fn id(self) -> String {
        self.judge().annotator().id
    }
}

/// Log-probabilities of the two labels whose log-odds are these.
fn labels(log_odds: f64) -> LabelLogprobs {
    [log_odds, -log_odds].map(|eta| libm::log(sigmoid(eta)))
}

fn pair(sample: &Sample) -> Pair<'_> {
    pairs(sample).next().unwrap()
}

/// A vote for the first response where `log_odds` are above 0.
fn vote(sample: &Sample, annotator: Annotator, log_odds: f64) -> Vote {
    let pair = pair(sample);
    let verdict = Verdict::Strength(if log_odds > 0.0 { -1 } else { 1 });
    let responses = [pair.first.id.clone(), pair.second.id.clone()];
    Vote::new(pair.id, sample.prompt.id.clone(), responses, annotator, verdict)
}

fn card(planted: Planted) -> Card {
    let (samples, votes) = planted.simulate();
    measure(&samples, &votes, &planted.id(), CardSettings::default())
}

#[track_caller]
fn assert_found(found: Estimate, planted: f64) {
    assert!(found.contains(planted), "{planted} is not in {found:?}");
    assert!(!found.contains(0.0), "{found:?} cannot tell it from 0");
}

#[test]
fn planted_biases_are_found() {
    let card = card(PLANTED);
    assert_found(*card.position.bias_nats.value().unwrap(), 0.8);
    let length = card.length.coefficient.value().unwrap();
    assert_found(length.judge, 1.2);
    assert_found(length.people, 0.4);
    assert_found(length.difference, 0.8);
    assert!(card.position.judge_first.value().unwrap().low > 0.55);
    assert!(card.position.first_among_inconsistent.value().unwrap().share > 0.95);
    assert!(card.position.inconsistent_p_value.unwrap() < 1e-6);
    assert_eq!(card.counts.compared, 300);
    assert_ne!(card.advice.usage, Use::CannotTell);
}

#[test]
fn averaging_the_orders_takes_position_bias_out() {
    let biased = card(PLANTED);
    let fair = card(Planted { position_bias: 0.0, ..PLANTED });
    assert_eq!(biased.accuracy, fair.accuracy);
    let p = |card: &Card| card.calibration.value().unwrap().intercept_p_value.unwrap();
    assert!(p(&biased) > 0.05, "{:?}", biased.calibration);
    assert!(fair.position.bias_nats.value().unwrap().contains(0.0));
    // Asked in one order, the same judge is wrong more often, and the intercept tells.
    let one_order = card(Planted { asked: Asked::Elsewhere, ..PLANTED });
    assert!(one_order.accuracy.value().unwrap().share < biased.accuracy.value().unwrap().share);
    let found = one_order.calibration.value().unwrap();
    assert!(p(&one_order) < 0.01 && found.intercept.unwrap().value < 0.0, "{found:?}");
    assert!(matches!(one_order.position.bias_nats, Measure::CannotTell(_)));
}

#[test]
fn words_in_both_orders_are_free_of_position_bias() {
    let planted = Planted { position_bias: 1.5, ..PLANTED };
    let [labels, words, one_order] =
        [Asked::Labels, Asked::Words, Asked::WordsInOneOrder].map(|asked| card(Planted { asked, ..planted }));
    // The model answers as it does for a label, so both find the same bias.
    assert_eq!(words.position.consistency, labels.position.consistency);
    assert_eq!(words.position.first_among_inconsistent, labels.position.first_among_inconsistent);
    assert!(words.position.first_among_inconsistent.value().unwrap().share > 0.95);
    // Whatever flips is a tie, and what is left is right more often than one order is.
    let consistency = words.position.consistency.value().unwrap();
    assert_eq!(words.counts.judge_tied + words.counts.compared, words.counts.people_decided);
    assert!(words.counts.judge_tied > 60 && consistency.total == planted.n_prompts, "{consistency:?}");
    let accuracy = |card: &Card| *card.accuracy.value().unwrap();
    assert!(
        accuracy(&words).low > accuracy(&one_order).high,
        "{:?}",
        [accuracy(&words), accuracy(&one_order)]
    );
    assert!(one_order.position.judge_first.value().unwrap().low > 0.6);
    assert!(matches!(one_order.position.consistency, Measure::CannotTell(_)));
}

#[test]
fn intervals_cover_what_was_planted() {
    const N_SEEDS: u64 = 200;
    let planted = |seed| Planted { seed, n_prompts: 150, ..PLANTED };
    let mut n_covered = [0; 4];
    for seed in 0..N_SEEDS {
        let (samples, votes) = planted(1000 + seed).simulate();
        let index = PairIndex::new(&samples);
        let judge = planted(1000 + seed).id();
        let table = Table::new(&index, &votes, &judge);
        let length = bias::length(&table).coefficient;
        let length = length.value().unwrap();
        let bias = *position(&table).bias_nats.value().unwrap();
        for (n, (found, truth)) in n_covered.iter_mut().zip([
            (bias, 0.8),
            (length.judge, 1.2),
            (length.people, 0.4),
            (length.difference, 0.8),
        ]) {
            *n += u64::from(found.contains(truth));
        }
    }
    for n in n_covered {
        let share = n as f64 / N_SEEDS as f64;
        assert!((0.90..=0.99).contains(&share), "{n_covered:?} of {N_SEEDS}");
    }
}

#[test]
fn what_is_kept_differs_as_rarely_as_promised() {
    const N_SEEDS: u64 = 60;
    let settings = CardSettings { alpha: 0.1, delta: 0.1, ..CardSettings::default() };
    let (mut n_thresholds, mut n_broken) = (0, 0);
    for seed in 0..N_SEEDS {
        let planted = Planted { seed, n_prompts: 400, view: View::Blurred(2.0), ..PLANTED };
        let (samples, votes) = planted.simulate();
        let index = PairIndex::new(&samples);
        let judge = planted.id();
        let escalation = escalation::escalation(&Table::new(&index, &votes, &judge), &settings);
        n_thresholds += u64::from(escalation.threshold.value().is_some());
        let card = Card { escalation, ..measure(&[], &[], &judge, settings) };
        // New pairs of the same judge tell how often what it keeps really differs.
        let [kept, all] = differ(&card, Planted { seed: seed + 10_000, n_prompts: 2000, ..planted });
        n_broken += u64::from(kept.is_some_and(|kept| kept.share > settings.alpha));
        assert!(all.unwrap().share > settings.alpha, "keeping everything would keep the promise, too");
    }
    assert!(n_thresholds > N_SEEDS / 2, "{n_thresholds} thresholds");
    assert!(n_broken <= n_thresholds / 10, "{n_broken} of {n_thresholds} promises were broken");
}

/// How often people differ from the verdicts that the card keeps, and from all.
fn differ(card: &Card, planted: Planted) -> [Option<Share>; 2] {
    let (samples, votes) = planted.simulate();
    let index = PairIndex::new(&samples);
    let table = Table::new(&index, &votes, &card.judge);
    let differs = |pair: &Comparison<'_>, is_counted: &dyn Fn(&Vote) -> bool| {
        let (people, judge) = pair.both_sides()?;
        is_counted(pair.judge.as_ref()?.vote).then_some(people != judge)
    };
    let is_kept = |vote: &Vote| matches!(card.apply(vote), Decision::Keep { .. });
    [
        Share::that(table.shared().filter_map(|pair| differs(pair, &is_kept))),
        Share::that(table.shared().filter_map(|pair| differs(pair, &|_| true))),
    ]
}
