//! Names for people that tell nothing of who they are.
//!
//! The ids that platforms give to people lead to them, and are the same in every study they take part in.
//! A pseudonym is a keyed hash of the id (HMAC-SHA256, RFC 2104).
//! The same key gives the same person the same name in every report, and without the key nobody can try ids until one fits, as with a plain hash they could.
//! Judges are no people, and keep their ids.

use crate::schema::{AnnotatorKind, Vote, to_line};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Two of ten thousand people share their first 40 bits with a probability below 10⁻⁴.
const N_BYTES: usize = 5;

/// Gives people their pseudonyms.
#[derive(Clone, Debug)]
pub struct Pseudonyms {
    keyed: Hmac<Sha256>,
}

impl Pseudonyms {
    /// Pseudonyms by a secret of any length; 32 random bytes are enough, and few can be guessed.
    pub fn with_key(key: &[u8]) -> Self {
        Self { keyed: Hmac::new_from_slice(key).expect("HMAC takes a key of any length") }
    }

    /// What the annotator is called: a person such as `a-3f9c01b27d`, a judge by its own id.
    pub fn name(&self, id: &str, kind: AnnotatorKind) -> String {
        if matches!(kind, AnnotatorKind::Judge | AnnotatorKind::Constitution) {
            return id.to_owned();
        }
        let mut keyed = self.keyed.clone();
        keyed.update(b"tiebreak/pseudonym/1\0");
        keyed.update(id.as_bytes());
        let hash: [u8; 32] = keyed.finalize().into_bytes().into();
        let digits: String = hash[..N_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("a-{digits}")
    }
}

/// A key that follows from votes, for whoever keeps none: it takes all of them, ids included, to find it.
///
/// It covers each different vote of a person, in no order: merging files changes no pseudonym, and one more vote changes all of them.
#[derive(Clone, Debug, Default)]
pub struct VotesKey {
    digests: Vec<[u8; 32]>,
}

impl VotesKey {
    /// Takes a vote; a judge's changes nothing.
    pub fn add(&mut self, vote: &Vote) {
        self.add_hashed(vote.annotator.kind, vote_hash(vote));
    }

    /// Takes a vote by its [`vote_hash`].
    pub fn add_hashed(&mut self, kind: AnnotatorKind, hash: [u8; 32]) {
        if kind.is_person() {
            self.digests.push(hash);
        }
    }

    /// The pseudonyms by this key.
    pub fn pseudonyms(mut self) -> Pseudonyms {
        self.digests.sort_unstable();
        self.digests.dedup();
        let mut hash = Sha256::new();
        self.digests.iter().for_each(|digest| hash.update(digest));
        Pseudonyms::with_key(&hash.finalize())
    }
}

/// SHA-256 of a vote's line: the same only for votes that are the same in everything.
pub fn vote_hash(vote: &Vote) -> [u8; 32] {
    Sha256::digest(to_line(vote)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Annotator, Verdict};

    fn vote(id: &str, kind: AnnotatorKind, strength: i8) -> Vote {
        let annotator = Annotator { id: id.to_owned(), kind };
        let responses = ["r1".to_owned(), "r2".to_owned()];
        Vote::new("p".to_owned(), "q".to_owned(), responses, annotator, Verdict::Strength(strength))
    }

    #[test]
    fn people_have_names_by_the_key_and_judges_their_own() {
        let name = |key: &str, id, kind| Pseudonyms::with_key(key.as_bytes()).name(id, kind);
        // printf 'tiebreak/pseudonym/1\0ann' | openssl dgst -sha256 -hmac secret
        assert_eq!(name("secret", "ann", AnnotatorKind::Human), "a-f469452a7b");
        assert_eq!(name("secret", "ann", AnnotatorKind::Expert), "a-f469452a7b");
        assert_ne!(name("other", "ann", AnnotatorKind::Human), "a-f469452a7b");
        assert_eq!(name("secret", "judge:a", AnnotatorKind::Judge), "judge:a");
    }

    #[test]
    fn a_key_of_votes_is_that_of_each_of_them_in_any_order() {
        use AnnotatorKind::{Human, Judge};
        let name = |votes: &[Vote]| {
            let mut key = VotesKey::default();
            votes.iter().for_each(|vote| key.add(vote));
            key.pseudonyms().name("ann", Human)
        };
        let [ann, bob, judge] = [vote("ann", Human, 1), vote("bob", Human, 2), vote("j", Judge, 1)];
        let both = name(&[ann.clone(), bob.clone()]);
        assert_eq!(both, name(&[bob.clone(), judge, ann.clone(), bob.clone()]));
        assert_ne!(both, name(std::slice::from_ref(&ann)));
        assert_ne!(both, name(&[ann, vote("bob", Human, 1)]));
    }
}
