//! Colours by what they are for.

use plotters::style::RGBColor;

/// What something is drawn with; the page's style gives each a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Words and numbers at the axes.
    Soft,
    /// What only guides the eye.
    Line,
    /// A value that others are compared with.
    Rule,
    First,
    Second,
    Third,
    Fourth,
}

/// The inks of series, in their order.
pub const SERIES: [Ink; 4] = [Ink::First, Ink::Second, Ink::Third, Ink::Fourth];

impl Ink {
    const ALL: [Self; 7] =
        [Self::Soft, Self::Line, Self::Rule, Self::First, Self::Second, Self::Third, Self::Fourth];

    /// The variable of the style, and the colour of the light page, by which it is known until it is replaced.
    fn named(self) -> (&'static str, RGBColor) {
        match self {
            Self::Soft => ("--ink-soft", RGBColor(0x5f, 0x5a, 0x51)),
            Self::Line => ("--line", RGBColor(0xe0, 0xdc, 0xd3)),
            Self::Rule => ("--line-strong", RGBColor(0x85, 0x7f, 0x74)),
            Self::First => ("--series-1", RGBColor(0x0b, 0x6b, 0x66)),
            Self::Second => ("--series-2", RGBColor(0xb4, 0x5f, 0x06)),
            Self::Third => ("--series-3", RGBColor(0x5b, 0x4b, 0x9a)),
            Self::Fourth => ("--series-4", RGBColor(0x4e, 0x7a, 0x27)),
        }
    }

    pub fn colour(self) -> RGBColor {
        self.named().1
    }

    /// The drawing with variables in the place of its colours.
    ///
    /// Only whole attributes are replaced: in a text a quotation mark is escaped.
    pub fn into_variables(mut drawing: String) -> String {
        for ink in Self::ALL {
            let (variable, RGBColor(red, green, blue)) = ink.named();
            let colour = format!("\"#{red:02X}{green:02X}{blue:02X}\"");
            drawing = drawing.replace(&colour, &format!("\"var({variable})\""));
        }
        drawing
    }
}
