//! Marks between two axes.

use super::axis::Axis;
use super::ink::Ink;
use plotters::prelude::*;
use serde::Serialize;

/// Pixels of a drawing whose text is read at the size of the page's small print.
pub const WIDTH: u32 = 440;
/// The library divides sizes by this when it writes SVG.
const FONT_FACTOR: f64 = 1.24;
const FONT_PIXELS: f64 = 13.0;
/// How high the numbers below a picture stand.
const BELOW: u32 = 26;
/// So much of a fill shows through.
const BAND_OPACITY: f64 = 0.18;

/// A drawing, without the frame that names it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    /// What stands inside of the `svg` element.
    pub drawing: String,
}

/// Something that is drawn, in the axes' values.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    Line {
        points: Vec<(f64, f64)>,
        ink: Ink,
    },
    /// What lies between two lines.
    Band {
        low: Vec<(f64, f64)>,
        high: Vec<(f64, f64)>,
        ink: Ink,
    },
    Dot {
        at: (f64, f64),
        ink: Ink,
    },
    /// A thin line between two points.
    Interval {
        from: (f64, f64),
        to: (f64, f64),
        ink: Ink,
    },
    /// A filled rectangle between two corners.
    Bar {
        from: (f64, f64),
        to: (f64, f64),
        ink: Ink,
    },
}

/// Where marks stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    pub height: u32,
    /// Pixels left of the picture, for what is written there.
    pub left: u32,
    pub x: Axis,
    pub y: Axis,
    /// Whether lines go up from what is written below, and not to the right from what is written at the left.
    pub has_upright_grid: bool,
}

impl Plane {
    /// Draws the marks, later ones over earlier ones.
    ///
    /// Writing into memory cannot fail; a mark outside of the axes is cut off at their ends.
    pub fn draw(&self, marks: &[Mark]) -> Picture {
        let mut svg = String::new();
        let drawn = self.drawn(&mut svg, marks);
        debug_assert!(drawn.is_ok(), "{drawn:?}");
        Picture { width: WIDTH, height: self.height, drawing: Ink::into_variables(inside(&svg)) }
    }

    fn drawn(&self, svg: &mut String, marks: &[Mark]) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
        let area = SVGBackend::with_string(svg, (WIDTH, self.height)).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin_top(8)
            .margin_right(14)
            .x_label_area_size(BELOW)
            .y_label_area_size(self.left)
            .build_cartesian_2d(self.x.clone(), self.y.clone())?;
        let (x_text, y_text) = (|v: &f64| self.x.written_at(*v), |v: &f64| self.y.written_at(*v));
        let text = ("sans-serif", FONT_PIXELS * FONT_FACTOR).into_font().color(&Ink::Soft.colour());
        let mut mesh = chart.configure_mesh();
        mesh.axis_style(TRANSPARENT)
            .light_line_style(TRANSPARENT)
            .bold_line_style(Ink::Line.colour())
            .set_all_tick_mark_size(4)
            .label_style(text)
            .x_label_formatter(&x_text)
            .y_label_formatter(&y_text);
        if self.has_upright_grid {
            mesh.disable_y_mesh().draw()?;
        } else {
            mesh.disable_x_mesh().draw()?;
        }
        for mark in marks {
            mark.draw_on(chart.plotting_area())?;
        }
        drop(chart);
        area.present()
    }
}

impl Mark {
    fn draw_on<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Cartesian2d<Axis, Axis>>,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
        match self {
            Self::Line { points, ink } => {
                area.draw(&PathElement::new(points.clone(), ink.colour().stroke_width(2)))
            }
            Self::Band { low, high, ink } => {
                let around: Vec<_> = high.iter().chain(low.iter().rev()).copied().collect();
                area.draw(&Polygon::new(around, ink.colour().mix(BAND_OPACITY).filled()))
            }
            Self::Dot { at, ink } => area.draw(&Circle::new(*at, 4, ink.colour().filled())),
            Self::Interval { from, to, ink } => {
                area.draw(&PathElement::new(vec![*from, *to], ink.colour().stroke_width(1)))
            }
            Self::Bar { from, to, ink } => area.draw(&Rectangle::new([*from, *to], ink.colour().filled())),
        }
    }
}

/// What stands between the tags of the root: the page writes them with a title, and without the address of a namespace.
fn inside(svg: &str) -> String {
    let start = svg.find('>').map_or(0, |end| end + 1);
    let end = svg.rfind("</svg>").unwrap_or(svg.len());
    svg.get(start..end).unwrap_or_default().trim().replace(" font-family=\"sans-serif\"", "")
}
