//! Pictures as SVG, drawn by `plotters` with its SVG backend alone: no font is looked for, and text stays text.
//!
//! [`canvas`] draws marks between two axes; the other files say which marks a picture has.
//! Colours are CSS variables of the page, so that a picture follows the reader's light or dark setting and prints well.

mod axis;
mod bars;
mod canvas;
mod curve;
mod dots;
mod ink;
mod reliability;
mod weights;

pub use axis::minus;
pub use bars::{columns, shares};
pub use canvas::Picture;
pub use curve::{curve, lines, CurvePoint, LinePoint};
pub use dots::{dots, Dot, Scale};
pub use ink::{Ink, SERIES};
pub use reliability::reliability;
pub use weights::weights;
