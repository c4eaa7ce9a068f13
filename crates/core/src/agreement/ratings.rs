//! How far annotators agree on ratings of single responses.

use super::report::Coefficient;
use super::{Groups, Level};
use crate::report::Measure;
use crate::schema::Rating;
use crate::statistics::bootstrap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most different values whose order is compared: the scale from 0 to 10.
const MOST_VALUES: usize = 11;
/// Groups that the bootstrap draws from.
const MOST_GROUPS: usize = 1000;
const REPLICATES: u32 = 1000;

/// Agreement on the ratings of one criterion on one scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RatingAgreement {
    /// What was rated.
    pub criterion: String,
    /// The lowest and the highest score there is.
    pub scale: [f64; 2],
    /// Who rated.
    pub annotators: usize,
    /// Ratings that count: the last of each annotator of a response.
    pub ratings: usize,
    /// Responses with ratings of two annotators or more.
    pub responses: usize,
    /// Krippendorff's alpha of the ratings' order.
    pub alpha_ordinal: Measure<Coefficient>,
    /// Krippendorff's alpha of their differences.
    pub alpha_interval: Measure<Coefficient>,
}

/// Measures agreement on each criterion; ratings on another scale are another criterion's.
///
/// Of several ratings of one annotator of one response the last counts; of those without a time the last in the file.
pub fn rating_agreement(ratings: &[Rating]) -> Vec<RatingAgreement> {
    let mut criteria: BTreeMap<(&str, [u64; 2]), Vec<&Rating>> = BTreeMap::new();
    for rating in ratings {
        let scale = [rating.scale_low, rating.scale_high].map(f64::to_bits);
        criteria.entry((&rating.criterion, scale)).or_default().push(rating);
    }
    criteria.into_values().map(|ratings| of_criterion(&ratings)).collect()
}

fn of_criterion(ratings: &[&Rating]) -> RatingAgreement {
    let units = units(ratings);
    let annotators: BTreeSet<_> = ratings.iter().map(|rating| &rating.annotator).collect();
    let compared: Vec<&Vec<f64>> = units.iter().filter(|unit| unit.len() >= 2).collect();
    let no_overlap = Measure::CannotTell("no response has ratings of two annotators".to_owned());
    let measures = if compared.is_empty() {
        [no_overlap.clone(), no_overlap]
    } else {
        [ordinal(&compared), interval(&compared)]
    };
    let [alpha_ordinal, alpha_interval] = measures;
    RatingAgreement {
        criterion: ratings[0].criterion.clone(),
        scale: [ratings[0].scale_low, ratings[0].scale_high],
        annotators: annotators.len(),
        ratings: units.iter().map(Vec::len).sum(),
        responses: compared.len(),
        alpha_ordinal,
        alpha_interval,
    }
}

/// The values that each response was given, one for each annotator.
fn units(ratings: &[&Rating]) -> Vec<Vec<f64>> {
    let mut by_response: BTreeMap<_, BTreeMap<_, (_, f64)>> = BTreeMap::new();
    for rating in ratings {
        let response = by_response.entry((&rating.prompt_id, &rating.response)).or_default();
        let last = response.entry(&rating.annotator).or_insert((rating.decided_at, rating.value));
        if rating.decided_at >= last.0 {
            *last = (rating.decided_at, rating.value);
        }
    }
    let values = |given: BTreeMap<_, (_, f64)>| given.into_values().map(|(_, value)| value).collect();
    by_response.into_values().map(values).collect()
}

const ALL_THE_SAME: &str = "all ratings are the same, which leaves nothing to agree on beyond chance";

