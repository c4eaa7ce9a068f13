//! The parts of the page, a file each.

mod agreement;
mod annotators;
mod collection;
mod coverage;
mod curves;
mod disputes;
mod drift;
mod findings;
mod inclinations;
mod judges;
mod training;
mod weights;

use super::material::Material;
use super::page::Section;

/// All of them, in the order of the page.
pub fn sections(material: &Material) -> Vec<Section> {
    vec![
        findings::section(material),
        collection::section(material),
        agreement::section(material),
        annotators::section(material),
        judges::section(material),
        drift::section(material),
        weights::section(material),
        inclinations::section(material),
        coverage::section(material),
        disputes::section(material),
        training::section(material),
    ]
}
