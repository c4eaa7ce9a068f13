//! What is to be known of a pair's texts, whatever the votes say.

use super::report::{Note, PairOutcome};
use crate::schema::{FinishReason, Message, Pair, Response, Role};
use crate::screen::are_near_identical;

/// What rows have to be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Leaves out pairs with a response that reached its most tokens.
    pub drop_cut_off: bool,
    /// Leaves out pairs of responses that are nearly the same.
    pub drop_near_identical: bool,
    /// Leaves out pairs with a response of more tokens.
    pub max_tokens: Option<u32>,
    /// Leaves out prompts whose roles do not take turns, see [`takes_turns`].
    pub needs_turns: bool,
}

/// Characters to a token, where nobody counted the tokens: about what English has.
pub const CHARACTERS_PER_TOKEN: usize = 4;

/// Whether roles take turns as most chat templates need it: at most one system message, which is the first, then user and assistant in turn, from user to user.
pub fn takes_turns(messages: &[Message]) -> bool {
    let turns = match messages {
        [system, rest @ ..] if system.role == Role::System => rest,
        all => all,
    };
    let has_role = |(i, message): (usize, &Message)| {
        message.role == if i % 2 == 0 { Role::User } else { Role::Assistant }
    };
    turns.len() % 2 == 1 && turns.iter().enumerate().all(has_role)
}

/// How many tokens a response has, and whether that is an estimate; the token that ended it may be among them.
pub fn token_count(response: &Response) -> (usize, bool) {
    match response.tokens {
        Some(tokens) => (tokens as usize, false),
        None => (response.text.chars().count().div_ceil(CHARACTERS_PER_TOKEN), true),
    }
}

/// What is to be known of the texts of one pair.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts {
    /// Why they are no pair to learn from.
    pub unfit: Option<PairOutcome>,
    is_prefixed: bool,
    is_cut_off: bool,
    is_near_identical: bool,
    has_turns: bool,
    is_estimated: bool,
}

impl Texts {
    pub fn of(messages: &[Message], pair: &Pair<'_>, requirements: &Requirements) -> Self {
        let (first, second) = (pair.first.text.trim(), pair.second.text.trim());
        let responses = [pair.first, pair.second];
        let counts = responses.map(token_count);
        let is_over_long = |most: u32| counts.iter().any(|(tokens, _)| *tokens > most as usize);
        let texts = Self {
            unfit: None,
            is_prefixed: first.starts_with(second) || second.starts_with(first),
            is_cut_off: responses.iter().any(|r| r.finish_reason == Some(FinishReason::Length)),
            is_near_identical: are_near_identical(first, second),
            has_turns: takes_turns(messages),
            is_estimated: requirements.max_tokens.is_some() && counts.iter().any(|(_, estimated)| *estimated),
        };
        let unfit = if first.is_empty() || second.is_empty() {
            Some(PairOutcome::EmptyResponse)
        } else if first == second {
            Some(PairOutcome::IdenticalResponses)
        } else if requirements.needs_turns && !texts.has_turns {
            Some(PairOutcome::WrongRoles)
        } else if requirements.max_tokens.is_some_and(is_over_long) {
            Some(PairOutcome::OverLong)
        } else if requirements.drop_cut_off && texts.is_cut_off {
            Some(PairOutcome::CutOff)
        } else {
            (requirements.drop_near_identical && texts.is_near_identical)
                .then_some(PairOutcome::NearIdentical)
        };
        Self { unfit, ..texts }
    }

    /// What a reader of the rows should know of this one.
    pub fn notes(&self) -> impl Iterator<Item = Note> {
        let notes = [
            (self.is_prefixed, Note::OnePrefixesTheOther),
            (self.is_cut_off, Note::CutOffKept),
            (self.is_near_identical, Note::NearIdenticalKept),
            (!self.has_turns, Note::WrongRolesKept),
            (self.is_estimated, Note::TokensEstimated),
        ];
        notes.into_iter().filter(|(holds, _)| *holds).map(|(_, note)| note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_take_turns_from_user_to_user_after_one_system_message() {
        let check = |roles: &str, expected: bool| {
            let role = |letter| match letter {
                's' => Role::System,
                'u' => Role::User,
                'a' => Role::Assistant,
                _ => Role::Tool,
            };
            let messages: Vec<Message> =
                roles.chars().map(|letter| Message::new(role(letter), "x")).collect();
            assert_eq!(takes_turns(&messages), expected, "{roles}");
        };
        ["u", "su", "uau", "suauau"].into_iter().for_each(|roles| check(roles, true));
        ["", "s", "ssu", "usu", "uu", "au", "ua", "uat", "uatu"]
            .into_iter()
            .for_each(|roles| check(roles, false));
    }

    #[test]
    fn tokens_are_counted_where_they_are_known() {
        let response = Response::new("r", "nine char");
        assert_eq!(token_count(&response), (3, true));
        assert_eq!(token_count(&Response { tokens: Some(7), ..response }), (7, false));
    }
}
