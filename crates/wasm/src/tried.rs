//! Votes on pairs that the model in the page has written, outside any study.

use jiff::Timestamp;
use serde::Deserialize;
use tiebreak_core::judge::{Judge, Judgment, Method, Template};
use tiebreak_core::schema::{Annotator, AnnotatorKind, JudgeEvidence, Sample, Side, Verdict, Vote, pairs};

/// Who votes where nobody was asked for a name.
const VISITOR: &str = "visitor";

/// What was said of a sample of two responses; sides are those of the screen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Said {
    /// Below 0 the response on the left is better.
    pub choice: Verdict,
    /// Whether the sample's second response stood on the left.
    pub swapped: bool,
    /// When both responses were there.
    #[cfg_attr(feature = "types", ts(as = "Option<String>"))]
    pub shown_at: Option<Timestamp>,
    /// When the vote was given.
    #[cfg_attr(feature = "types", ts(as = "Option<String>"))]
    pub decided_at: Option<Timestamp>,
    /// What the judge said afterwards.
    pub judge: Option<Opinion>,
}

/// What the judge said; below 0 the response on the left is better.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Opinion {
    /// Its verdict.
    pub verdict: Verdict,
    /// In favour of the response on the left, in nats.
    pub log_odds: Option<f64>,
    /// How it judged, `likelihood` where it is not told.
    pub method: Option<String>,
}

impl Opinion {
    fn method(&self) -> Method {
        match self.method.as_deref() {
            Some("label") => Method::Label(Template::pairwise().reference()),
            _ => Method::Likelihood,
        }
    }
}

/// The visitor's vote, and the judge's where there is one; none where the sample has fewer than two responses.
pub fn votes(sample: &Sample, said: &Said) -> Vec<Vote> {
    let (Some(pair), Some(left)) = (pairs(sample).next(), sample.responses.get(usize::from(said.swapped)))
    else {
        return Vec::new();
    };
    let is_turned = pair.first.id != left.id;
    let annotator = Annotator { id: VISITOR.to_owned(), kind: AnnotatorKind::Human };
    let ids = [pair.first.id.clone(), pair.second.id.clone()];
    let verdict = canonical(said.choice, is_turned);
    let own = Vote {
        shown_first: Some(if is_turned { Side::Second } else { Side::First }),
        shown_at: said.shown_at,
        decided_at: said.decided_at,
        ..Vote::new(pair.id.clone(), sample.prompt.id.clone(), ids, annotator, verdict)
    };
    let judged = said.judge.as_ref().zip(left.model.clone()).map(|(opinion, model)| {
        let log_odds = opinion.log_odds.map(|odds| if is_turned { -odds } else { odds });
        let evidence = JudgeEvidence { log_odds, ..JudgeEvidence::default() };
        let judgment = Judgment { verdict: canonical(opinion.verdict, is_turned), evidence };
        let judge = Judge::new(opinion.method(), model);
        judge.vote(&sample.prompt.id, &pair, judgment, said.decided_at)
    });
    [own].into_iter().chain(judged).collect()
}

fn canonical(verdict: Verdict, is_turned: bool) -> Verdict {
    match verdict {
        Verdict::Strength(strength) if is_turned => Verdict::Strength(-strength),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Sample {
        let line = r#"{"schema":"tiebreak/sample/1","prompt":{"id":"q1","messages":[{"role":"user","content":"Where?"}]},
            "responses":[{"id":"r2","text":"Here.","model":{"name":"demo"}},{"id":"r1","text":"There.","model":{"name":"demo"}}]}"#;
        serde_json::from_str(line).unwrap()
    }

    fn said(swapped: bool) -> Said {
        let judge = Some(Opinion { verdict: Verdict::Strength(1), log_odds: Some(-0.5), method: None });
        Said { choice: Verdict::Strength(-3), swapped, shown_at: None, decided_at: None, judge }
    }

    #[test]
    fn sides_of_the_screen_become_those_of_the_ids() {
        // The canonical first is r1, which stands second in the sample.
        for (swapped, shown_first, own, judged, odds) in
            [(false, Side::Second, 3, -1, 0.5), (true, Side::First, -3, 1, -0.5)]
        {
            let votes = votes(&sample(), &said(swapped));
            assert_eq!(votes.len(), 2);
            assert!(votes.iter().all(|vote| vote.responses == ["r1", "r2"] && vote.prompt_id == "q1"));
            assert_eq!((votes[0].shown_first, votes[0].verdict), (Some(shown_first), Verdict::Strength(own)));
            assert_eq!((votes[1].shown_first, votes[1].verdict), (None, Verdict::Strength(judged)));
            assert_eq!(votes[1].judge.as_ref().unwrap().log_odds, Some(odds));
            assert_eq!(votes[1].annotator.id, "judge:likelihood:demo:unknown");
        }
    }

    #[test]
    fn the_method_stands_in_the_judges_name() {
        let mut said = said(false);
        said.judge.as_mut().unwrap().method = Some("label".to_owned());
        assert_eq!(votes(&sample(), &said)[1].annotator.id, "judge:label:demo:unknown:pairwise@1.1.0");
    }

    #[test]
    fn words_have_no_side_and_without_a_judge_there_is_one_vote() {
        let votes = votes(&sample(), &Said { choice: Verdict::Skip, judge: None, ..said(false) });
        assert_eq!(votes.iter().map(|vote| vote.verdict).collect::<Vec<_>>(), [Verdict::Skip]);
    }

    #[test]
    fn a_page_says_it_in_plain_json() {
        let text = r#"{"choice":{"strength":2},"swapped":true,"shown_at":"2026-01-01T00:00:00.000Z","judge":{"verdict":"unparsed"}}"#;
        let said: Said = serde_json::from_str(text).unwrap();
        assert_eq!((said.choice, said.judge.unwrap().log_odds), (Verdict::Strength(2), None));
        assert!(said.shown_at.is_some() && said.decided_at.is_none());
    }
}