fn ordinal(units: &[&Vec<f64>]) -> Measure<Coefficient> {
    let mut values: Vec<f64> = units.iter().flat_map(|unit| unit.iter().copied()).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    if values.len() > MOST_VALUES {
        return Measure::CannotTell(format!(
            "{} different values; their differences are compared instead",
            values.len()
        ));
    }
    let mut groups = Groups::new(values.len());
    for unit in units {
        let count = |value: &f64| unit.iter().filter(|other| *other == value).count() as u32;
        groups.add_item(&values.iter().map(count).collect::<Vec<u32>>());
    }
    let alpha = |answers: &super::Answers| answers.alpha(Level::Ordinal, &values);
    let coefficient = |value| Coefficient { value, interval: groups.interval("rating, ordinal", alpha) };
    Measure::from_option(alpha(&groups.total()).map(coefficient), ALL_THE_SAME)
}

fn interval(units: &[&Vec<f64>]) -> Measure<Coefficient> {
    let mut groups = vec![Moments::default(); units.len().min(MOST_GROUPS)];
    // Alpha of differences is the same wherever 0 lies; squares of large values would leave no digits for their differences.
    let pivot = units.first().and_then(|unit| unit.first()).copied().unwrap_or_default();
    let from_pivot = |value: &f64| {
        let difference = value - pivot;
        // What rounding leaves of equal values is no difference.
        if difference.abs() <= 1e-12 * pivot.abs() { 0.0 } else { difference }
    };
    // Units come in the order of their ids, which are hashes of what they are.
    for (place, unit) in units.iter().enumerate() {
        groups[place % MOST_GROUPS].add_unit(unit.iter().map(from_pivot));
    }
    let alpha = |drawn: &[usize]| {
        let mut sum = Moments::default();
        drawn.iter().for_each(|group| sum.add(&groups[*group]));
        sum.alpha()
    };
    let all: Vec<usize> = (0..groups.len()).collect();
    let coefficient = |value| Coefficient {
        value,
        interval: bootstrap("rating, interval", groups.len(), REPLICATES, alpha),
    };
    Measure::from_option(alpha(&all).map(coefficient), ALL_THE_SAME)
}

/// What alpha of differences is computed from, whatever the number of different values.
///
/// The squared differences of all ordered pairs of m values sum up to 2 (m Σx² − (Σx)²).
#[derive(Clone, Debug, Default)]
struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
    /// The squared differences inside units, each unit's divided by one less than its values.
    inside: f64,
}

impl Moments {
    fn add_unit(&mut self, values: impl ExactSizeIterator<Item = f64>) {
        let count = values.len() as f64;
        let add = |(sum, squares), value: f64| (sum + value, squares + value * value);
        let (sum, squares) = values.fold((0.0, 0.0), add);
        let inside = 2.0 * (count * squares - sum * sum) / (count - 1.0);
        self.add(&Self { count, sum, squares, inside });
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        self.inside += other.inside;
    }

