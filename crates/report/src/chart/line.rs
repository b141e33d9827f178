//! Lines over two axes, with bands and marks.

use maud::{Markup, PreEscaped, html};
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Text};
use plotters::prelude::{DrawingBackend, LineSeries, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, ShapeStyle, TextStyle};

use super::axis::{Axis, Scale};
use super::palette::{BROKEN, Colour, GRID, INK, MAIN};

/// Units of a drawing to a pixel at its natural size: plotters draws at whole units.
const SCALE: u32 = 4;

/// A chart of lines.
pub(crate) struct LineChart {
    /// What it shows, for those who do not see it.
    pub(crate) name: String,
    /// The horizontal axis.
    pub(crate) x: Axis,
    /// The vertical axis.
    pub(crate) y: Axis,
    /// A band around the main line: x, low, high.
    pub(crate) band: Vec<(f64, f64, f64)>,
    /// The lines, the main one last.
    pub(crate) lines: Vec<Line>,
    /// What broke, where: x and a short text.
    pub(crate) marks: Vec<(f64, String)>,
}

/// One line.
pub(crate) struct Line {
    /// Its points, from left to right.
    pub(crate) points: Vec<(f64, f64)>,
    /// Its colour.
    pub(crate) colour: &'static Colour,
    /// Its width in pixels.
    pub(crate) width: u32,
    /// Whether its points are dotted.
    pub(crate) dots: bool,
}

/// A form of a drawing: class, width and height in pixels, ticks across and up.
type Form = (&'static str, u32, u32, usize, usize);

const FORMS: [Form; 2] = [("wide", 800, 300, 8, 6), ("narrow", 340, 240, 4, 5)];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'b, 'a> = ChartContext<'b, SVGBackend<'a>, Cartesian2d<Scale<'b>, Scale<'b>>>;
type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

impl LineChart {
    /// The chart, wide and narrow; the stylesheet shows one of them.
    pub(crate) fn draw(&self) -> Markup {
        html! { @for form in FORMS { (self.form(form)) } }
    }

    fn form(&self, form: Form) -> Markup {
        let (class, width, height, ..) = form;
        let (width, height) = (width * SCALE, height * SCALE);
        let mut svg = String::new();
        let drawn = {
            let root = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
            self.on(&root, form).and_then(|()| root.present())
        };
        // Within a page the drawing needs neither a size nor a namespace.
        let content = svg.split_once('>').and_then(|(_, rest)| rest.rsplit_once("</svg>"));
        html! {
            @if let (Ok(()), Some((content, _))) = (drawn, content) {
                svg class=(class) viewBox={ "0 0 " (width) " " (height) } role="img" aria-label=(self.name) {
                    (PreEscaped(content))
                }
            }
        }
    }

    fn on<'a>(&self, root: &Area<'a>, form: Form) -> Drawn<'a> {
        let (_, width, _, across, up) = form;
        let mut chart = ChartBuilder::on(root)
            .margin_top(22 * SCALE)
            .margin_right(22 * SCALE)
            .margin_left(2 * SCALE)
            .x_label_area_size(26 * SCALE)
            .y_label_area_size(46 * SCALE)
            .build_cartesian_2d(self.x.scale(across), self.y.scale(up))?;
        self.mesh(&mut chart)?;
        self.band(&mut chart)?;
        self.marks(&mut chart, f64::from(width))?;
        self.lines(&mut chart)?;
        let base = [(self.x.low, self.y.low), (self.x.high, self.y.low)];
        chart.draw_series([PathElement::new(base, stroke(&INK, 1))])?;
        Ok(())
    }

    fn mesh<'a>(&self, chart: &mut Chart<'_, 'a>) -> Drawn<'a> {
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(GRID.light.mix(0.0))
            .bold_line_style(stroke(&GRID, 1))
            .axis_style(stroke(&GRID, 1))
            .set_all_tick_mark_size(4 * SCALE)
            .label_style(text(&INK))
            .draw()
    }

    fn band<'a>(&self, chart: &mut Chart<'_, 'a>) -> Drawn<'a> {
        if self.band.len() > 1 {
            let back = self.band.iter().rev().map(|(x, _, high)| (*x, *high));
            let outline: Vec<_> = self.band.iter().map(|(x, low, _)| (*x, *low)).chain(back).collect();
            chart.draw_series([Polygon::new(outline, MAIN.light.mix(0.18))])?;
        }
        Ok(())
    }

    /// Marks that stand close share the first one's text.
    fn marks<'a>(&self, chart: &mut Chart<'_, 'a>, width: f64) -> Drawn<'a> {
        let mut last = None;
        for (x, word) in &self.marks {
            let line = [(*x, self.y.low), (*x, self.y.high)];
            // The stylesheet makes dashes of it.
            chart.draw_series([PathElement::new(line, stroke(&BROKEN, 1))])?;
            let at = (x - self.x.low) / (self.x.high - self.x.low) * width;
            if last.is_none_or(|last| at - last > 24.0) {
                let style = text(&BROKEN).pos(Pos::new(HPos::Center, VPos::Bottom));
                chart.draw_series([Text::new(word.clone(), (*x, self.y.high), style)])?;
                last = Some(at);
            }
        }
        Ok(())
    }

    fn lines<'a>(&self, chart: &mut Chart<'_, 'a>) -> Drawn<'a> {
        for line in &self.lines {
            let style = stroke(line.colour, line.width);
            chart.draw_series(LineSeries::new(line.points.iter().copied(), style))?;
            let dotted = if line.dots || line.points.len() == 1 { line.points.as_slice() } else { &[] };
            chart.draw_series(dotted.iter().map(|point| Circle::new(*point, 3 * SCALE, style.filled())))?;
        }
        Ok(())
    }
}

fn text(colour: &Colour) -> TextStyle<'static> {
    ("sans-serif", 12 * SCALE).into_font().color(&colour.light)
}

fn stroke(colour: &Colour, width: u32) -> ShapeStyle {
    colour.light.stroke_width(width * SCALE)
}
