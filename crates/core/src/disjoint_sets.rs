//! Groups that grow together.

/// Members that are numbered from 0, each in a group of its own at first.
///
/// Galler and Fischer 1964, "An improved equivalence algorithm", with path halving; a group is led by its smallest member.
#[derive(Clone, Debug)]
pub(crate) struct DisjointSets {
    /// For each member another one of its group, or itself if it leads the group.
    leaders: Vec<usize>,
}

impl DisjointSets {
    pub fn new(n_members: usize) -> Self {
        Self { leaders: (0..n_members).collect() }
    }

    /// The member that leads the group.
    pub fn leader(&mut self, mut member: usize) -> usize {
        while self.leaders[member] != member {
            self.leaders[member] = self.leaders[self.leaders[member]];
            member = self.leaders[member];
        }
        member
    }

    /// Makes one group of two; whether they were two.
    pub fn join(&mut self, a: usize, b: usize) -> bool {
        let (a, b) = (self.leader(a), self.leader(b));
        self.leaders[a.max(b)] = a.min(b);
        a != b
    }
}