    /// 1 − D_o / D_e with D_o = inside / n and D_e = all / (n (n − 1)); none where all values are the same.
    fn alpha(&self) -> Option<f64> {
        let all = 2.0 * (self.count * self.squares - self.sum * self.sum);
        // What rounding leaves of values that are all the same is no difference.
        let is_something = all > 1e-9 * self.count * self.squares;
        let alpha = 1.0 - (self.count - 1.0) * self.inside / all;
        (is_something && alpha.is_finite()).then_some(alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::super::krippendorff_alpha;
    use super::*;
    use crate::schema::{Annotator, AnnotatorKind, Extra};

    fn rating(response: usize, annotator: &str, value: f64) -> Rating {
        Rating {
            prompt_id: Some("q".to_owned()),
            response: format!("r{response:02}"),
            annotator: Annotator { id: annotator.to_owned(), kind: AnnotatorKind::Human },
            criterion: "helpful".to_owned(),
            value,
            scale_low: 1.0,
            scale_high: 5.0,
            guideline_version: None,
            shown_at: None,
            decided_at: None,
            extra: Extra::new(),
        }
    }

    /// The four observers of Krippendorff 2011, section C; 0 stands for a missing value.
    const OBSERVERS: [[u8; 12]; 4] = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ];

    fn published() -> Vec<Rating> {
        let of_observer = |(observer, values): (usize, &[u8; 12])| {
            let given = values.iter().enumerate().filter(|(_, value)| **value > 0);
            let name = format!("o{observer}");
            given.map(|(unit, value)| rating(unit, &name, f64::from(*value))).collect::<Vec<_>>()
        };
        OBSERVERS.iter().enumerate().flat_map(of_observer).collect()
    }

    #[test]
    fn alpha_is_that_of_the_published_example() {
        let found = rating_agreement(&published());
        assert_eq!((found.len(), found[0].annotators, found[0].ratings, found[0].responses), (1, 4, 41, 11));
        let value = |measure: &Measure<Coefficient>| measure.value().unwrap().value;
        assert!((value(&found[0].alpha_ordinal) - 0.815_388).abs() < 1e-6);
        assert!((value(&found[0].alpha_interval) - 0.849_107).abs() < 1e-6);
        let interval = found[0].alpha_interval.value().unwrap().interval.unwrap();
        assert!(interval.low < 0.8 && interval.high > 0.85, "{interval:?}");
    }

    #[test]
    fn many_values_are_compared_by_their_differences() {
        let value = |response: usize, annotator: usize| {
            rating(response, ["a", "b"][annotator], 1.0 + ((response * 7 + annotator * 3) % 40) as f64 / 10.0)
        };
        let ratings: Vec<Rating> =
            (0..30).flat_map(|response| [0, 1].map(|annotator| value(response, annotator))).collect();
        let found = &rating_agreement(&ratings)[0];
        assert!(
            matches!(&found.alpha_ordinal, Measure::CannotTell(reason) if reason.contains("different values"))
        );
        let units: Vec<Vec<f64>> =
            ratings.chunks(2).map(|unit| unit.iter().map(|r| r.value).collect()).collect();
        let expected = krippendorff_alpha(&units, Level::Interval).unwrap();
        assert!((found.alpha_interval.value().unwrap().value - expected).abs() < 1e-9);
    }

    /// Five values far from 0, on which two annotators differ by one step each fifth time.
    #[test]
    fn alpha_does_not_depend_on_where_0_lies() {
        let ratings = |low: f64| -> Vec<Rating> {
            let value = |response: usize, by: usize| low + ((response + by * (response / 5 % 2)) % 5) as f64;
            (0..50)
                .flat_map(|response| {
                    [("a", 0), ("b", 1)].map(|(who, by)| Rating {
                        scale_low: low,
                        scale_high: low + 4.0,
                        ..rating(response, who, value(response, by))
                    })
                })
                .collect()
        };
        let alpha = |low| rating_agreement(&ratings(low))[0].alpha_interval.value().unwrap().value;
        for low in [100_000.0, -1e9] {
            assert!((alpha(low) - alpha(0.0)).abs() < 1e-9, "{} at {low}, {} at 0", alpha(low), alpha(0.0));
        }
    }

    #[test]
    fn what_cannot_be_told_has_a_reason() {
        let reason = |ratings: &[Rating]| match &rating_agreement(ratings)[0].alpha_interval {
            Measure::CannotTell(reason) => reason.clone(),
            Measure::Value(found) => panic!("{found:?}"),
        };
        assert!(reason(&[rating(0, "a", 1.0), rating(1, "b", 2.0)]).contains("two annotators"));
        assert!(reason(&[rating(0, "a", 3.1), rating(0, "b", 3.1)]).contains("all ratings are the same"));
        // Only the last of one annotator's counts.
        assert!(reason(&[rating(0, "a", 1.0), rating(0, "a", 2.0)]).contains("two annotators"));
        assert_eq!(rating_agreement(&[]), []);
    }

    #[test]
    fn scales_are_not_mixed() {
        let other = Rating { scale_high: 10.0, ..rating(0, "b", 2.0) };
        assert_eq!(rating_agreement(&[rating(0, "a", 1.0), other]).len(), 2);
    }
}
