//! The card as a file.

use super::*;

#[test]
fn another_version_is_refused_by_name() {
    let card = card(&[], &[]);
    let other = card.to_json().replace("judge-card/1", "judge-card/2");
    let error = Card::read(other.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("tiebreak/judge-card/2") && error.contains("tiebreak calibrate"), "{error}");
    let error = Card::read(b"{\"schema\": \"tiebreak/judge-card/1\"}").unwrap_err().to_string();
    assert!(error.contains("missing field `judge`"), "{error}");
    assert!(Card::read(b"").is_err() && Card::read(b"[]").is_err());
    let mut unknown: serde_json::Value = serde_json::from_str(&card.to_json()).unwrap();
    unknown["later"] = json!(1);
    let read = Card::read(unknown.to_string().as_bytes()).unwrap();
    assert_eq!(read.extra["later"], 1);
    assert!(read.to_json().contains("\"later\": 1"));
}
