//! HelpSteer's files: a score per criterion for one response (HelpSteer, HelpSteer2), and compared pairs (HelpSteer3).

use super::conversation::messages;
use super::refusal::{Reason, Refusal};
use super::row::{ANNOTATOR, Part, Row, TIME, number};
use super::said::{Asked, Opinion, Reply, Said, Score, Who, refuse_no_pair};
use crate::schema::Verdict;
use serde_json::Value;

const CRITERIA: [&str; 5] = ["helpfulness", "correctness", "coherence", "complexity", "verbosity"];
/// The ends that the data set's authors give for each of the criteria.
const SCALE: [f64; 2] = [0.0, 4.0];
const OVERALL: &str = "overall_preference";
const INDIVIDUAL: &str = "individual_preference";

pub(super) fn scores_fit(row: &Row<'_>) -> bool {
    row.holds(&["prompt", "response", "helpfulness"])
}

/// `{"prompt", "response", "helpfulness", …}`: a rating for each criterion.
pub(super) fn read_scores(mut row: Row<'_>) -> Result<Said, Refusal> {
    let prompt = row.need(Part::Prompt, &["prompt"], Reason::NoPrompt)?;
    let asked = Asked { category: row.text("category"), ..Asked::new(messages(&prompt, Reason::NoPrompt)?)? };
    let text = row.text("response").ok_or_else(|| {
        Refusal::in_field(Reason::EmptyResponse, "response", "it is no text, or an empty one")
    })?;
    let (who, at) = (row.who(ANNOTATOR), row.when(TIME));
    let mut scores = Vec::new();
    for criterion in CRITERIA {
        let Some(value) = row.field(criterion) else { continue };
        match number(&value).filter(|value| (SCALE[0]..=SCALE[1]).contains(value)) {
            Some(value) => scores.push(Score {
                reply: 0,
                criterion: criterion.to_owned(),
                value,
                scale: SCALE,
                who: who.clone(),
                at,
            }),
            None => row.doubts.push(Refusal::in_field(
                Reason::NoScore,
                criterion,
                format!("{value} is no score from 0 to 4, so it is left out"),
            )),
        }
    }
    let (rest, left_out) = row.rest();
    Ok(Said { asked, replies: vec![Reply::new(text)], scores, rest, left_out, ..Said::default() })
}

pub(super) fn pairs_fit(row: &Row<'_>) -> bool {
    row.holds(&["context", "response1", "response2"]) && (row.holds(&[OVERALL]) || row.holds(&[INDIVIDUAL]))
}

/// `{"context", "response1", "response2", "overall_preference", "individual_preference"}`: −3 to 3, negative for the first.
///
/// Each of the individual preferences is a vote; the overall one, which sums them up, is a vote only where there are none.
pub(super) fn read_pairs(mut row: Row<'_>) -> Result<Said, Refusal> {
    let context = row.need(Part::Prompt, &["context"], Reason::NoPrompt)?;
    let category = row.text("domain").or_else(|| row.text("category"));
    let asked = Asked { category, ..Asked::new(messages(&context, Reason::NoPrompt)?)? };
    let mut texts = Vec::new();
    for (part, name) in [(Part::First, "response1"), (Part::Second, "response2")] {
        let field = row.need(part, &[name], Reason::NoResponse)?;
        let text = field.value.as_str().map(str::to_owned);
        texts.push(text.ok_or_else(|| Refusal::in_field(Reason::NoResponse, &field.name, "it is no text"))?);
    }
    let replies: [Reply; 2] = std::array::from_fn(|at| Reply::new(&*texts[at]));
    refuse_no_pair(&replies)?;
    let opinions = opinions(&mut row)?;
    let (rest, left_out) = row.rest();
    Ok(Said { asked, replies: replies.into(), opinions, rest, left_out, ..Said::default() })
}

fn opinions(row: &mut Row<'_>) -> Result<Vec<Opinion>, Refusal> {
    let at = row.when(TIME);
    let mut opinions = Vec::new();
    if let Some(Value::Array(individual)) = row.field(INDIVIDUAL) {
        for (place, said) in individual.into_iter().enumerate() {
            match individual_opinion(said, place) {
                Some(opinion) => opinions.push(Opinion { at, ..opinion }),
                None => row.doubts.push(Refusal::in_field(
                    Reason::NoVerdict,
                    &format!("{INDIVIDUAL}[{place}].score"),
                    "it is no whole number from -3 to 3, so this preference is left out",
                )),
            }
        }
    }
    if !opinions.is_empty() {
        // A row's annotator is of the overall preference, and stays a field here.
        return Ok(opinions);
    }
    let strength = strength(row.field(OVERALL).as_ref())
        .ok_or_else(|| Refusal::in_field(Reason::NoVerdict, OVERALL, "it is no whole number from -3 to 3"))?;
    Ok(vec![Opinion::new(Verdict::Strength(strength), row.who(ANNOTATOR), at)])
}

fn individual_opinion(said: Value, place: usize) -> Option<Opinion> {
    let Value::Object(mut extra) = said else { return None };
    let strength = strength(extra.remove("score").as_ref())?;
    extra.retain(|_, value| !value.is_null());
    let rationale = extra.get("reasoning").and_then(Value::as_str).map(str::to_owned);
    if rationale.is_some() {
        extra.remove("reasoning");
    }
    let opinion = Opinion::new(Verdict::Strength(strength), Who::OneOf(place + 1), None);
    Some(Opinion { rationale, extra, ..opinion })
}

/// A strength on HelpSteer3's scale, which is ours.
pub(super) fn strength(value: Option<&Value>) -> Option<i8> {
    let number = number(value?)?;
    (number.fract() == 0.0 && (-3.0..=3.0).contains(&number)).then_some(number as i8)
}
