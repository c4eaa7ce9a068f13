//! Why a model of votes has no best fit.

/// Log-odds of more than this are of no finite fit: a vote against them would come once in 500 million.
pub(super) const SEPARATED_LOG_ODDS: f64 = 20.0;

/// Why there is no fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is nothing to fit.
    #[error("there is no vote with a weight above 0")]
    NoComparisons,
    /// Nothing to learn from: the fit is one of zeros, whose small errors would mean nothing.
    #[error("no vote takes a side: all are ties or both bad")]
    NoSides,
    /// Strengths cannot be compared across groups.
    #[error(
        "`{one}` and `{other}` were never compared, not even by way of others; compare them, or fit each group alone"
    )]
    Unconnected {
        /// An item of one group.
        one: String,
        /// An item of another.
        other: String,
    },
    /// The best strength would be infinite.
    #[error(
        "no vote prefers `{loser}`, or what lost to it, to `{winner}`, or what won against it: no finite difference in strength fits best"
    )]
    AlwaysWins {
        /// An item of the group that wins.
        winner: String,
        /// An item of the group that loses.
        loser: String,
    },
    /// The best coefficient would be infinite.
    #[error("{} points to the preferred side in all votes, or to the other one in all: no finite coefficient fits best", .term.as_deref().unwrap_or("a combination of terms"))]
    Separated {
        /// The term, where it is a single one.
        term: Option<String>,
    },
    /// A term is 0 in all votes.
    #[error("{term} is the same for both sides in all votes")]
    NeverDiffers {
        /// The term.
        term: String,
    },
    /// Terms are combinations of each other.
    #[error(
        "some terms are combinations of others in these votes, so that their coefficients cannot be told apart"
    )]
    NotIdentified,
}
